"""Ops written in a program, in Python and from graphs; `clone`, and what is asked of graphs.

What is asserted here is what Theano 1.0.5 does.
"""

import pickle
from itertools import combinations

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import OpFromGraph, clone, function, gradient
from tutor.core.errors import BadValueError, DTypeError, NotHereError
from tutor.core.graph import Apply
from tutor.core.op import Op
from tutor.core.walk import toposort
from tutor.ops.shared import generic
from tutor.theano import graph_tools as tools
from tutor.theano.graph_tools import FunctionGraph, is_same_graph
from tutor.theano.text import text_of

x, y = T.dscalars("xy")
v, w = T.dvectors("vw")
m = T.dmatrix("m")


class Double(Op):
    """The op of every tutorial."""

    __props__ = ()

    def make_node(self, a):
        a = T.as_tensor_variable(a)
        return Apply(self, [a], [a.type()])

    def perform(self, node, inputs, output_storage):
        assert isinstance(inputs[0], np.ndarray)
        output_storage[0][0] = inputs[0] * 2

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_gradients):
        return [output_gradients[0] * 2]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else eval_points[0] * 2]


class Both(Op):
    """Two outputs, and parameters."""

    __props__ = ("a", "b")

    def __init__(self, a, b=2):
        self.a, self.b = a, b

    def make_node(self, c):
        return Apply(self, [c], [T.dscalar(), T.dscalar("product")])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(inputs[0] + self.a)
        outputs[1][0] = np.asarray(inputs[0] * self.b)


class Columns(Op):
    """No make_node: the types say it all."""

    itypes = [T.dmatrix]  # noqa: RUF012
    otypes = [T.dvector]  # noqa: RUF012
    __props__ = ()

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0].sum(0)


def variant(**methods):
    """`Double` with other methods."""
    return type("Variant", (Double,), {"__module__": __name__, **methods})()


def test_an_op_runs_and_is_differentiated():
    double = Double()
    assert function([x], double(double(x)) + 1)(3) == 13
    assert function([v], double(v))([1, 2]).tolist() == [2, 4]
    assert function([], double(3.0))() == 6
    assert T.grad(double(x) ** 2, x).eval({x: 3}) == 24
    assert T.Rop(double(v), v, v).eval({v: [1, 2]}).tolist() == [2, 4]
    assert function([v], double(v).shape)([1, 2]).tolist() == [2]
    assert double == Double()
    assert len(toposort(function([x], double(x) + Double()(x)).graph.outputs)) == 2
    assert pickle.loads(pickle.dumps(double(x) * 2)).owner.inputs[0].owner.op == double


def test_an_op_prints_as_its_author_says():
    assert (str(Double()), text_of(Double()(x)), str(Double()(x).owner)) == (
        "Double", "Double.0", "Double(x)")  # fmt: skip
    assert str(Both(1)) == "Both{a=1, b=2}"
    assert text_of(variant(__str__=lambda self: "mine")(x)) == "mine.0"
    assert (Both(1) == Both(1), Both(1) == Both(2)) == (True, False)


def test_several_outputs_and_types_in_the_place_of_make_node():
    first, second = Both(1)(x)
    assert function([x], [first, second])(3) == [4, 6]
    assert second.name == "product"
    assert function([m], Columns()(m))([[1, 2], [3, 4]]).tolist() == [4, 6]
    assert function([], Columns()(np.ones((2, 2))))().tolist() == [2, 2]
    with pytest.raises(TypeError, match="TensorType"):
        Columns()(v)
    with pytest.raises(TypeError, match="takes"):
        Columns()(m, m)


def test_the_place_of_an_op_is_where_it_is_applied():
    assert "Double()(x).origin" in Double()(x).origin.text


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, KeyError, AssertionError])
def test_what_an_op_raises_comes_out_as_it_is_with_a_note(kind):
    def perform(self, node, inputs, outputs):
        raise kind("of my own")

    for mode in ("FAST_RUN", "DebugMode"):
        with pytest.raises(kind, match="of my own") as raised:
            function([v], variant(perform=perform)(v), mode=mode)([1.0])
        assert type(raised.value) is kind
        assert "test_own_ops.py" in raised.value.__notes__[0]


def test_what_is_wrong_with_an_op():
    def nothing(self, node, inputs, outputs):
        pass

    def sums(self, node, inputs, outputs):
        outputs[0][0] = inputs[0].sum()

    for perform, words in ((nothing, "left no value"), (sums, "for a float64 vector")):
        with pytest.raises(BadValueError, match=words):
            function([v], variant(perform=perform)(v))([1.0])
    bare = type("Bare", (Op,), {"__module__": __name__})
    with pytest.raises(NotImplementedError, match="make_node"):
        bare()(x)
    bare.make_node = Double.make_node
    with pytest.raises(NotImplementedError, match="perform"):
        function([v], bare()(v))
    with pytest.raises(NotHereError, match="no gradient"):
        T.grad(Both(1)(x)[0], x)
    for wrong in ([3], [x.type()]), ([x], [3]), ([x], [T.exp(x)]):
        with pytest.raises(TypeError, match="variables"):
            Apply(Double(), *wrong)
    assert bare() != bare()


