from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from aoi.exceptions import BadAnswer
from aoi.segformer.analysis import Region
from aoi.segformer.answer import parse
from aoi.segformer.contract import AnalysisSchema, RegionSchema, plain_region
from tests.segformer.answers import (
    HEIGHT,
    SHA256,
    SMALL,
    WIDTH,
    body,
    document,
    encoded,
    first_class,
)

Document = dict[str, Any]


def set_in(*path: Any) -> Callable[[Document, Any], None]:
    def change(answer: Document, value: Any) -> None:
        place: Any = answer
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


CLASS = ("analysis_results", "classes", "1_PI_Particle")
REGION = (*CLASS, "regions", 0)


def test_a_whole_answer_is_taken_as_sent() -> None:
    expected = SMALL.expected(SHA256, WIDTH, HEIGHT)
    answer = parse(body())
    assert (answer.combined, answer.mask, answer.overlay) == (
        expected.combined,
        expected.mask,
        expected.overlay,
    )
    assert answer.analysis_json == expected.analysis_json
    assert answer.analysis.processing_time_seconds == round(expected.processing_time, 4)
    assert answer.total_defects == expected.total_defects == answer.analysis.total_defects


def test_regions_are_typed_as_the_tables_have_them() -> None:
    answer = document()
    sent = first_class(answer)["regions"][0]
    found = parse(encoded(answer)).analysis.classes[0]
    assert (found.class_id, found.class_name) == (1, "PI_Particle")
    region = found.regions[0]
    assert region.centroid_x == sent["centroid"]["x"]
    assert region.bbox_height == sent["bounding_box"]["height"]
    assert region.aspect_ratio == sent["aspect_ratio"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("analysis_results", "more"), {"x": [1]}),
        ((*CLASS, "confidence"), 0.5),
        ((*REGION, "polygon"), [[1, 2]]),
        (("new_key",), "x"),
        ((*REGION, "area_pixels"), 0),
        ((*REGION, "circularity"), 1.2),
        ((*REGION, "perimeter"), 12),
        ((*REGION, "centroid", "x"), 3),
        (("processing_time",), 1),
    ],
)
def test_what_the_contract_allows_is_taken(path: tuple[Any, ...], value: Any) -> None:
    answer = document()
    set_in(*path)(answer, value)
    parse(encoded(answer))


def test_another_models_classes_are_taken() -> None:
    answer = document()
    answer["analysis_results"]["classes"] = {
        "0_Scratch": {"class_id": 0, "total_regions": 0, "total_area_pixels": 0, "regions": []},
        "17_异物 on_Pad_2": {
            "class_id": 17,
            "total_regions": 0,
            "total_area_pixels": 0,
            "regions": [],
        },
    }
    answer["total_defects"] = 0
    classes = parse(encoded(answer)).analysis.classes
    assert [(one.class_id, one.class_name) for one in classes] == [
        (0, "Scratch"),
        (17, "异物 on_Pad_2"),
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("success",), False, "success must be true"),
        (("success",), 1, "success must be true"),
        (("success",), 1.0, "success must be true"),
        (("total_defects",), 999, "total_defects is 999, but the classes have"),
        (("total_defects",), True, "total_defects must be a whole number"),
        (("total_defects",), 3.0, "total_defects must be a whole number"),
        (("processing_time",), "1", "processing_time must be a number"),
        (("processing_time",), -1, "processing_time must be a finite number, zero or more"),
        (("processing_time",), None, "processing_time must not be null"),
        (("mask_image",), 5, "mask_image must be a text of base64"),
        (("mask_image",), "QUJD", "mask_image must be a whole PNG file"),
        (("analysis_results",), [], "analysis_results must be an object"),
        (("analysis_results", "image_shape", "width"), 0, "image_shape.width must be from 1"),
        (("analysis_results", "classes"), [], "classes must be an object"),
        (("analysis_results", "performance"), {}, "processing_time_seconds is missing"),
        (("analysis_results", "performance", "timestamp"), 7, "timestamp must be a text"),
        ((*CLASS, "class_id"), 2, "1_PI_Particle.class_id is 2, the key says 1"),
        ((*CLASS, "total_regions"), 500, "1_PI_Particle.total_regions is 500, but"),
        ((*CLASS, "total_area_pixels"), 2**31, "total_area_pixels must be from 0 to 2147483647"),
        ((*CLASS, "regions"), {}, "1_PI_Particle.regions must be a list"),
        ((*REGION,), 5, r"regions\[0\] must be an object"),
        ((*REGION, "region_id"), 0, r"regions\[0\].region_id must be from 1"),
        ((*REGION, "region_id"), 2, "two regions have the same region_id"),
        ((*REGION, "area_pixels"), -1, r"regions\[0\].area_pixels must be from 0"),
        ((*REGION, "area_pixels"), "9", r"regions\[0\].area_pixels must be a whole number"),
        ((*REGION, "perimeter"), True, r"regions\[0\].perimeter must be a number"),
        ((*REGION, "perimeter"), 10**400, r"regions\[0\].perimeter must be a finite number"),
        ((*REGION, "bounding_box", "width"), -4, r"regions\[0\].bounding_box.width must be from"),
        ((*REGION, "centroid"), None, r"regions\[0\].centroid must not be null"),
        ((*REGION, "centroid"), {"x": 1.0}, r"regions\[0\].centroid.y is missing"),
    ],
)
def test_what_departs_is_named_by_its_place(path: tuple[Any, ...], value: Any, said: str) -> None:
    answer = document()
    assert len(first_class(answer)["regions"]) > 1
    set_in(*path)(answer, value)
    with pytest.raises(BadAnswer, match=said):
        parse(encoded(answer))


