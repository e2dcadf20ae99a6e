"""A decoder that crashes, hangs or is hungry costs one image, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aoi.config import ROOT
from aoi.decoding.helper import Helper
from aoi.decoding.pool import COMMAND, Decoders
from aoi.decoding.turn import turn
from aoi.exceptions import ImageRefused, ImageTooLarge
from aoi.imaging import check_image
from tests.pictures import encoded, picture, png, png_bomb
from tests.sending import until

# The child with a decoder that does what the file's name says.
ODD = """
import os, signal, sys, time
from aoi import imaging
from aoi.decoding import child

real, thumbnail = imaging.check_image, imaging._thumbnail

def hungry(image):
    return bytearray(8 << 30)

def check(path, name, max_pixels):
    if name == "crash.png":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "hang.png":
        time.sleep(3600)
    if name == "leave.png":
        os._exit(0)
    if name == "talk.png":
        print("an odd library's words")
    if name == "nonsense.png":
        os.write(answers, b"[]" + b"\\\\n")
    imaging._thumbnail = hungry if name == "hungry.png" else thumbnail
    imaging.LARGE_PIXELS = 1 if name == "large.png" else 10**6
    return real(path, name, max_pixels)

answers = os.dup(1)
imaging.check_image = check
child.main(int(sys.argv[1]))
"""
LIMIT = 1_000_000


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "received"
    path.write_bytes(png())
    return path


@pytest.fixture
def odd() -> Iterator[Decoders]:
    decoders = Decoders(count=2, seconds=60, command=(sys.executable, "-c", ODD))
    yield decoders
    decoders.close()


@pytest.fixture
def plain() -> Iterator[Decoders]:
    decoders = Decoders(count=2)
    yield decoders
    decoders.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_a_helper_says_what_the_check_says(plain: Decoders, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "received"
    path.write_bytes(encoded(picture("RGB", 700, 500), kind))
    assert plain.check_image(path, "板.png", LIMIT) == check_image(path, "板.png", LIMIT)


def test_refusals_come_through(plain: Decoders, image: Path) -> None:
    with pytest.raises(ImageTooLarge, match="megapixels"):
        plain.check_image(image, "a.png", 10)
    image.write_bytes(png_bomb())
    with pytest.raises(ImageTooLarge, match="60000 x 60000"):
        plain.check_image(image, "a.png", LIMIT)
    image.write_bytes(b"none")
    with pytest.raises(ImageRefused, match="not a PNG"):
        plain.check_image(image, "a.png", LIMIT)


@pytest.mark.parametrize("name", ["crash.png", "leave.png", "nonsense.png"])
def test_a_lost_helper_is_replaced(odd: Decoders, image: Path, name: str) -> None:
    with pytest.raises(ImageRefused, match="within the limits of memory and time"):
        odd.check_image(image, name, LIMIT)
    assert odd.check_image(image, "a.png", LIMIT).width == 64


def test_a_hanging_decoder_is_ended(image: Path) -> None:
    odd = Decoders(count=1, seconds=3, command=(sys.executable, "-c", ODD))
    with pytest.raises(ImageRefused, match="within the limits of memory and time"):
        odd.check_image(image, "hang.png", LIMIT)
    odd.close()


def test_a_hungry_decoder_is_refused_its_memory(odd: Decoders, image: Path) -> None:
    with pytest.raises(ImageRefused, match="needs more memory"):
        odd.check_image(image, "hungry.png", LIMIT)
    assert odd.check_image(image, "a.png", LIMIT).width == 64


def test_what_a_library_prints_does_no_harm(odd: Decoders, image: Path) -> None:
    assert odd.check_image(image, "talk.png", LIMIT).width == 64


def test_large_images_take_turns_and_leave_helpers_to_others(odd: Decoders, image: Path) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(odd.check_image(image, "large.png", LIMIT).width)
        )
        for _ in range(4)
    ]
    with turn():
        for thread in threads:
            thread.start()
        assert odd.check_image(image, "a.png", LIMIT).width == 64
        assert not found
    for thread in threads:
        thread.join()
    assert found == [64] * 4


def test_stopping_the_group_refuses_no_image(image: Path) -> None:
    helper = Helper([*COMMAND, "0"], seconds=60)
    pid = helper._process.pid
    try:
        os.kill(pid, signal.SIGTERM)  # before Python has even begun in it
        assert helper.check(image, "a.png", LIMIT, large=False).width == 64
        os.kill(pid, signal.SIGINT)
        assert helper.check(image, "a.png", LIMIT, large=False).width == 64
    finally:
        helper.end()


def test_helpers_of_batches_give_way(image: Path) -> None:
    bulk = Decoders(count=1, niceness=5)
    bulk.check_image(image, "a.png", LIMIT)
    helper = bulk._idle[0]._process.pid
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, helper) == min(19, own + 5)
    bulk.close()


def test_helpers_end_with_their_parent(image: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from aoi.decoding import decoders;"
        "decoders.check_image(Path(sys.argv[1]), 'a.png', 10**6);"
        "print(decoders._idle[0]._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", code, str(image)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    helper = int(ended.stdout)
    assert until(lambda: not Path(f"/proc/{helper}/cmdline").exists() or _is_dead(helper))


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return not os.path.exists(f"/proc/{pid}")
