"""The same numbers from another library: compared where it is there, and said where it is not."""

import importlib

import numpy as np
import pytest

from tutor.core.errors import ArgumentError, BadValueError
from tutor.course import elsewhere

module = importlib.import_module("tutor.course.elsewhere")


def test_a_library_that_is_there_is_run_and_compared(capsys):
    elsewhere("numpy", lambda x: (x, 2 * x), [np.ones(3)], [np.ones(3), np.full(3, 2 + 1e-9)])
    assert capsys.readouterr().out == (
        "numpy runs here, and gives the same 2 arrays: no number is further off than 1e-09.\n")


def test_one_that_is_not_there_is_not_called(capsys):
    elsewhere("no_such_library", lambda x: 1 / 0, [1], [1])
    assert "is not installed here" in capsys.readouterr().out


def test_of_one_that_is_not_there_what_it_gave_elsewhere_is_compared(capsys, monkeypatch):
    rng = np.random.RandomState(0)
    arguments = [rng.randn(6, 4), np.array([0, 2, 1, 1, 0, 2]), rng.randn(4, 5) / 2,
                 rng.randn(5) / 2, rng.randn(5, 3) / 2, rng.randn(3) / 2]
    version, arrays = module.recorded("jax", arguments)
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    elsewhere("jax", lambda *some: 1 / 0, arguments, arrays)
    assert f"jax {version} gave the same 5 arrays: no number is further off than 0e+00" in (
        capsys.readouterr().out)
    with pytest.raises(BadValueError, match="array 3 of what the program in jax"):
        elsewhere("jax", lambda *some: 1 / 0, arguments, [*arrays[:2], -np.array(arrays[2]),
                                                          *arrays[3:]])
    elsewhere("jax", lambda *some: 1 / 0, [*arguments[:-1], 0], [1])
    assert "its program was not run.\n" in capsys.readouterr().out


@pytest.mark.parametrize(("given", "expected", "said"), [
    ([np.ones(3)], [np.zeros(3)], "array 1 of what"), ([1], [1, 2], "2 arrays are expected"),
    (3.0, [3.0], "1 array is expected"), ([1, np.ones((2, 3))], [1, np.ones((3, 2))], "array 2"),
    ([np.nan], [1.0], "array 1"), ([1 + 1e-4], [1.0], "array 1")])
def test_other_numbers_are_an_error(given, expected, said):
    with pytest.raises(BadValueError, match=said):
        elsewhere("numpy", lambda: given, [], expected)


def test_a_program_is_a_function():
    with pytest.raises(ArgumentError, match="the program is a function"):
        elsewhere("numpy", "import numpy", [], [])


@pytest.mark.parametrize("library", [1j, None, "", ".", "two words", np])
def test_a_library_is_the_name_of_a_module(library):
    with pytest.raises(ArgumentError, match="the library is the name of a module"):
        elsewhere(library, lambda: [], [], [])


def test_a_part_of_a_library_that_is_not_there_is_not_called(capsys):
    elsewhere("no_such_library.numpy", lambda: 1 / 0, [], [])
    assert "is not installed here" in capsys.readouterr().out
