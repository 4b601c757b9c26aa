"""Functions that the expressions of a program's own ops call: whatever they are named, and wherever
they run.
"""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.elementwise import ELEMENTWISE, Elementwise, floats
from tutor.core.errors import BadValueError
from tutor.core.op import KERNELS


@pytest.fixture(autouse=True)
def no_op_stays() -> Iterator[None]:
    before = [(table, dict(table)) for table in (ELEMENTWISE, KERNELS)]
    yield
    for table, was in before:
        table.clear()
        table.update(was)


def own(name: str, kernel: Any, **said: Any) -> Elementwise:
    return Elementwise(name, f"{kernel.__name__}({{0}})", floats, doc="An op.",
                       grad=lambda x, y, g: g, kernels={kernel.__name__: kernel}, **said)


def test_numbers_go_through_a_kernel_too() -> None:
    x = T.dscalar("x")
    assert tutor.function([x], of_one()(x))(2.0) == 3


def of_one() -> Elementwise:
    def kernel(x: Any) -> Any:
        return x + 1

    return own("of one", kernel, scalar="kernel({0})")


def of_another() -> Elementwise:
    def kernel(x: Any) -> Any:
        return x * 10

    return own("of another", kernel)


def of_numpys_name() -> Elementwise:
    def tanh(x: Any) -> Any:
        return x - 100

    return own("of NumPy's name", tanh)


def of_our_name() -> Elementwise:
    def sigmoid(x: Any) -> Any:
        return x * 0 + 7

    return own("of our name", sigmoid)


def results(x: Any) -> list[Any]:
    one, another, numpys, ours = of_one(), of_another(), of_numpys_name(), of_our_name()
    return [one(x), another(x), T.tanh(x), numpys(x), ours(x), T.nnet.sigmoid(x),
            T.tanh(numpys(x)) + one(another(x))]


def expected(x: Any) -> list[Any]:
    return [x + 1, x * 10, np.tanh(x), x - 100, x * 0 + 7, 1 / (1 + np.exp(-x)),
            np.tanh(x - 100) + x * 10 + 1]


@pytest.mark.parametrize("size", [(), 3, 50_000])
@pytest.mark.parametrize("mode", ["interpret", "FAST_RUN", "FAST_COMPILE", "DebugMode", "jax"])
def test_each_op_calls_its_own_function(mode: str, size: Any) -> None:
    if mode == "jax":
        pytest.importorskip("jax")
    values = np.linspace(-2, 2, size) if size else np.float64(0.5)
    x = T.TensorType("float64", (False,) * np.ndim(values))("x")
    found = tutor.function([x], results(x), mode=mode)(values)
    for one, other in zip(found, expected(values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize(("name", "change"), [
    ("set_at", lambda w: T.set_subtensor(w[2:5], 2.0)),
    ("add_at", lambda w: T.inc_subtensor(w[T.constant(np.array([1, 1, 3]))], 2.0))])
def test_elements_are_changed_in_place_as_ever(name: str, change: Any) -> None:
    def kernel(x: Any) -> Any:
        return x + 1

    kernel.__name__ = name
    w, x = tutor.shared(np.ones(20_000), "w"), T.dvector("x")
    step = tutor.function([x], own("of one", kernel)(x), updates=[(w, change(w))])
    wanted = change(T.constant(w.get_value())).eval()
    step(np.zeros(3))
    np.testing.assert_array_equal(w.get_value(), wanted)


def test_the_kernel_of_a_product_is_numpys_beside_one_of_that_name() -> None:
    pytest.importorskip("jax")

    def dot(x: Any) -> Any:
        return x * 0

    x, w = T.dmatrices("x", "w")
    results = [own("of one", dot)(x), T.dot(x, w), T.dot(T.tanh(x), w.T)]
    for mode in ("FAST_RUN", "jax"):
        zero, *products = tutor.function([x, w], results, mode=mode)(np.eye(3), np.ones((3, 3)))
        assert not zero.any() and products[0].all() and products[1].all()


def test_a_program_of_its_own_carries_them(tmp_path: Path) -> None:
    x = T.dvector("x")
    tutor.save(tutor.function([x], results(x), name="f"), tmp_path / "model.py")
    values = np.linspace(-2, 2, 5)
    found = runpy.run_path(str(tmp_path / "model.py"))["f"](values)
    for one, other in zip(found, expected(values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_page_has_none_of_them_though_it_knows_the_name(tmp_path: Path) -> None:
    x = T.dvector("x")
    with pytest.raises(BadValueError, match="sigmoid is not there"):
        tutor.save(tutor.function([x], of_our_name()(x)), tmp_path / "model.js")
    with pytest.raises(BadValueError, match="source of <lambda> is not to be had"):
        tutor.save(tutor.function([x], Elementwise(
            "f", "own({0})", floats, doc="An op.", grad=lambda x, y, g: g,
            kernels={"own": lambda x: x})(x)), tmp_path / "model.py")


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint64", "float32", "float64", "complex64",
                                   "complex128", "bool"])
@pytest.mark.parametrize("size", [0, 3, 100_000])
def test_jax_calls_back_with_all_bits(dtype: str, size: int) -> None:
    pytest.importorskip("jax")

    def same(x: Any) -> Any:
        return np.array(x)

    bits = np.random.default_rng(0).integers(0, 256, size * np.dtype(dtype).itemsize, "uint8")
    values = bits % 2 == 1 if dtype == "bool" else bits.view(dtype)
    x = T.TensorType(dtype, (False,))("x")
    op = Elementwise("same", "same({0})", lambda v: v, doc="An op.", grad=lambda x, y, g: g,
                     kernels={"same": same})
    found = tutor.function([x], op(x), mode="jax")(values)
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("triangle", "LU")
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_jax_looks_at_one_triangle_of_a_symmetric_matrix(dtype: str, triangle: str) -> None:
    pytest.importorskip("jax")
    x = T.TensorType(dtype, (False, False))("x")
    values = np.random.default_rng(0).normal(size=(5, 5)) * (1 + 2j if dtype[0] == "c" else 1)
    found = tutor.function([x], T.nlinalg.eigh(x, triangle)[0], mode="jax")(values)
    np.testing.assert_allclose(found, np.linalg.eigvalsh(values, triangle), atol=1e-12)
