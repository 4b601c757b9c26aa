"""What ops say of themselves is true: each fact against the numbers that the op gives."""

import numpy as np
import pytest

import tutor
from tutor.compile.interpret import computed as values_of
from tutor.compile.interpret import interpret
from tutor.errors import BadValueError
from tutor.graph import toposort
from tutor.ops.elementwise import ELEMENTWISE, Elementwise
from tutor.ops.registry import EXAMPLES
from tutor.types import TensorType

BINARY = [name for name, op in ELEMENTWISE.items() if op.nin == 2]


def drawn(op, n=50):
    """Numbers of an op's domain, in a dtype that it takes."""
    kind = next(kind for kind in "fib" if kind in op.accepts)
    low, high = {"f": op.domain, "i": (0, 5), "b": (0, 2)}[kind]
    dtype = {"f": "float64", "i": "int64", "b": "bool"}[kind]
    rng = np.random.default_rng(0)
    draw = rng.uniform if kind == "f" else rng.integers
    return list(draw(low, high, (op.nin, n)).astype(dtype))


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


def nodes_of_examples():
    """Every node of the examples of all ops, with the values of its variables."""
    for entries in EXAMPLES.values():
        for entry in entries:
            given = entry.values
            inputs = [TensorType(v.dtype.name, [n == 1 for n in v.shape])() for v in given]
            built = entry.build(*inputs)
            outputs = [*built] if isinstance(built, (list, tuple)) else [built]
            nodes = toposort(outputs)
            every = [*dict.fromkeys(v for node in nodes for v in (*node.inputs, *node.outputs))]
            found = interpret(every, dict(zip(inputs, given, strict=True)))
            values = dict(zip(every, found, strict=True))
            yield from ((node, values) for node in nodes)


def of_elementwise():
    for op in ELEMENTWISE.values():
        values = drawn(op)
        inputs = [TensorType(v.dtype.name, (False,))() for v in values]
        node = op(*inputs).owner
        (out,) = values_of(node, given := dict(zip(inputs, values, strict=True)))
        yield node, {**given, node.outputs[0]: out}


@pytest.fixture(scope="module")
def nodes():
    return [*nodes_of_examples(), *of_elementwise()]


def test_where_an_op_says_that_it_keeps_the_shape_it_does(nodes):
    found = [(node, values) for node, values in nodes if node.op.keeps_shape]
    for node, values in found:
        shape = np.broadcast_shapes(*[values[v].shape for v in node.inputs])
        assert values[node.outputs[0]].shape == shape, node.op
    assert {"add", "cast", "softmax", "logsoftmax", "same_shape"} <= {n.op.name for n, _ in found}


def test_where_an_op_says_that_sizes_follow_other_numbers_give_the_same_sizes(nodes):
    found = [(node, values) for node, values in nodes if node.op.sizes_follow]
    for node, values in found:
        with np.errstate(all="ignore"):
            again = values_of(node, {v: np.ones_like(values[v]) for v in node.inputs})
        assert [v.shape for v in again] == [values[v].shape for v in node.outputs], node.op
    assert {"dot", "matmul", "outer", "sum", "dimshuffle"} <= {n.op.name for n, _ in found}


def test_where_an_op_says_that_it_makes_arrays_it_shares_none_with_an_operand(nodes):
    found = [(node, values) for node, values in nodes if node.op.makes_arrays]
    for node, values in found:
        assert not any(np.shares_memory(values[u], values[v])
                       for u in node.inputs for v in node.outputs), node.op
    assert {"add", "dot", "sum", "alloc", "inc_subtensor"} <= {n.op.name for n, _ in found}
