"""What is asked for wrongly of pictures is told once, where it stands, with what mends it there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import ArgumentError, DisconnectedInputError, MissingInputError

x, z = T.dscalars("x", "z")
y = x**2


@pytest.mark.parametrize("ask", [
    lambda path: tutor.show(y, wrt=z), lambda path: tutor.derive(y, z),
    lambda path: tutor.explore(y, z, {x: 1.0}), lambda path: tutor.save(y, path, wrt=z),
    lambda path: tutor.save(y, path.with_suffix(".html"), wrt=z),
])  # fmt: skip
def test_what_does_not_depend_is_told_without_advice_that_cannot_be_followed(
    ask: Callable[[Path], Any], tmp_path: Path
) -> None:
    with pytest.raises(DisconnectedInputError) as caught:
        ask(tmp_path / "graph.svg")
    assert "disconnected_inputs" not in str(caught.value)
    assert "does not depend on z" in str(caught.value)
    assert not [*tmp_path.iterdir()]


def test_eval_says_which_inputs_have_no_value_and_how_to_give_them_one() -> None:
    for given in ({}, {x: 1.0}, {"x": 1.0}):
        with pytest.raises(MissingInputError) as caught:
            (y + z).eval(given)
        assert caught.value.fix == "Write y.eval({x: …, z: …})."
    assert (y + z).eval({x: 1.0, "z": 2.0}) == 3
    assert (y + tutor.shared(2.0)).eval({x: 1.0}) == 3


def test_a_program_is_not_loaded_and_parameters_are_needed() -> None:
    with pytest.raises(ArgumentError, match=r"import model; its shared"):
        tutor.load("model.py")
    with pytest.raises(ArgumentError, match=r'load\("model.npz", \[w, b\]\)'):
        tutor.load("model.npz")


@pytest.mark.parametrize("asked", [{"wrt": x}, {"values": {x: 1.0}}])
@pytest.mark.parametrize("ending", ["py", "npz"])
def test_what_a_file_has_no_place_for_is_not_dropped(
    asked: dict[str, Any], ending: str, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match=f"a .{ending} file has no place for"):
        tutor.save(y, tmp_path / f"model.{ending}", **asked)
    assert not [*tmp_path.iterdir()]


def test_what_varies_may_stand_before_its_interval() -> None:
    plots = [tutor.plot(y, x, (-3, 3)), tutor.plot(y, {x: (-3, 3)}), tutor.plot(y, x=(-3, 3))]
    assert len({repr(plot) for plot in plots}) == 1
    assert repr(tutor.plot(y + z, x, (0, 1), z, 2.0)) == repr(tutor.plot(y + z, x=(0, 1), z=2.0))
    assert repr(tutor.plot(y + z, x, (0, 1), z, (0, 1))).startswith("<plot over x from 0 to 1 and")
    with pytest.raises(ArgumentError, match="after the expression comes what varies"):
        tutor.plot(y, (-3, 3))
    with pytest.raises(ArgumentError, match="after the expression comes what varies"):
        tutor.plot(y, x)
