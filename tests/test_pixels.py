"""Arrays as images: PNGs that hold the numbers, in colours in which zero is white."""

import base64
import zlib

import numpy as np

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
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 6)[:, 1:]
    palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    assert np.array_equal(palette[rows], pixels.DIVERGING[sheet])
    assert base64.b64decode(pixels.address(data).split(",")[1]) == data


def test_zero_is_white_whatever_the_scale() -> None:
    assert pixels.shades([-2.0, 0.0, 2.0, np.nan], 2.0, True).tolist() == [0, 127, 254, 127]
    assert pixels.DIVERGING[127].tolist() == list(pixels.WHITE)
    assert pixels.shades([0.0], 0.0, True).tolist() == [127]
