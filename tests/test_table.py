"""Long graphs run from a table, and give what the lines of a program give."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile import emit
from tutor.compile.table import Table
from tutor.core.types import TensorType
from tutor.ops.examples import EXAMPLES

# A graph with an ifelse is written as lines, which can leave a branch out.
CASES = [(name, i) for name, entries in EXAMPLES.items() for i in range(len(entries))
         if name != "ifelse"]


@pytest.fixture
def every_graph_is_long(monkeypatch):
    monkeypatch.setattr(emit, "LONG", -1)


def from_table(inputs, outputs, **options):
    f = tutor.function(inputs, [outputs], on_unused_input="ignore", **options)
    assert isinstance(f.program, Table)
    return f


@pytest.mark.parametrize(("name", "i"), CASES)
def test_every_example_from_a_table(every_graph_is_long, name, i):
    entry = EXAMPLES[name][i]
    values = [np.asarray(v) for v in entry.values]
    inputs = [TensorType(v.dtype.name, (False,) * v.ndim)() for v in values]
    out = entry.build(*inputs)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    found = from_table(inputs, outputs[0])(*values)[0]
    np.testing.assert_allclose(found, entry.reference(*values), rtol=1e-9, atol=1e-12)


def test_updates_constants_and_shared_variables(every_graph_is_long):
    x, w = T.dvector("x"), tutor.shared(np.arange(3.0), "w")
    outputs = [x * w + np.array([1.0, 2.0, 3.0]), x, w.T]
    f = tutor.function([x], outputs, updates={w: w + x})
    assert isinstance(f.program, Table)
    first = f([1, 1, 1])
    np.testing.assert_allclose(first[0], [1, 3, 5])
    np.testing.assert_allclose(first[2], [0, 1, 2])
    np.testing.assert_allclose(w.get_value(), [1, 2, 3])


def test_an_error_names_the_operation_and_the_line(every_graph_is_long):
    x, y = T.dvector("x"), T.dvector("y")
    f = from_table([x, y], T.exp(x) + y)
    with pytest.raises(ValueError, match=r"exp\(x\) \+ y cannot be computed") as caught:
        f([1, 2], [1, 2, 3])
    assert "test_table.py" in str(caught.value)
    g = from_table([x], x[5])
    with pytest.raises(IndexError, match="x"):
        g([1.0])


def test_a_long_chain_needs_no_recursion():
    x = T.dvector("x")
    y = x
    for _ in range(6_000):
        y = T.tanh(y * 1.0001)
    f = tutor.function([x], [y, tutor.grad(y.sum(), x)])
    assert isinstance(f.program, Table)
    _value, slope = f([0.5])
    h = 1e-6
    assert np.isclose(slope[0], (f([0.5 + h])[0] - f([0.5 - h])[0])[0] / (2 * h), rtol=1e-4)
    assert "table" in f.source


def test_a_result_is_no_view_of_an_argument(every_graph_is_long):
    m, w = T.dmatrix("m"), tutor.shared(np.ones((2, 3)), "w")
    value = np.ones((2, 3))
    first, second = tutor.function([m], [m.T, w[0]])(value)
    first[:] = 7
    second[:] = 7
    assert (value == 1).all() and (w.get_value() == 1).all()
