"""`tutor.plot`: curves with their derivatives, contours and surfaces; all numbers against NumPy."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.pictures.charts.plot import CURVE, STOPS

X, Y = T.dscalars("x", "y")
V = T.dvector("v")
C = tutor.shared(2.0, "c")


def reading(drawn: Any) -> dict[str, Any]:
    """What a pointer reads off the first panel."""
    said = re.search(r'data-readings="([^"]*)"', drawn._repr_mimebundle_()["text/html"])
    assert said is not None
    found: dict[str, Any] = json.loads(unescape(said[1]))[0]
    return found


def test_a_curve_and_its_derivative_are_those_of_numpy() -> None:
    drawn = tutor.plot(T.sin(X) * X, x=(-3, 4), wrt=X)
    (x,), ((name, y),), ((_, (slope,)),) = drawn.x, drawn.heights.items(), drawn.slopes.items()
    assert name == "sin(x) * x" and np.allclose(x, np.linspace(-3, 4, CURVE))
    assert np.allclose(y, np.sin(x) * x) and np.allclose(slope, np.cos(x) * x + np.sin(x))
    assert repr(drawn).startswith("<plot over x from -3 to 4: sin(x) * x from ")


def test_the_tangent_stands_on_the_curve_with_its_slope() -> None:
    read = reading(tutor.plot(X ** 2, x=(-3, 3), wrt=X))
    assert len(read["at"]) == len(read["stops"]) == len(read["words"]) == STOPS
    kinds = [tuple(one) for one in read["marks"]]
    for stop, said in zip(read["stops"], read["words"], strict=True):
        found = re.fullmatch(r"x = (.*): x \*\* 2 (.*), slope (.*)", said)
        assert found is not None
        at, height, slope = (float(one.replace("−", "-")) for one in found.groups())
        assert height == pytest.approx(at ** 2, abs=2e-3)
        assert slope == pytest.approx(2 * at, abs=1e-3)
        line, dot = stop[kinds.index(("line", "tangent"))], stop[kinds.index(("dots", "now"))]
        x1, y1, x2, y2 = line
        assert x1 <= dot[0] <= x2
        up = 168 / 9  # pixels for each of the nine that the axis reaches
        across = 308 / 6
        if x2 - x1 > 8:
            assert -(y2 - y1) / (x2 - x1) == pytest.approx(2 * at * up / across, abs=0.15)


@pytest.mark.parametrize("made", [
    lambda: tutor.plot(X ** 2, {X: (-1, 2)}), lambda: tutor.plot(X ** 2, {"x": (-1, 2)}),
    lambda: tutor.plot(X ** 2, x=[-1, 2]), lambda: tutor.plot(X ** 2 + 0 * C, x=(-1, 2)),
    lambda: tutor.plot(X ** 2 + 0 * Y, x=(-1, 2), y=7), lambda: tutor.plot(V ** 2, v=(-1, 2)),
    lambda: tutor.plot(C ** 2, c=(-1, 2)), lambda: tutor.plot([X ** 2], x=(-1, 2)),
    lambda: tutor.plot({"square": X ** 2}, x=(-1, 2)),
    lambda: tutor.plot(X ** 2 * T.mean(V), x=(-1, 2), v=[0.5, 1.5])])
def test_what_varies_is_said_by_name_or_by_variable(made: Any) -> None:
    (heights,) = made().heights.values()
    assert np.allclose(heights, np.linspace(-1, 2, CURVE) ** 2)
    assert C.get_value() == 2.0


def test_two_inputs_make_contours_or_a_surface() -> None:
    y = X ** 2 - 3 * Y
    flat = tutor.plot(y, x=(-2, 2), y=(0, 1), wrt=[X, Y])
    (heights,), ((along, up),) = flat.heights.values(), flat.slopes.values()
    a, b = np.meshgrid(*flat.x)
    assert np.allclose(heights, a ** 2 - 3 * b)
    assert np.allclose(along, 2 * a) and np.allclose(up, -3)
    drawn = flat._repr_mimebundle_()["image/svg+xml"]
    assert drawn.count('class="tangent thin"') == 63 and 'class="band band3"' in drawn
    surface = tutor.plot(y, x=(-2, 2), y=(0, 1), surface=True)._repr_mimebundle_()["image/svg+xml"]
    assert surface.count('class="sheet') > 200 and "band" not in surface
    read = reading(flat)
    rows = np.array(read["values"]).reshape(read["rows"], read["columns"])
    assert rows[0, 0] == pytest.approx(1.0) and rows[-1, 0] == pytest.approx(4.0)


def test_the_names_of_axes_and_the_title_have_a_line_each() -> None:
    u, rate = T.dscalars("u", "learning_rate")
    [panel] = tutor.plot(u**2 + rate, u, (-1, 1), rate, (0, 1)).scene.panels
    texts = {mark.text: mark.points for layer in panel.layers for mark in layer.marks
             if mark.kind == "text"}
    title, name = texts["u ** 2 + learning_rate"], texts["learning_rate"]
    assert name[1] - title[1] > 12


def test_where_there_is_no_number_there_is_a_gap() -> None:
    drawn = tutor.plot(T.log(X), x=(-1, 1))
    html = drawn._repr_mimebundle_()["image/svg+xml"]
    assert "nan" not in html.split("</style>")[1]
    (curve,) = re.findall(r'class="lane hue0 dash0" points="([^"]*)"', html)
    assert len(curve.split()) == 120
    pole = tutor.plot(1 / X, x=(-1, 1))._repr_mimebundle_()["image/svg+xml"]
    assert len(re.findall(r'class="lane hue0', pole)) == 2
    nowhere = tutor.plot(T.log(X), x=(-2, -1), wrt=X)
    assert "nowhere finite" in repr(nowhere) and nowhere._repr_mimebundle_()["text/html"]


def test_the_same_plot_is_the_same_text_and_well_formed() -> None:
    one, other = (tutor.plot([T.tanh(X), X], x=(-2, 2), wrt=X)._repr_mimebundle_() for _ in "ab")
    assert one == other
    ET.fromstring(one["image/svg+xml"])
    ET.fromstring(re.sub("<script.*</script>", "", one["text/html"], flags=re.S))
    hostile = T.dscalar("</script><b>")
    drawn = tutor.plot(hostile ** 2, {hostile: (0, 1)})._repr_mimebundle_()
    assert drawn["text/html"].count("<script") == 1 and "<b>" not in drawn["text/html"]
    ET.fromstring(drawn["image/svg+xml"])


def test_it_is_saved_as_a_page_and_as_a_picture(tmp_path: Any) -> None:
    drawn = tutor.plot(X ** 2, x=(-1, 1), wrt=X)
    for ending in ("html", "svg", "png"):
        path = tutor.save(drawn, tmp_path / f"plot.{ending}")
        assert Path(path).read_bytes()[:5] in (b"<!DOC", b"<svg ", b"\x89PNG\r")


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: tutor.plot(X ** 2), TypeError, "no input has an interval.*plot\\(y, x=\\(-3, 3\\)\\)"),
    (lambda: tutor.plot(X * Y, x=(-1, 1)), TypeError, "y has neither an interval nor a value"),
    (lambda: tutor.plot(X, z=(-1, 1)), TypeError, "does not depend on 'z'; it depends on x"),
    (lambda: tutor.plot(X, x=(1, 1)), ValueError, "from one number up to a larger one"),
    (lambda: tutor.plot(X, x=(1, 2, 3)), ValueError, "from one number up to a larger one"),
    (lambda: tutor.plot(X, x=("a", "b")), ValueError, "from one number up"),
    (lambda: tutor.plot(3, x=(0, 1)), TypeError, "an expression is plotted"),
    (lambda: tutor.plot(T.dmatrix("m"), m=(0, 1)), TypeError, "a real number for each place"),
    (lambda: tutor.plot([], x=(0, 1)), TypeError, "nothing to plot"),
    (lambda: tutor.plot(T.iscalar("n") * 1.0, n=(0, 1)), TypeError, "varies a real number"),
    (lambda: tutor.plot(X, x=(0, 1), wrt=Y), TypeError, "with respect to what varies, x"),
    (lambda: tutor.plot(X * Y, x=(0, 1), y=(0, 1), wrt=X), TypeError, r"wrt=\[x, y\]"),
    (lambda: tutor.plot(X * Y * C, x=(0, 1), y=(0, 1), c=(0, 1)), TypeError, "Give c a value"),
    (lambda: tutor.plot(V / V.sum(), v=(1, 2)), ValueError, "not elementwise"),
    (lambda: tutor.plot(X, (0, 1)), TypeError, "second argument is a dict"),
    (lambda: tutor.plot(X, x=(0, 1), surfce=True), TypeError, "does not depend on 'surfce'"),
    (lambda: tutor.plot(X * Y, x=(0, 1), y="a"), TypeError, "the value of y")])
def test_what_cannot_be_drawn_is_said(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=f"(?s){words}"):
        call()


def test_a_jump_is_a_gap_and_no_slope_stands_where_there_is_no_value() -> None:
    x = T.dscalar("x")
    for y in (abs(x), T.maximum(x, 0)):
        drawn = tutor.plot(y, x=(-3, 3), wrt=x).scene
        marks = [m for p in drawn.panels for layer in p.layers for m in layer.marks]
        lanes = [m for m in marks if "lane" in m.style]
        assert len(lanes) == 3, y  # the curve, and both parts of its slope
    slopes = tutor.plot(T.log(x), x=(-3, 3), wrt=x).slopes
    assert np.isnan(next(iter(slopes.values()))[..., 0]).all()
