"""Graphs, shared variables and functions, pickled and deep-copied, however long the graph is."""

import copy
import pickle

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.calls import calls
from tutor import In, function
from tutor.config import change_flags
from tutor.theano import zips
from tutor.theano.graph_tools import FunctionGraph, is_same_graph

x, s = T.dscalars("xs")
v = T.dvector("v")


def by_python(value):
    """Pickled by the pickler that is written in Python, which others build on."""
    return pickle.loads(pickle._dumps(value))


WAYS = [
    *[lambda value, n=n: pickle.loads(pickle.dumps(value, n)) for n in (0, 2, 5)],
    by_python,
    copy.deepcopy,
]
IDS = ["protocol 0", "protocol 2", "protocol 5", "by Python", "deepcopy"]
every_way = pytest.mark.parametrize("again", WAYS, ids=IDS)


class Model:
    """A model that keeps its symbols, and what it compiled from them."""

    def __init__(self):
        self.x = T.dmatrix("x")
        self.w = tutor.shared(np.ones(3), "w")
        self.output = T.tanh(T.dot(self.x, self.w))
        self.cost = (self.output**2).mean()
        new = self.w - T.grad(self.cost, self.w)
        self.step = function([self.x], self.cost, updates={self.w: new})


@every_way
def test_a_graph_stays_one_graph(again):
    shared = tutor.shared(np.arange(3.0), "w")
    first = T.exp(shared * v)
    first.name = "first"
    first.tag.note = "kept"
    second = first.sum() + first[0]
    quotient, rest = T.divmod(v, 2.0) if hasattr(T, "divmod") else (v // 2.0, v % 2.0)
    u, w, a, b, q, r = again((v, shared, first, second, quotient, rest))
    assert b.owner.inputs[0].owner.inputs[0] is a
    assert a.owner.inputs[0].owner.inputs == [w, u]
    assert (a.name, a.tag.note, a.type) == ("first", "kept", first.type)
    assert u is not v
    assert w.container is not shared.container
    value = function([u], [b, q, r])([1, 2, 3])
    wanted = function([v], [second, quotient, rest])([1, 2, 3])
    for one, other in zip(value, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert is_same_graph(again(T.tanh(2.0 * shared)).owner.inputs[0].owner.inputs[0], w) is False


@pytest.fixture(scope="module")
def long():
    """A graph deeper than Python calls go, and its values."""
    out = x
    for i in range(1_200):
        out = T.tanh(out) * s if i % 2 else out + 0.001
    graph = (x, s, out, T.grad(out, s))
    return graph, function([x, s], graph[2:], mode="interpret")(0.5, 1.01)


@every_way
def test_a_long_graph_is_no_deeper_than_a_short_one(again, long):
    graph, wanted = long
    y, t, *outputs = again(graph)
    found = function([y, t], outputs, mode="interpret")(0.5, 1.01)
    np.testing.assert_array_equal(found, wanted)


@every_way
def test_a_long_function(again):
    out = x
    for i in range(1_200):
        out = T.tanh(out) * 1.01 if i % 2 else out + 0.001
    f = function([x], [out, out * 2], name="long")
    g = again(f)
    assert g(0.5) == f(0.5)
    assert g.name == "long"


def test_twenty_thousand_nodes():
    out = x
    for i in range(20_000):
        out = T.tanh(out) if i % 2 else out + 0.001
    y, end = pickle.loads(pickle.dumps((x, out)))
    again, wanted = function([y], end, mode="interpret"), function([x], out, mode="interpret")
    assert again(0.5) == wanted(0.5)


@every_way
def test_a_model_is_compiled_after_loading(again):
    model = Model()
    twin = again(model)
    data = np.ones((2, 3))
    assert model.step(data) == twin.step(data)
    assert model.step(data) == twin.step(data)
    assert (twin.w.get_value() == model.w.get_value()).all()
    predict = function([twin.x], twin.output)
    before = predict(data)
    twin.step(data)
    assert (predict(data) != before).all()
    assert (twin.w.get_value() != model.w.get_value()).all()
    assert twin.step.get_shared() == [twin.w]


@every_way
def test_functions_keep_their_states_and_what_they_share(again):
    a = T.dscalar()
    f = function([x, In(a, value=1.0, name="a"), In(s, value=0.0, update=s + a * x)], s + a * x)
    g = function([x, In(s, value=f.container[s], update=s - x)], s * 1)
    f(2)
    f.trust_input = True
    t, f2, g2 = again((s, f, g))
    assert (f2[t], f2["a"], f2.trust_input) == (2, 1, True)
    assert f2(3) == f(3) == 5
    assert g2(1) == g(1) == 5
    assert (f2[t], g2[t]) == (4, 4)
    assert f2.container[t] is g2.container[t]
    assert f2.container[t] is not f.container[s]
    assert s not in f2.container
    f(1)
    assert f2[t] == 4


@every_way
def test_forms_modes_and_random_states_come_along(again):
    streams = T.shared_randomstreams.RandomStreams(seed=5)
    f = function([], {"u": streams.uniform((2,))}, mode="FAST_COMPILE", name="draw")
    g = again(f)
    assert (f()["u"] == g()["u"]).all()
    assert (f()["u"] == g()["u"]).all()
    assert g.mode.rewriting == "FAST_COMPILE"
    guard = again(function([x], T.log(x), mode="NanGuardMode"))
    with pytest.raises(AssertionError):
        guard(-1.0)
    loop, _ = tutor.scan(lambda a, b: a + b, sequences=v, outputs_info=x * 0)
    assert again(function([v, x], loop))([1, 2, 3], 0).tolist() == [1, 3, 6]


def test_functions_may_be_left_out_of_what_is_loaded():
    data = pickle.dumps({"f": function([x], x * 2), "w": 3})
    with change_flags(unpickle_function=False):
        assert pickle.loads(data) == {"f": None, "w": 3}


def test_rewrites_are_there_after_loading():
    f = function([x], x**2 * 1)
    g = pickle.loads(pickle.dumps(f))
    assert [step.rule.name for step in g.rewrites] == [step.rule.name for step in f.rewrites]
    assert g.source == f.source


def test_a_dump_of_the_arguments_of_function(tmp_path):
    from tutor.theano.compilers import function_dump

    path = tmp_path / "function.pkl"
    function_dump(str(path), [v], v + 1, name="more")
    with path.open("rb") as file:
        assert function(**pickle.load(file))([1, 2]).tolist() == [2, 3]


@every_way
def test_a_graph_object_and_a_loop_and_a_list_in_a_shared_variable(again):
    graph = again(FunctionGraph([x], [T.exp(x) * x]))
    assert [node.op.name for node in graph.toposort()] == ["exp", "mul"]
    kept = again(tutor.shared([1, {"a": 2}], "kept"))
    assert kept.get_value() == [1, {"a": 2}]


def test_a_zip_holds_the_pickle_and_each_array_under_a_name(tmp_path):
    a, b, c = tutor.shared(0, "foo"), tutor.shared(1, "foo"), tutor.shared(np.ones(2))
    values = np.arange(3)
    path = tmp_path / "model.zip"
    with path.open("wb") as file:
        zips.dump((a, b, c, {"x": values, "y": values}, a * 2), file)
    with np.load(path) as stored:
        assert sorted(stored) == ["array_0", "array_1", "array_2", "foo", "foo_2", "pkl"]
        assert stored["foo_2"] == 1
    with path.open("rb") as file:
        a, b, c, arrays, twice = zips.load(file)
    assert [v.get_value().tolist() for v in (a, b, c)] == [0, 1, [1.0, 1.0]]
    assert arrays["x"] is arrays["y"] and arrays["x"].tolist() == [0, 1, 2]
    a.set_value(4)
    assert twice.eval() == 8


@pytest.mark.parametrize(
    "shared, options",
    [
        (("pkl",), {}),
        ((None,), {"allow_unnamed": False}),
        (("w", "w"), {"allow_duplicates": False}),
    ],
)
def test_a_name_that_a_zip_cannot_have_is_an_error(shared, options, tmp_path):
    held = [tutor.shared(i, name) for i, name in enumerate(shared)]
    with (tmp_path / "model.zip").open("wb") as file, pytest.raises(ValueError, match="name"):
        zips.dump(held, file, 2, lambda made: zips.PersistentSharedVariableID(made, **options))


def test_a_function_is_pickled_with_less_work_than_it_is_compiled():
    x, layers = T.dmatrix("x"), [tutor.shared(np.eye(3), f"w{i}") for i in range(20)]
    h = x
    for w in layers:
        h = T.tanh(T.dot(h, w))
    cost = T.sqr(h).sum()
    updates = [(w, w - 0.1 * g) for w, g in zip(layers, T.grad(cost, layers), strict=True)]
    f = tutor.function([x], [cost, h], updates=updates)
    compiling = calls(lambda: tutor.function([x], [cost, h], updates=updates))
    assert calls(lambda: pickle.dumps(f)) < compiling
    again, values = pickle.loads(pickle.dumps(f)), np.ones((2, 3))
    for _ in range(2):
        for a, b in zip(f(values), again(values), strict=True):
            np.testing.assert_array_equal(a, b)
    assert again.inputs[0] is not x and len(again.updates) == 20
