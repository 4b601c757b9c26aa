"""Inputs that are turned: the numbers of the picture are those of a new evaluation, at once."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.pictures.turning import Turning
from tutor.pictures.widget import turned_by


def exploration(**values: Any) -> tuple[Any, Turning]:
    x, y = T.dscalars("x", "y")
    z = (x + 2 * y) ** 2 * T.sin(x)
    found = tutor.explore(z, wrt=[x, y], values=values, inputs=True)
    assert found.turning is not None
    return found, found.turning


def shown(numbers: dict[str, Any]) -> set[str]:
    return {line for one in (*numbers["values"].values(), *numbers["sent"].values())
            for line in one["lines"]}


def test_turned_numbers_are_those_of_another_exploration() -> None:
    _, turning = exploration(x=1.0, y=2.0)
    x, y = turning.inputs()
    assert (x["name"], x["values"], x["shape"], y["name"]) == ("x", [1.0], [], "y")
    numbers = turning.turned({x["id"]: [-0.5], y["id"]: [3.0]})
    other, fresh = exploration(x=-0.5, y=3.0)
    assert numbers == fresh.numbers()
    json.dumps(numbers, allow_nan=False)
    square = (-0.5 + 6) ** 2
    assert {"5.5", f"{square:.4g}", f"∂ −{abs(np.sin(-0.5)):.4g}"} <= shown(numbers)
    assert [step["words"] for step in numbers["steps"][1:]] == other.steps
    again = turning.turned({x["id"]: [1.0]})  # the others stay as they were turned
    assert again["steps"][0]["words"] == "What goes in: y = 3, x = 1"


def test_formulas_have_the_numbers_in_them() -> None:
    _, turning = exploration(x=1.0, y=2.0)
    x, y = (one["id"] for one in turning.inputs())
    text = turning.turned({x: [-1.5], y: [0.25]})["mathematics"]
    assert "(-1.5 + 2 * 0.25) ** 2 * sin(-1.5)" in text
    assert f"{(-1.5 + 0.5) ** 2 * np.sin(-1.5):.4g}" in text


def test_cells_whole_numbers_and_truths_keep_their_types() -> None:
    v, n, b, large = T.dvector("v"), T.lscalar("n"), T.bscalar("b"), T.dvector("large")
    y = T.sum(v**n) * b + T.sum(large)
    found = tutor.explore(y, v, {v: [1, 2, 3], n: 2, b: 1, large: np.ones(50)}, inputs=True)
    inputs = {one["name"]: one for one in found.turning.inputs()}
    assert set(inputs) == {"v", "n", "b"}
    assert inputs["n"]["step"] == 1.0 and inputs["v"]["shape"] == [3]
    numbers = found.turning.turned({inputs["v"]["id"]: [1, 2, 4], inputs["n"]["id"]: [3]})
    assert f"= {1 + 8 + 64 + 50}" in str(numbers["lines"])
    np.testing.assert_allclose(found.gradients[v], [3, 12, 48])


def test_what_fails_on_the_way_is_told_and_turned_back() -> None:
    x = T.dscalar("x")
    found = tutor.explore(T.log(x) * 2, x, {x: 1.0}, inputs=True)
    [one] = found.turning.inputs()
    assert "nan" in found.turning.turned({one["id"]: [-1.0]})["verdict"]
    assert found.turning.turned({one["id"]: [1.0]})["verdict"] == ""


def test_the_widget_answers_with_numbers_and_the_file_has_no_sliders() -> None:
    found, turning = exploration(x=1.0, y=2.0)
    widget = turned_by(turning)
    assert [one["name"] for one in widget.story["inputs"]] == ["x", "y"]
    x = widget.story["inputs"][0]["id"]
    widget.turned = {x: [0.0]}
    assert widget.numbers["count"] == 1 and "= 0" in str(widget.numbers["lines"])
    widget.turned = {x: [0.5]}
    assert widget.numbers["count"] == 2
    assert '"inputs"' not in found.html()


@pytest.mark.parametrize("size", [10, 100])
def test_numbers_come_while_a_slider_moves(size: int) -> None:
    x = T.dscalar("x")
    z = x
    for _ in range(size // 2):
        z = T.tanh(z * 1.1)
    found = tutor.explore(z, wrt=x, values={x: 0.5}, inputs=True)
    [one] = found.turning.inputs()
    began = time.perf_counter()
    for i in range(5):
        found.turning.turned({one["id"]: [0.1 * i]})
    print(f"{size} operations are told anew in {(time.perf_counter() - began) / 5 * 1e3:.0f} ms")


def test_a_page_begins_with_values_that_go_together(tmp_path: Path) -> None:
    m, w, b = T.dmatrix("m"), tutor.shared(np.ones(5), "w"), T.TensorType("bool", ())("b")
    for y in (T.nlinalg.det(m), T.nlinalg.matrix_inverse(m).sum(), T.dot(m, w).sum(), [m + 1],
              T.switch(b, m, -m)):
        assert tutor.save(y, tmp_path / "page.html", live=True)
    with pytest.raises(TypeError, match="an expression is computed"):
        tutor.save([m, 3], tmp_path / "none.html", live=True)
