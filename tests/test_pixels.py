"""Arrays as images: PNGs that hold the numbers, in colours in which zero is white."""

import base64
import zlib

import numpy as np
import pytest

from tutor.pictures import pixels


def test_a_png_is_read_back_by_a_browser_and_here_by_its_parts() -> None:
    sheet = pixels.tiled(np.array([[[0, 127], [254, 127]]] * 3, np.uint8), 2)
    assert sheet.shape == (5, 5) and (sheet == pixels.GAP).sum() == 9 + 4
    data = pixels.png(sheet, pixels.DIVERGING)
    chunks, at = {}, 8
    while at < len(data):
        size = int.from_bytes(data[at:at + 4])
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        assert zlib.crc32(kind + body) == int.from_bytes(data[at + 8 + size:at + 12 + size])
        chunks[kind], at = body, at + 12 + size
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 6)
    assert (rows[:, 0] == 2).all()  # each is told by what it is more than the one above it
    rows = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    assert np.array_equal(palette[rows], pixels.DIVERGING[sheet])
    assert base64.b64decode(pixels.address(data).split(",")[1]) == data


def test_zero_is_white_whatever_the_scale() -> None:
    assert pixels.shades([-2.0, 0.0, 2.0, np.nan], 2.0, True).tolist() == [0, 127, 254, 127]
    assert pixels.DIVERGING[127].tolist() == list(pixels.WHITE)
    assert pixels.shades([0.0], 0.0, True).tolist() == [127]


@pytest.mark.parametrize("raw", [
    b"", b"a", bytes(range(256)) * 5, b"".join(bytes([i % 256]) * i for i in range(600))])
def test_what_is_packed_is_unpacked(raw: bytes) -> None:
    assert zlib.decompress(pixels.deflated(raw), -15) == raw
    assert not raw or zlib.decompress(pixels.stored(raw), -15) == raw
