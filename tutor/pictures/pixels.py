"""Arrays as small pictures: weights on a scale centred at zero, digits as ink on paper.

Stands by itself. The PNG is written here: compressors differ from machine to machine, and stored
pictures are compared byte for byte.

>>> png([[0, 255]], INK)[:4]
b'\\x89PNG'
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALL, BLOCK = 8192, 65535  # bytes that are made shorter; the longest stretch that is stored
BLUE, WHITE, ORANGE, BLACK = (0, 90, 160), (247, 247, 245), (200, 80, 0), (24, 24, 28)


def _between(*colours: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A palette of 255 colours through these, and the last, number 255, for gaps."""
    places = np.linspace(0, 254, len(colours))
    channels = [np.interp(np.arange(255), places, c) for c in zip(*colours, strict=True)]
    return np.vstack([np.round(channels).T, (128, 128, 128)]).astype(np.uint8)


DIVERGING = _between(BLUE, WHITE, ORANGE)  # negative, zero, positive
INK = _between(WHITE, BLACK)
GAP = 255
DARK, MIDDLE = 64, 127  # colours on which a bar is white, and white
SIDES = ((8, 9), (16, 5), (40, 3))  # up to so many cells a bar is drawn, and pixels of one then
HATCH, RED = 254, (200, 0, 0)  # where there is no number: lines over a gap


def shades(values: Any, scale: float, centred: bool) -> NDArray[np.uint8]:
    """The number of the colour of each value: −scale to scale if centred, else 0 to scale."""
    share = np.nan_to_num(np.asarray(values, dtype=float) / (scale or 1.0), nan=0.0)
    if centred:
        share = (share + 1) / 2
    return np.round(np.clip(share, 0, 1) * 254).astype(np.uint8)


def barred(indices: NDArray[np.uint8], negative: Any, largest: int = 9) -> NDArray[np.uint8]:
    """Pixels that are squares now, `largest` at most, with a bar in each that is negative, so that
    signs are seen without colour too; as they are where they are too many for that.

    >>> barred(np.array([[0, 254]], np.uint8), np.array([[True, False]])).shape
    (9, 18)
    """
    side = next((side for most, side in SIDES if max(indices.shape) <= most), 1)
    if side == 1 or not np.any(negative):
        return indices
    side = min(side, largest)
    large, below = (np.kron(part, np.ones((side, side), np.uint8)) for part in (indices, negative))
    rows, columns = np.indices(large.shape) % side
    bar = (below > 0) & (rows == side // 2) & (abs(columns - side // 2) <= side // 4)
    return np.where(bar, np.where(large < DARK, MIDDLE, 0), large).astype(np.uint8)


def hatched(indices: NDArray[np.uint8], where: Any, palette: NDArray[np.uint8]
            ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:  # fmt: skip
    """Pixels that are squares now, hatched where there is no number, and the palette for them;
    crossed where `where` is 2."""
    side = max(2, min(6, 240 // max(indices.shape)))
    large, broken = (np.kron(part, np.ones((side, side), np.uint8)) for part in (indices, where))
    rows, columns = np.indices(large.shape)
    large = np.where(large == GAP, GAP, np.minimum(large, HATCH - 1))
    apart = max(2, side // 2)
    drawn = (rows + columns) % apart == 0
    drawn |= (broken == 2) & ((rows - columns) % apart == 0)
    lines = np.where(drawn, HATCH, GAP)
    coloured = palette.copy()
    coloured[HATCH] = RED
    return np.where(broken > 0, lines, large).astype(np.uint8), coloured


def tiled(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images (n, h, w) side by side in rows, a gap of one pixel between them."""
    count, height, width = images.shape
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), GAP, dtype=np.uint8)
    for i, picture in enumerate(images):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        sheet[top:top + height, left:left + width] = picture
    return sheet


def png(indices: Any, palette: NDArray[np.uint8]) -> bytes:
    """A PNG of colour numbers (h, w), with the colours it needs; number 255 is transparent."""
    used, inverse = np.unique(np.asarray(indices, dtype=np.uint8), return_inverse=True)
    pixels = inverse.reshape(np.shape(indices)).astype(np.uint8)
    height, width = pixels.shape
    above = np.vstack([np.zeros((1, width), np.uint8), pixels[:-1]])
    raw = np.hstack([np.full((height, 1), 2, np.uint8), pixels - above]).tobytes()
    packed = deflated(raw) if len(raw) <= SMALL else stored(raw)
    data = b"\x78\x01" + packed + struct.pack(">I", zlib.adler32(raw))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    clear = np.where(used == GAP, 0, 255).astype(np.uint8)
    chunks = (_chunk(b"IHDR", header), _chunk(b"PLTE", palette[used].tobytes()),
              _chunk(b"tRNS", clear.tobytes()), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def stored(raw: bytes) -> bytes:
    """Bytes as they are in a stream of deflate, which takes no time."""
    blocks = [raw[i:i + BLOCK] for i in range(0, len(raw), BLOCK)]
    return b"".join(struct.pack("<BHH", b is blocks[-1], len(b), BLOCK - len(b)) + b
                    for b in blocks)


def deflated(raw: bytes) -> bytes:
    """Bytes in the fixed code of deflate (RFC 1951), runs of one byte in short.

    >>> zlib.decompress(deflated(b"a" * 1000 + b"bc"), -15) == b"a" * 1000 + b"bc"
    True
    """
    bits = ["110"]  # the last block, in the fixed code
    for byte, run in groupby(raw):
        rest = sum(1 for _ in run) - 1
        bits.append(LITERALS[byte])
        while rest >= 3:
            bits.append(LENGTHS[min(rest, 258)])
            rest -= min(rest, 258)
        bits.append(LITERALS[byte] * rest)
    stream = "".join([*bits, "0" * 7])
    return int(stream[::-1], 2).to_bytes(-(-len(stream) // 8), "little")


def lengths() -> dict[int, str]:
    """The code of a copy of so many bytes, each the byte before it."""
    found, size = {}, 3
    for i in range(28):
        more = max(0, i // 4 - 1)
        code = f"{i + 1:07b}" if i < 23 else f"{0xC0 + i - 23:08b}"
        for k in range(2**more):
            found[size] = code + f"{k:0{more}b}"[::-1][:more] + "00000"
            size += 1
    return {**found, 258: f"{0xC0 + 5:08b}00000"}


LITERALS = [f"{0x30 + v:08b}" if v < 144 else f"{0x190 + v - 144:09b}" for v in range(256)]
LENGTHS = lengths()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def address(picture: bytes) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def as_images(values: Any, shape: Sequence[int] | None = None) -> NDArray[np.float64] | None:
    """Weights as images (n, h, w): each column of a matrix, or a vector, whose length is a square.

    >>> as_images(np.zeros((64, 10))).shape, as_images(np.zeros(784)).shape, as_images(np.zeros(7))
    ((10, 8, 8), (1, 28, 28), None)
    """
    array = np.asarray(values, dtype=float)
    if array.ndim not in (1, 2) or not array.size:
        return None
    columns = array.reshape(len(array), -1).T
    side = math.isqrt(len(array))
    if shape is None and (side * side != len(array) or side < 3):
        return None
    height, width = shape or (side, side)
    return columns.reshape(len(columns), height, width)
