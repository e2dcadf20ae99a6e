from __future__ import annotations

import random

from tests.soak.growth import judge

SECONDS = [5.0 * number for number in range(240)]
SHARE, AMOUNT = 0.04, 4.0


def noise() -> list[float]:
    dice = random.Random(1)
    return [dice.gauss(100, 3) for _ in SECONDS]


def grows(values: list[float]) -> bool:
    found = judge(SECONDS, values)
    assert found is not None
    return found.exceeds(SHARE, AMOUNT)


def test_noise_is_no_growth() -> None:
    assert not grows(noise())


def test_a_leak_of_a_megabyte_a_minute_is_growth() -> None:
    leak = [level + second / 60 for level, second in zip(noise(), SECONDS, strict=True)]
    assert grows(leak)


def test_growth_within_the_warm_up_is_none() -> None:
    warm = [level + min(50, second) for level, second in zip(noise(), SECONDS, strict=True)]
    assert not grows(warm)


def test_single_peaks_are_no_growth() -> None:
    peaks = [level + (500 if number % 40 == 39 else 0) for number, level in enumerate(noise())]
    assert not grows(peaks)


def test_too_few_samples_are_not_judged() -> None:
    assert judge(SECONDS[:5], noise()[:5]) is None
