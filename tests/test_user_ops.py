"""Ops that a program writes: by types and `perform`, by a function, and what is asserted of values.

That a user's own `make_node` and `grad` are followed is tested with the functions.
"""

import pickle
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
import tutor.theano.graph_tools
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.ops.checks import Assert, as_op
from tutor.theano.finder import bound
from tutor.theano.text import text_of

MATRIX = np.arange(6.0).reshape(2, 3)


class Line(tutor.Op):
    """a x + b, said by its types alone."""

    __props__ = ("a", "b")
    itypes = (T.dvector,)
    otypes = (T.dvector,)

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    def perform(self, node: Any, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = self.a * inputs[0] + self.b

    def grad(self, inputs: list[Any], output_gradients: list[Any]) -> list[Any]:
        return [self.a * output_gradients[0]]


class Failing(tutor.Op):
    """Raises what it is given."""

    itypes = otypes = (T.dscalar,)

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def perform(self, node: Any, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        raise self.error("inside perform")


@as_op(itypes=[T.dmatrix, T.dvector], otypes=[T.dvector])
def product(a, b):
    return a @ b


@as_op([T.dvector], [T.dvector, T.lscalar], infer_shape=lambda node, shapes: [shapes[0], ()])
def ordered(v):
    return np.sort(v), np.int64(v.argmax())


def test_an_op_of_types_alone_is_applied_compared_and_differentiated():
    x = T.dvector("x")
    y = Line(4, 1)(Line(2, 3)(x))
    found = tutor.function([x], [y, T.grad(y.sum(), x)])([1, 2, 3])
    np.testing.assert_array_equal(found, [[21, 29, 37], [8, 8, 8]])
    assert Line(2, 3) == Line(2, 3) != Line(2, 4)


def test_an_op_of_types_alone_runs_in_a_loop():
    x = T.dvector("x")
    y, _ = tutor.scan(Line(2, 1), outputs_info=x, n_steps=3)
    found = tutor.function([x], [y[-1], T.grad(y[-1].sum(), x)])([1.0, 2.0])
    np.testing.assert_array_equal(found, [[15, 23], [8, 8]])


@pytest.mark.parametrize("given", [(T.dmatrix(),), (T.fvector(),), (), (T.dvector(), T.dvector())])
def test_an_op_of_types_alone_takes_those_types(given):
    with pytest.raises(DTypeError, match="takes"):
        Line(2, 3)(*given)


def test_a_function_is_an_op():
    a, b = T.dmatrix(), T.dvector()
    np.testing.assert_array_equal(product(a, b).eval({a: MATRIX, b: [1, 2, 3]}), [8, 26])
    found, place = tutor.function([b], ordered(b))([3, 9, 4])
    np.testing.assert_array_equal(found, [3, 4, 9])
    assert place == 1
    assert str(product) == "FromFunctionOp{product}"


def test_a_function_that_is_an_op_has_no_gradient():
    a, b = T.dmatrix(), T.dvector()
    with pytest.raises(NotImplementedError, match="product"):
        T.grad(product(a, b).sum(), b)


def test_a_function_that_is_an_op_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(product)) is product
    local = as_op([T.dvector], [T.dvector])(np.sort)
    assert pickle.loads(pickle.dumps(local)) == local
    with pytest.raises(pickle.PicklingError, match="lambda"):
        pickle.dumps(as_op([T.dvector], [T.dvector])(lambda v: v))


def test_a_function_that_is_an_op_gives_what_it_said_and_says_types():
    pair = as_op(T.dvector, [T.dvector, T.dvector])(np.sort)
    x = T.dvector("x")
    with pytest.raises(BadValueError, match="gave 1 values"):
        tutor.function([x], pair(x))([1.0])
    with pytest.raises(BadValueError, match="is no type"):
        as_op(["float64"], [T.dvector])


@pytest.mark.parametrize("error", [RuntimeError, KeyError, OSError])
def test_what_perform_raises_reaches_the_program(error):
    x = T.dscalar("x")
    with pytest.raises(error, match="inside perform") as caught:
        tutor.function([x], Failing(error)(x))(1)
    assert any("Failing" in note for note in caught.value.__notes__)


def test_what_is_asserted_is_checked_and_differentiated_through():
    x = T.dvector("x")
    checked = Assert("must be positive")(x, T.all(x > 0), x.size < 4)
    f = tutor.function([x], [checked * 2, T.grad((checked**2).sum(), x)])
    np.testing.assert_array_equal(f([1, 2]), [[2, 4], [2, 4]])
    for bad in ([1, -2], [1, 2, 3, 4]):
        with pytest.raises(AssertionError, match="must be positive"):
            f(bad)


def test_what_is_asserted_is_a_scalar():
    x = T.dvector("x")
    with pytest.raises(ShapeError, match="condition"):
        Assert("must be positive")(x, x > 0)


def test_a_type_is_asked_for_variables_values_and_whether_they_fit():
    col = T.TensorType("float32", (False, True))
    assert col.make_variable("z").name == "z" and col.make_variable(name="z").type is col
    with bound():
        unfit = np.ones((2, 1)), np.ones((2, 2), "float32"), 1
        assert col.is_valid_value(np.ones((2, 1), "float32"))
        assert not any(col.is_valid_value(v) for v in unfit)
        assert col.value_zeros((2, 1)).tolist() == [[0.0], [0.0]]
        assert col.value_zeros((2, 1)).dtype == "float32"


def test_a_copy_of_a_graph_prints_the_numbers_that_were_written():
    x = T.dscalar("x")
    (_,), (copy,) = tutor.theano.graph_tools.clone([x], [x * 2])
    assert text_of(copy.owner.inputs[1]) == "TensorConstant{2}"