def test_an_infinite_number_is_refused() -> None:
    answer = document()
    answer["processing_time"] = 0.125
    with pytest.raises(BadAnswer, match="processing_time must be a finite number"):
        parse(encoded(answer).replace(b": 0.125,", b": 1e999,"))


@pytest.mark.parametrize("key", ["success", "combined_image", "total_defects", "analysis_results"])
def test_a_missing_key_is_named(key: str) -> None:
    answer = document()
    del answer[key]
    with pytest.raises(BadAnswer, match=f"{key} is missing"):
        parse(encoded(answer))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("PI_Particle", "the key must be <class_id>_<class_name>"),
        ("1_", "the key must be"),
        ("01_PI", "the key must be"),
        ("-1_PI", "the key must be"),
        ("1_" + "x" * 101, "over 100 characters"),
        ("1_a\0b", "must be printable"),
        ("1_\ud800", "must be printable"),
        ("9" * 10 + "_PI", "class_id is 1, the key says 9999999999"),
    ],
)
def test_a_bad_class_key_is_refused(key: str, said: str) -> None:
    answer = document()
    classes = answer["analysis_results"]["classes"]
    classes[key] = classes.pop("1_PI_Particle")
    with pytest.raises(BadAnswer, match=said):
        parse(encoded(answer))


def test_two_classes_of_one_id_are_refused() -> None:
    answer = document()
    empty = {"class_id": 1, "total_regions": 0, "total_area_pixels": 0, "regions": []}
    answer["analysis_results"]["classes"]["1_Other"] = empty
    with pytest.raises(BadAnswer, match="two classes have the same class_id"):
        parse(encoded(answer))


def test_only_the_first_faults_are_told() -> None:
    answer = document()
    answer["success"] = False
    for key in ("perimeter", "major_axis", "minor_axis", "circularity"):
        del first_class(answer)["regions"][0][key]
    with pytest.raises(BadAnswer, match=r"\(and 2 more\)"):
        parse(encoded(answer))


numbers = st.one_of(
    st.integers(-2, 2**33), st.floats(), st.booleans(), st.none(), st.text(max_size=2)
)


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.fixed_dictionaries(
        {
            "region_id": numbers,
            "centroid": st.fixed_dictionaries({"x": numbers, "y": numbers}),
            "bounding_box": st.fixed_dictionaries({"x": st.just(1), "y": st.just(2)}).flatmap(
                lambda box: st.fixed_dictionaries({"width": numbers, "height": numbers}).map(
                    lambda size: {**box, **size}
                )
            ),
            "area_pixels": numbers,
            "perimeter": st.floats(0, 9),
            "major_axis": st.floats(0, 9),
            "minor_axis": st.floats(0, 9),
            "circularity": st.floats(0, 9),
            "aspect_ratio": numbers,
        }
    )
)
def test_the_short_check_takes_nothing_that_the_schema_refuses(item: Document) -> None:
    short = plain_region(item)
    if short is not None:
        assert short == RegionSchema().load(item)


def test_the_short_check_takes_a_plain_region() -> None:
    assert isinstance(plain_region(first_class(document())["regions"][0]), Region)


@pytest.mark.parametrize("item", [None, 5, [], {}, {"centroid": 5, "bounding_box": {}}])
def test_the_short_check_leaves_oddities_to_the_schema(item: Any) -> None:
    assert plain_region(item) is None
    with pytest.raises(ValidationError):
        RegionSchema().load(item)


def test_ten_thousand_regions_need_no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes twenty times as long as the short check, which those that are right pass."""
    judged: list[Any] = []
    load = RegionSchema.load

    def counted(self: RegionSchema, item: Any, **options: Any) -> Any:
        judged.append(item)
        return load(self, item, **options)

    monkeypatch.setattr(RegionSchema, "load", counted)
    answer = document()
    found = first_class(answer)
    found["regions"] = [dict(found["regions"][0], region_id=n + 1) for n in range(10_000)]
    odd = found["regions"][7] = dict(found["regions"][7], perimeter=1)
    found["total_regions"] = 10_000
    AnalysisSchema().load(answer["analysis_results"])
    assert judged == [odd]
