"""What ops say of themselves is true: each fact against the numbers that the op gives. And passes
ask for facts: none names an op.
"""

import ast
from pathlib import Path

import numpy as np
import pytest

import tutor
from tutor.core.elementwise import ELEMENTWISE, Elementwise
from tutor.core.errors import BadValueError
from tutor.core.types import TensorType
from tutor.core.walk import computed as values_of
from tutor.core.walk import interpret, toposort
from tutor.ops.examples import EXAMPLES

PACKAGE = Path(tutor.__file__).parent
TABLES = {f"compile/rules/{name}.py" for name in (
    "arithmetic", "shapes", "stability", "products", "sharing")}
#: Graph to graph, and graph to program; the tables of rules are patterns, which name ops.
PASSES = sorted(
    path for room in ("compile", "gradient", "loops") for path in (PACKAGE / room).rglob("*.py")
    if path.parent.name != "jax" and path.relative_to(PACKAGE).as_posix() not in TABLES)

#: The ops that passes may know, and why.
STRUCTURAL = {
    "Loop": "a graph inside, run once a step",
    "IfElse": "a branch that is not taken is not computed",
    "OpFromGraph": "a graph inside, put in the place of its application",
    "SameShape": "a comparison of shapes: lines of a program of their own, and no value",
    "fill": "a shape and a number: the number alone where the shape is known",
    "Elementwise": "a gradient in pieces, and a dtype rule, which others have not",
    "IncSubtensor": "elements written into an array that is there",
    "Shape": "of a loop, how often it runs",
    "Subtensor": "of a sequence, the step that is read",
    "DimShuffle": "a view, always",
    "Cast": "written in as many ways as there are pairs of dtypes",
    "Dot": "a product written into memory that is there, and taken out of a loop",
    "Outer": "as Dot",
    "Reduction": "runs as soon as what it makes smaller is there, and over all steps at once",
}

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
        Elementwise("cube", "{0} * {0} * {0}", grad=None, doc="The third power.", comutative=True)
    assert "cube" not in ELEMENTWISE


@pytest.mark.parametrize("name", BINARY)
def test_an_op_adds_its_operands_where_it_says_so_and_nowhere_else(name):
    op = ELEMENTWISE[name]
    x, y = drawn(op)
    assert np.array_equal(computed(op, [x, y]), x + y) == op.adds


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


SIGNED = {"positive": [-700.0, -2.0, -0.5, 0.5, 3.0], "not negative": [-3.0, -0.0, 0.0, 2.0],
          "kept": [0.25, 1.0, 3.0], "kept or 0": [0.25, 1.0, 3.0]}


def test_where_an_op_says_of_what_sign_its_results_are_they_are(nodes):
    found = [node for node, _ in nodes
             if node.op.result_sign and all(v.dtype == "float64" for v in node.inputs)]
    for node in found:
        for start in range(3):
            numbers = np.resize(SIGNED[node.op.result_sign][start:], 30)
            given = {v: np.resize(numbers[i:], [1 if one else 3 for one in v.broadcastable])
                      for i, v in enumerate(node.inputs)}
            for v in node.inputs:  # of what it does not read, any will do
                given[v] = given[v] if v in node.inputs[node.op.reads] else -given[v]
            (out,) = values_of(node, given)
            least = 0 if node.op.result_sign == "not negative" else np.nextafter(0, 1)
            assert (out >= least).all(), node.op
    assert {node.op.result_sign for node in found} == set(SIGNED)


def test_an_op_gives_the_same_whatever_numbers_it_does_not_read(nodes):
    found = [(node, values) for node, values in nodes if node.op.reads != slice(None)]
    for node, values in found:
        given = {v: values[v] if v in node.inputs[node.op.reads] else values[v] * 0 + 3
                 for v in node.inputs}
        same = zip(values_of(node, given), [values[v] for v in node.outputs], strict=True)
        assert all(np.array_equal(a, b) for a, b in same), node.op
    assert {"fill", "same_shape", "shape", "shape_i"} == {node.op.name for node, _ in found}


def names_and_classes(source):
    """The names of ops that a program compares `op.name` with or keeps in a set, and the classes
    that it asks whether an op is of."""
    names, classes = [], []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and "name" in ast.unparse(node.left).split(".")[-1:]:
            names += [c.value for part in node.comparators for c in ast.walk(part)
                      if isinstance(c, ast.Constant) and c.value in KNOWN]
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("frozenset", "set"):
            words = [c.value.split() for c in ast.walk(node)
                     if isinstance(c, ast.Constant) and isinstance(c.value, str)]
            told = [word for part in words for word in part]
            names += told if len(KNOWN.intersection(told)) * 2 > len(told) else []
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance" and (
                ast.unparse(node.args[0]).split(".")[-1] == "op"):
            classes += [n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)]
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is) and (
                ast.unparse(node.left).split(".")[-1] == "op"):
            classes.append(ast.unparse(node.comparators[0]))
    return names, classes


KNOWN = {*ELEMENTWISE, "sum", "prod", "max", "min", "dot", "matmul", "dimshuffle", "cast", "shape",
         "softmax", "logsoftmax", "subtensor", "same_shape", "shape_i"}


def test_names_and_classes_of_ops_are_read_off_the_source():
    assert names_and_classes(
        "A = frozenset('add mul'.split())\nb = node.op.name in ('exp', 'other')\n"
        "c = isinstance(node.op, (Dot, Outer)) or node.op is fill\n"
        "d = frozenset(('float32',))") == (["add", "mul", "exp"], ["Dot", "Outer", "fill"])


@pytest.mark.parametrize("path", PASSES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_pass_asks_ops_for_facts_and_names_none(path):
    names, classes = names_and_classes(path.read_text(encoding="utf-8"))
    assert not names
    assert STRUCTURAL.keys() >= set(classes)
