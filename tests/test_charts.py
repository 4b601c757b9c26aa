"""Charts: panels that flow, tones of even steps, arrays with every number in sight."""

import json
import re
from typing import Any

import numpy as np
import pytest

from tutor.pictures import pixels
from tutor.pictures.assets import text_of
from tutor.pictures.charts import chart, svg
from tutor.pictures.charts.axes import Axis, Frame
from tutor.pictures.charts.chart import Box, Layer, Panel, Scene
from tutor.pictures.charts.contours import contours, isolines, regions
from tutor.pictures.charts.heat import Sheet, plane_reading

BOX = Box(50.0, 50.0, 350.0, 250.0)


def panel(width: int) -> Panel:
    return Panel(width, 100, (Layer((chart.text("head", 5, 20, "words"),)),))


def test_panels_stand_side_by_side_as_far_as_there_is_room() -> None:
    scene = Scene([panel(380), panel(380), panel(380), panel(140), panel(140)], "words")
    assert scene.corners == [(0, 0), (380, 0), (0, 100), (0, 200), (140, 200)]
    assert scene.size == (760, 300)
    alone = svg.standing_alone(scene)
    assert alone.count("<svg") == 6 and 'height="300"' in alone
    inline = svg.inline(scene)
    assert inline.count('<hr class="tutor-row"/>') == 1 and "flex:1 1 342px" in inline


def test_letters_are_never_small_in_a_narrow_page() -> None:
    """Panels are hardly drawn smaller than they are; the smallest letters have 11.5 pixels."""
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", text_of(svg.SHEET))]
    assert min(sizes) >= 11.5


# Tones


def lightness(share: float, colour: tuple[int, int, int], paper: float) -> float:
    """CIE L* of a colour over paper, so much of it."""
    linear = [(c / 255 * share + paper * (1 - share)) for c in colour]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in linear]
    y = np.dot(parts, (0.2126, 0.7152, 0.0722))
    return float(116 * np.cbrt(y) - 16)


@pytest.mark.parametrize(("colour", "paper"), [((0, 114, 178), 1.0), ((86, 180, 233), 0.07)])
def test_the_tones_of_contours_are_even_steps_to_the_eye(colour: Any, paper: float) -> None:
    css = text_of(svg.SHEET)
    tones = [float(a) for a in re.findall(r"path\.band\d\{fill-opacity:([\d.]+)\}", css)]
    left = np.cumprod(1 - np.array([0.0, *tones]))
    steps = np.abs(np.diff([lightness(1 - share, colour, paper) for share in left]))
    assert len(steps) == 9 and steps.min() > 1.5 and steps.max() < 2 * steps.min()


def test_regions_are_what_is_higher_and_leave_holes() -> None:
    y, x = np.mgrid[-10:11, -10:11]
    (rings,) = regions(x ** 2 + y ** 2, [36.5])
    assert len(rings) == 2  # the edge of the grid, and the ring around the hole
    inner = min(rings, key=lambda ring: np.ptp(ring[:, 0]))
    assert abs(np.hypot(*(inner - 10).T) - 36.5 ** 0.5).max() < 0.05
    found = contours(np.asarray(x ** 2.0 + y ** 2))
    assert len(found) == 9 and all(one.rings for one in found)
    assert all(len(isolines(x ** 2 + y ** 2, one.level)) == len(one.lines) for one in found)


# Arrays


@pytest.mark.parametrize("shape", [(5,), (4, 7), (64, 10), (3, 5, 5), (4, 2, 3, 3), (20, 1, 5, 5),
                                   (300, 30)])
