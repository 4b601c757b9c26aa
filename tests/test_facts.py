"""What ops say of themselves is true: each fact against the numbers that the op gives."""

import numpy as np
import pytest

import tutor
from tutor.errors import BadValueError
from tutor.ops.elementwise import ELEMENTWISE, Elementwise
from tutor.types import TensorType

BINARY = [name for name, op in ELEMENTWISE.items() if op.nin == 2]


def drawn(op, n=50):
    """Numbers of an op's domain, in a dtype that it takes."""
    kind = next(kind for kind in "fib" if kind in op.accepts)
    low, high = {"f": op.domain, "i": (0, 5), "b": (0, 2)}[kind]
    dtype = {"f": "float64", "i": "int64", "b": "bool"}[kind]
    rng = np.random.default_rng(0)
    found = rng.uniform(low, high, (op.nin, n)) if kind == "f" else rng.integers(low, high, (op.nin, n))
    return list(found.astype(dtype))


def computed(op, values):
    variables = [TensorType(v.dtype.name, (False,))(f"x{i}") for i, v in enumerate(values)]
    return tutor.function(variables, op(*variables), mode="interpret")(*values)


def test_a_fact_that_no_op_has_is_an_error_where_the_op_is_defined():
    with pytest.raises(BadValueError, match=r"cube says comutative.*"):
        Elementwise("cube", "{0} * {0} * {0}", doc="The third power.", comutative=True)
    assert "cube" not in ELEMENTWISE


@pytest.mark.parametrize("name", BINARY)
def test_operands_change_places_where_the_op_says_so_and_nowhere_else(name):
    op = ELEMENTWISE[name]
    x, y = drawn(op)
    there, back = computed(op, [x, y]), computed(op, [y, x])
    assert np.array_equal(there, back) == op.commutative