def test_gradients_that_are_not_there():
    undefined = variant(grad=lambda self, i, g: [gradient.grad_undefined(self, 0, i[0], "why")])
    unwritten = variant(
        grad=lambda self, i, g: [gradient.grad_not_implemented(self, 0, i[0], "why")])  # fmt: skip
    for op in (undefined, unwritten):
        with pytest.raises(TypeError, match="why"):
            T.grad(op(x), x)
    nowhere = variant(
        grad=lambda self, i, g: [gradient.DisconnectedType()()],
        connection_pattern=lambda self, node: [[False]],
    )
    with pytest.raises(ValueError, match="does not depend"):
        T.grad(nowhere(x), x)
    assert T.grad(nowhere(x) + x, x).eval({x: 3}) == 1


def test_an_op_with_a_thunk_and_one_with_any_object():
    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        given, result = storage_map[node.inputs[0]], storage_map[node.outputs[0]]

        def thunk():
            result[0] = given[0] * 5
            compute_map[node.outputs[0]][0] = True

        return thunk

    bare = type("Bare", (Op,), {"__module__": __name__, "make_node": Double.make_node})
    bare.make_thunk = make_thunk
    assert function([v], bare()(v))([1.0]) == 5
    anything = variant(
        make_node=lambda self, a: Apply(self, [a], [generic()]),
        perform=lambda self, node, i, o: o[0].__setitem__(0, {"a": float(i[0])}),
    )
    assert function([x], anything(x))(1.0) == {"a": 1.0}


@pytest.mark.parametrize("inline", [False, True])
class TestOpFromGraph:
    def test_values_and_gradients(self, inline):
        a, b, c = T.dmatrices("abc")
        op = OpFromGraph([a, b, c], [a + b * c], inline=inline)
        out = op(a, b, c) - op(b, c, a)
        ones = np.ones((2, 2))
        f = function([a, b, c], out)
        assert (f(ones, 3 * ones, 5 * ones) == 8).all()
        assert any(isinstance(n.op, OpFromGraph) for n in toposort(f.graph.outputs)) != inline
        out = op(a, b, c)
        for wanted in (11, 6):
            out = out - T.grad(T.sum(out), b)
            assert np.allclose(function([a, b, c], out)(ones, 3 * ones, 5 * ones), wanted)

    def test_applied_to_its_own_inputs_and_results(self, inline):
        op = OpFromGraph([v, w], [v * w], inline=inline)
        out = op(v * 3, op(w, v))
        given = [1.0, 2.0], [3.0, 5.0]
        plain = v * 3 * (w * v)
        for g, h in zip(T.grad(out.sum(), [v, w]), T.grad(plain.sum(), [v, w]), strict=True):
            np.testing.assert_allclose(g.eval({v: given[0], w: given[1]}),
                                       h.eval({v: given[0], w: given[1]}))  # fmt: skip
        assert function([v, w], op(v, w))(*given).tolist() == [3, 10]

    def test_results_share_no_memory(self, inline):
        e = T.exp(m)
        f = function([m], OpFromGraph([m], [e, e.T, e], inline=inline)(m))
        found = f(np.zeros((2, 2)))
        assert not any(np.shares_memory(a, b) for a, b in combinations(found, 2))

    def test_shared_variables_come_along(self, inline):
        s = tutor.shared(np.array([1.0, 2.0]), "s")
        op = OpFromGraph([v], [v * s], inline=inline)
        f = function([v], [op(v).sum(), T.grad(op(v).sum(), s)], updates={s: s + 1})
        assert [np.asarray(r).tolist() for r in f([3, 4])] == [11, [3, 4]]
        assert f([3, 4])[0] == 18

    def test_gradients_of_ones_own(self, inline):
        def go(inputs, gs):
            return [gs[0] * inputs[1] * 2, gs[0] * inputs[0] * 1.5]

        d = T.dvector()
        other = OpFromGraph([v, w, d], go([v, w], [d]))
        given = {v: [1.0, 2.0], w: [3.0, 5.0]}
        for overrides in (go, other, [lambda i, g: go(i, g)[0], lambda i, g: go(i, g)[1]]):
            op = OpFromGraph([v, w], [v * w], inline=inline, grad_overrides=overrides)
            dv, dw = T.grad(op(v, w).sum(), [v, w])
            assert (dv + 0 * dw).eval(given).tolist() == [6, 10]
            assert (dw + 0 * dv).eval(given).tolist() == [1.5, 3]
        lop = OpFromGraph([v], [T.exp(v)], inline=inline,
                          lop_overrides=lambda ins, outs, gs: [2 * outs[0] * gs[0]])  # fmt: skip
        assert T.grad(lop(v).sum(), v).eval({v: [0.0]}) == 2
        partly = OpFromGraph([v, w], [v * w], inline=inline, grad_overrides=[
            "default", gradient.DisconnectedType()()])  # fmt: skip
        assert T.grad(partly(v, w).sum(), v).eval(given).tolist() == [3, 5]
        null = OpFromGraph([v], [v], inline=inline, grad_overrides=gradient.NullType()())
        with pytest.raises(TypeError):
            T.grad(null(v).sum(), v)

    def test_tangents(self, inline):
        d, e = T.dvectors("de")
        op = OpFromGraph([v, m], [T.dot(v, m)], inline=inline)
        f = function([v, m, d], T.Rop(op(v, m), v, d))
        assert f([1, 1], np.eye(2), [3, 4]).tolist() == [3, 4]
        own = OpFromGraph([v, w], [v * w], inline=inline, rop_overrides=lambda ins, points: [
            points[0] * ins[1] * 2 + ins[0] * points[1] * 1.5])  # fmt: skip
        f = function([v, w, d, e], T.Rop(own(v, w), [v, w], [d, e]))
        assert f([1], [2], [3], [4]) == 18