def test_every_cell_is_read_where_it_is_drawn(shape: tuple[int, ...]) -> None:
    """As the script does: the value at a pixel of the image is that of the cell seen there."""
    values = np.random.RandomState(0).randn(*shape)
    sheet = Sheet(values, "W")
    read = json.loads(json.dumps(sheet.reading(BOX)))
    x, y, width, height = read["box"]
    assert BOX.left <= x and x + width <= BOX.right + 0.1 and y + height <= BOX.bottom + 0.1
    (tall, wide), across = read["tile"], (read["columns"] + 1) // (read["tile"][1] + 1)
    seen = 0
    for row in range(read["rows"]):
        for column in range(read["columns"]):
            i, j = row % (tall + 1), column % (wide + 1)
            image = row // (tall + 1) * across + column // (wide + 1)
            place = (image * tall + i) * wide + j
            if i == tall or j == wide or place >= len(read["values"]):
                continue
            rest, index = image, [i * read["every"][0], j * read["every"][1]]
            index = index[2 - min(2, len(shape)):]
            for size in shape[:-2][::-1]:
                index.insert(0, rest % size)
                rest //= size
            assert read["values"][place] == pytest.approx(values[tuple(index)], rel=1e-3)
            seen += 1
    every = [-(-n // step) for n, step in zip(shape[-2:], read["every"], strict=False)]
    assert seen == np.prod([*shape[:-2], *(every if len(shape) > 1 else shape)])


def test_what_is_not_finite_is_marked_and_never_left_out() -> None:
    values = np.zeros((500, 3))
    values[251, 1], values[7, 2] = np.nan, -np.inf
    sheet = Sheet(values, "W")
    assert sheet.every == (3, 1) and np.isnan(sheet.seen).sum() == np.isinf(sheet.seen).sum() == 1
    assert sheet.title() == "W, 500 × 3, 1 row in 3, 1 nan, 1 inf"
    assert {"nan", "−inf"} <= set(sheet.reading(BOX)["values"])
    marks = [mark for layer in sheet.layers(BOX) for mark in layer.marks]
    assert "hatched: nan; crossed: infinite" in [mark.text for mark in marks]
    whole = Sheet(np.zeros((3, 3)), "W")
    assert whole.title() == "W, 3 × 3"


def test_nan_is_hatched_and_infinity_crossed() -> None:
    shades = np.full((1, 4), 127, np.uint8)
    shades[0, 3] = pixels.GAP  # between two images
    drawn, palette = pixels.hatched(shades, np.array([[0, 1, 2, 0]]), pixels.DIVERGING)
    side = drawn.shape[0]
    plain, nan, infinite, gap = (drawn[:, i * side:(i + 1) * side] for i in range(4))
    assert (plain == 127).all() and (gap == pixels.GAP).all()
    assert tuple(palette[pixels.HATCH]) == pixels.RED
    assert 0 < (nan == pixels.HATCH).sum() < (infinite == pixels.HATCH).sum() < side * side


def test_small_multiples_keep_filters_in_rows_and_channels_in_columns() -> None:
    assert Sheet(np.zeros((6, 3, 5, 5)), "W").across(300, 190) == 6  # two filters in a row
    assert Sheet(np.zeros((6, 1, 5, 5)), "W").across(300, 190) > 1
    many = Sheet(np.zeros((200, 3, 3)), "W")
    assert many.title() == "W, 200 × 3 × 3, 144 of 200" and len(many.seen) == 144


def test_a_plane_is_read_from_its_top() -> None:
    frame = Frame(Axis(0, 1, 50, 350), Axis(0, 2, 250, 50))
    read = plane_reading(np.array([[1.0, 2.0], [3.0, np.nan]]), frame, ("a", "b", "loss"))
    assert read["values"] == [3.0, "nan", 1.0, 2.0] and read["box"] == (50, 50, 300, 200)


def test_what_reads_carries_its_script_and_the_words_are_escaped() -> None:
    scene = Sheet(np.eye(3), '<b>"&').scene("an array")
    drawn = svg.inline(scene, reads=True)
    assert drawn.count("<script") == 1 and "<b>" not in drawn
    told = re.search(r'data-readings="([^"]*)"', drawn)
    assert told and "&lt;b&gt;" in told[1]
    assert "<script" not in svg.inline(scene)
