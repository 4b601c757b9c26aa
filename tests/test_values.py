"""`config.compute_test_value`: values travel with the graph; errors stand where they are made."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.config import change_flags, config
from tutor.core.errors import DTypeError, ShapeError
from tutor.testvalues import get_test_value


@pytest.fixture(autouse=True)
def trying_out() -> Iterator[None]:
    with change_flags(compute_test_value="raise"):
        yield


def with_value(value: object) -> tutor.Variable:
    v = T.TensorType("float64", (False,) * np.ndim(value))("v")
    v.tag.test_value = value
    return v


def test_values_travel_through_ops_gradients_and_functions() -> None:
    x, b = with_value(np.arange(6.0).reshape(2, 3)), tutor.shared(np.ones(3), "b")
    y = T.tanh(T.dot(x, b) * 2 + 1).sum()
    expected = np.tanh(np.arange(6.0).reshape(2, 3) @ np.ones(3) * 2 + 1).sum()
    assert y.tag.test_value == pytest.approx(expected)
    assert tutor.grad(y, x).tag.test_value.shape == (2, 3)
    assert T.max_and_argmax(x, axis=1)[1].tag.test_value.tolist() == [2, 2]
    assert x.nonzero()[0].tag.test_value.tolist() == [0, 0, 1, 1, 1]
    assert get_test_value(y) == y.tag.test_value
    assert get_test_value(b).tolist() == [1, 1, 1]
    assert tutor.function([x], y)(np.zeros((2, 3))) == pytest.approx(2 * np.tanh(1))
    assert x.clone().tag.test_value is x.tag.test_value


def test_a_wrong_shape_is_an_error_at_the_line_that_makes_it() -> None:
    x, w = with_value(np.ones((2, 3))), with_value(np.ones((4, 5)))
    with pytest.raises(ShapeError, match=r"v has shape \(2, 3\)") as raised:
        T.dot(x, w)
    assert "T.dot(x, w)" in str(raised.value)
    with pytest.raises(ShapeError, match=r"v has shape \(4, 5\)"):
        (x * 2) + w


def test_a_value_that_does_not_fit_is_an_error() -> None:
    x = with_value(np.ones(3))
    x.tag.test_value = np.ones((2, 2))
    with pytest.raises(DTypeError, match="the test value of v needs a float64 vector"):
        x * 2


def test_a_value_that_is_missing_is_as_configured() -> None:
    x = T.dvector("x")
    with pytest.raises(ValueError, match="x has no test value"):
        x * 2
    with pytest.raises(AttributeError, match="x has no test value"):
        get_test_value(x)
    with change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match="no test value"):
        assert not hasattr((x * 2).tag, "test_value")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for quiet in ("ignore", "off"):
            config.compute_test_value = quiet
            assert not hasattr((x * 2).tag, "test_value")
            assert hasattr((T.constant(2.0) * 2).tag, "test_value") is (quiet == "ignore")


def test_users_ops_are_tried_out_too() -> None:
    class Doubled(tutor.Op):
        def make_node(self, x: tutor.Variable) -> tutor.Apply:
            return tutor.Apply(self, [x], [x.type()])

        def perform(self, node: tutor.Apply, inputs: list, outputs: list) -> None:
            outputs[0][0] = inputs[0] * 2

    assert Doubled()(with_value(np.ones(3))).tag.test_value.tolist() == [2, 2, 2]


def test_values_are_printed_on_request() -> None:
    y = with_value(np.ones(2)) * 2
    assert repr(y) == "v * 2"
    with change_flags(print_test_value=True):
        assert repr(y) == "v * 2\narray([2., 2.])"


def test_loops_are_tried_out_with_the_first_step() -> None:
    x, start = with_value(np.arange(6.0).reshape(3, 2)), with_value(np.zeros((2, 2)))
    steps = []

    def step(now: tutor.Variable, last: tutor.Variable, before: tutor.Variable) -> tutor.Variable:
        steps.append((now.tag.test_value.tolist(), last.tag.test_value.tolist()))
        return now + last * 2 + before

    outputs, _ = tutor.scan(step, x, {"initial": start, "taps": [-1, -2]})
    assert steps == [([0, 1], [0, 0])]
    assert outputs.tag.test_value.tolist() == [[0, 1], [2, 5], [8, 16]]
    slope = tutor.grad((outputs**2).sum(), x)
    assert get_test_value(slope).shape == (3, 2)
    with pytest.raises(ShapeError, match="cannot be computed"):
        tutor.scan(lambda now, last: T.dot(now, last), x, with_value(np.ones(3)))


def test_the_gradient_of_a_graph_that_is_an_op_has_a_value_to_try_out():
    x, y = T.dscalar("x"), T.dscalar("y")
    x.tag.test_value, y.tag.test_value = 1.0, 2.0
    with change_flags(compute_test_value="raise"):
        slope = T.grad(tutor.OpFromGraph([x], [x**3])(y), y)
    assert slope.tag.test_value == 12.0