def test_what_is_connected_in_an_op_of_a_graph():
    op = OpFromGraph([x, y], [x * 2, x * y, T.round(y)])
    assert op.connection_pattern() == [[True, True, False], [False, True, True]]
    said = OpFromGraph([x, y], [x + y], connection_pattern=[[True], [False]])
    with pytest.raises(ValueError, match="does not depend"):
        T.grad(said(x, y), y)
    with pytest.raises(BadValueError, match="both"):
        OpFromGraph([x], [x], grad_overrides=[], lop_overrides=[])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: OpFromGraph([x], x), lambda: OpFromGraph([x], [3]), lambda: OpFromGraph([x], [y]),
        lambda: OpFromGraph([x], [x], updates={}), lambda: OpFromGraph([T.constant(1)], [x]),
        lambda: OpFromGraph([x], [x])(v), lambda: clone(x, replace=3), lambda: clone(x, {x: v}),
        lambda: clone(x, {3: x}),
    ],
)  # fmt: skip
def test_what_is_no_op_and_no_replacement(wrong):
    with pytest.raises(DTypeError, match="Fix"):
        wrong()


def test_the_error_inside_an_op_of_a_graph_names_its_line():
    inner = T.dot(m, v)  # the line inside
    op = OpFromGraph([m, v], [inner])
    with pytest.raises(ValueError, match=r"T\.dot\(m, v\)  # the line inside"):
        function([m, v], op(m, v))(np.ones((2, 3)), np.ones(2))


def test_clone():
    s = tutor.shared(2.0, "s")
    out = x * s + y
    twin = clone(out)
    assert twin is not out
    assert is_same_graph(twin, out)
    swapped = clone(x - y, replace={x: y, y: x})
    assert function([x, y], swapped)(1, 5) == 4
    assert clone([x + y], replace=[(x, 3)])[0].eval({y: 1}) == 4
    assert clone(x * 2, {x: v}, strict=False).eval({v: [1, 2]}).tolist() == [2, 4]
    apart = clone(out, share_inputs=False)
    left = [u for u in tools.inputs([apart]) if u in (x, y, s)]
    assert left == [s]


def test_what_programs_ask_of_a_graph():
    out = T.exp(x) * y + 1
    exp = out.owner.inputs[0].owner.inputs[0]
    assert [u for u in tools.inputs([out]) if u.name] == [x, y]
    assert tools.io_toposort([exp], [out])[0].op.name == "mul"
    assert tools.list_of_nodes([x, y], [out])[0].op.name == "add"
    assert tools.is_in_ancestors(out.owner, exp.owner)
    assert tools.orphans([x], [exp * y]) == [y]
    inputs, outputs = tools.clone([x, y], [out])
    assert inputs[0] is not x
    assert function(inputs, outputs)(0, 2) == [3]
    assert not is_same_graph(x + y, x + x)
    assert is_same_graph(x + 1, y + 1, givens={x: y})
    assert tools.equal_computations([x * 2], [y * 2], [x], [y])


def test_a_graph_that_can_be_changed():
    out = T.exp(x) * x
    graph = FunctionGraph([x], [out])
    a = graph.inputs[0]
    assert [(node.op.name, i) for node, i in graph.clients(a)] == [("exp", 0), ("mul", 1)]
    assert graph.clients(graph.outputs[0]) == [("output", 0)]
    exp = graph.toposort()[0].outputs[0]
    graph.replace(exp, T.cos(a))
    assert function(graph.inputs, graph.outputs)(0.0) == [0]
    assert function([x], out)(1.0) == np.e
    assert len(graph.clone().apply_nodes) == len(graph.apply_nodes) == 2
    assert a in graph.variables
    with pytest.raises(TypeError):
        graph.replace(exp, v)
    with pytest.raises(Exception, match="need y"):
        FunctionGraph([x], [x * y])
