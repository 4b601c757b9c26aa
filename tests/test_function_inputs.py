"""`In`, `Out`, shortcuts, defaults, states and names of arguments: what a program may say of them.

What is asserted here is what Theano 1.0.5 does.
"""

import copy

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import In, Out, function
from tutor.compile.arguments import as_input
from tutor.core.errors import ArgumentError, BadValueError, DTypeError, MissingInputError

x, s = T.dscalars("xs")
a = T.dscalar()
v = T.dvector("v")


def adder(**options):
    """x, a default, and a state that grows by a * x."""
    return function(
        [x, In(a, value=1.0, name="a"), In(s, value=0.0, update=s + a * x)], s + a * x, **options
    )


def test_a_value_holds_for_one_call_and_an_update_stays():
    f = adder()
    assert (f[a], f[s], f["a"], f[1], f.value[s]) == (1, 0, 1, 1, 0)
    assert f[x] is None
    assert (f(3.0), f(3.0, a=2.0), f[a], f[s]) == (3, 9, 1, 9)
    f[a] = 5.0
    assert (f[a], f(3.0), f[a], f[s]) == (5, 24, 1, 24)
    assert (f(1, s=100), float(f[s]), f(1, 2, 3), float(f[s])) == (101, 101, 5, 5)


@pytest.mark.parametrize("floats", [True, False])
def test_a_default_of_an_expression_of_numbers_or_arrays(floats):
    p, q = (T.dscalar("p"), T.dscalar("q")) if floats else (T.dvector("p"), T.dvector("q"))
    one, two = (1.0, 2.0) if floats else ([1.0], [2.0])
    f = function([p, In(q, value=two)], p - q)
    assert (f(one), f(one, one), f(p=one), f(q=one, p=one)) == (-1, 0, -1, 0)
    f[q] = one
    assert (f(one), f(one)) == (0, -1)
    f[q] = one
    assert (f(two, two), f(one)) == (0, -1)
    with pytest.raises(ArgumentError, match="p is missing"):
        f(q=one)


@pytest.mark.parametrize(
    ("given", "named", "first", "second"),
    [
        ((x, 3.0), "x", 3, 3),
        ([x, 3.0], "x", 3, 3),
        (((x, x + 1), 3.0), "x", 3, 4),
        (("k", x, 2.0), "k", 2, 2),
        (("k", (x, x + 1), 2.0), "k", 2, 3),
        ((In(x), 3.0), "x", 3, 3),
        (("k", In(x), 3.0), "k", 3, 3),
        (In(x, value=3.0, name="k"), "k", 3, 3),
        (In(x, "k", 2.0, x * 2), "k", 2, 4),
    ],
)
def test_shortcuts(given, named, first, second):
    f = function([given], x)
    assert (f(), f()) == (first, second)
    assert f(**{named: 9.0}) == 9
    assert named in f


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "is no input"), ((x, 1, 2), "is no input"), (((x, x, x), 1), "is no input"),
        ((x, s), "is the symbol s"), ("x", "is none"), (T.constant(3), "constant"),
        ((x, 2j), "would lose|default of x"),
    ],
)  # fmt: skip
def test_what_is_no_input(given, words):
    with pytest.raises(DTypeError, match=words):
        function([given], x)


def test_what_an_in_may_not_say():
    with pytest.raises(TypeError, match="update"):
        In(x, update=v)
    with pytest.raises(AssertionError, match="mutable"):
        In(x, mutable=True, borrow=False)
    with pytest.raises(TypeError, match="implicit"):
        In(x, implicit=True)
    with pytest.raises(TypeError, match="string"):
        In(x, name=3)
    shared = tutor.shared(1.0, "c")
    with pytest.raises(TypeError, match=r"shared variable \(c\) as explicit input"):
        function([In(shared, update=shared + 1)])
    with pytest.raises(MissingInputError):
        function([In(x, update=s + x)], x)
    with pytest.warns(UserWarning, match="Param is the old name"):
        assert tutor.Param(x, default=3.0).value == 3


@pytest.mark.parametrize("name", ["lambda", "self", "exp", "sum", "extra", "two words", "1st"])
def test_any_name_is_a_keyword(name):
    odd = T.dscalar(name)
    f = function([odd, x], T.exp(odd) - x)
    assert f(0.0, x=1.0) == f(x=1.0, **{name: 0.0}) == f(0.0, 1.0) == 0
    with pytest.raises(TypeError):
        f(0.0, 1.0, **{name: 0.0})
    with pytest.raises(TypeError):
        f(0.0, unknown=1.0)


def test_names_that_are_the_same_are_ambiguous():
    p, q, r = T.dscalars("xxx")
    f = function([p, q, r], p + 2 * q + 3 * r)
    assert f(1, 2, 3) == 14
    with pytest.raises(ArgumentError, match="several"):
        f(1, 2, x=3)
    with pytest.raises(ArgumentError, match="several"):
        f["x"]
    assert (f[0], f[q]) == (None, None)


def test_what_is_asked_for_must_be_there():
    f = adder()
    for wrong in (lambda: f["q"], lambda: f[T.dscalar()], lambda: f.container["q"], lambda: f[7]):
        with pytest.raises(TypeError, match="x, a, s"):
            wrong()
    with pytest.raises(TypeError):
        f[a] = [1, 2]
    assert f[a] == 1
    assert (x in f, "a" in f.value, s in f.container, "q" in f) == (True, True, True, False)


def test_a_failing_call_leaves_states_alone():
    state, w = T.dvector("state"), tutor.shared(np.zeros(2))
    outs, grown = state.sum(), state + v
    f = function([v, In(state, value=[1.0, 1.0], update=grown)], outs, updates={w: w + v})
    with pytest.raises(ValueError, match=r"\+ v cannot be computed"):
        f([1, 2, 3])
    with pytest.raises(TypeError):
        f([[1]])
    assert f[state].tolist() == [1, 1]
    assert w.get_value().tolist() == [0, 0]


def test_states_and_shared_variables_change_places():
    shared = tutor.shared(1.0)
    f = function([In(x, value=0.0, update=shared)], [], updates={shared: x})
    for i in range(5):
        f()
        assert shared.get_value() == i % 2


def test_functions_that_share_a_state():
    increase = function([x, In(s, update=s + x, value=10.0)], [])
    decrease = function([x, In(s, update=s - x, value=increase.container[s], implicit=False)], [])
    look = function([In(s, value=increase.container[s])], s * 1)
    assert decrease[s] is increase[s]
    increase[s] = 2
    assert decrease[s] == look() == 2
    decrease(1)
    assert increase[s] == 1
    decrease(1, 0)
    assert (increase[s], decrease[s], look()) == (-1, -1, -1)
    assert increase.container[s] is decrease.container[s]
    with pytest.raises(TypeError, match="implicit"):
        look(3.0)


def test_a_shared_variable_as_the_value_of_an_input():
    c = tutor.shared(2.0, "c")
    f = function([x, In(s, value=c, update=s + x)], s * 1)
    assert (f(1), c.get_value(), f(1), c.get_value()) == (2, 3, 3, 4)


def test_strict_and_downcast_by_argument():
    f = function([In(v, strict=True)], v * 2)
    assert f(np.ones(1)) == 2
    for wrong in ([1.0], np.ones(1, "float32")):
        with pytest.raises(TypeError):
            f(wrong)
    with pytest.raises(TypeError):
        function([In(x, strict=True)], x * 2)(3.0)
    w, b = T.wvector("w"), T.bvector("b")
    g = function([In(w, allow_downcast=True), In(b, allow_downcast=False)], w + b)
    assert g([2**20], np.ones(1, "int8")) == 1
    with pytest.raises(TypeError):
        g([3], [312])
    assert function([T.fscalar("f"), w], w, on_unused_input="ignore",
                    allow_input_downcast=True)(0.1, [2**20]) == 0  # fmt: skip


def test_an_output_that_is_borrowed_may_be_the_argument():
    given, w = np.ones(3), tutor.shared(np.ones(3))
    outputs = [Out(v, borrow=True), Out(v[1:], borrow=True), v, Out(w, borrow=True), w]
    lent = function([In(v, borrow=True)], outputs)(given)
    assert [np.shares_memory(r, given) for r in lent[:3]] == [True, True, False]
    assert [np.shares_memory(r, w.get_value(borrow=True)) for r in lent[3:]] == [True, False]
    kept = function([v], outputs[:3])(given)
    assert not any(np.shares_memory(r, given) for r in kept)
    updated = function([], Out(w, borrow=True), updates={w: w + 1})()
    w.get_value(borrow=True)[:] = 9
    assert updated.tolist() == [1, 1, 1]
    constant = function([], Out(T.constant([4]), borrow=True))
    constant()[0] = 3
    assert constant() == 4
    assert function([x], {"k": Out(x * 2)})(2) == {"k": 4}


def test_outputs_of_a_dict_come_sorted_and_in_part():
    f = function([x], {"b": x, "a": x * 2, "c": x * 3})
    assert list(f(1)) == ["a", "b", "c"]
    assert f(1, output_subset=["c", "a"]) == {"c": 3, "a": 2}
    assert function([x], [x, x + 1, x + 2])(1, output_subset=[2, 0]) == [3, 1]


@pytest.mark.parametrize("outputs", [x * 2, [x * 2], {"k": x * 2}])
def test_a_copy_gives_a_list(outputs):
    f = function([x], outputs, name="double")
    assert f.copy()(2) == copy.copy(f)(2) == [4]
    assert (f.copy().name, f.copy(name="other").name) == ("double copy", "other")
    assert function([], None).copy()() == []


def test_a_copy_has_states_of_its_own_and_the_same_shared_variables():
    c = tutor.shared(1.0, "c")
    f = adder(updates={c: c + 1})
    f(5)
    g = f.copy()
    assert (g[s], g[a], f[s]) == (0, 1, 5)
    assert g(1) == [1]
    assert (g[s], f[s], c.get_value()) == (1, 5, 3)
    for key in (x, a, s):
        assert g.container[key] is not f.container[key]


def test_a_copy_with_other_shared_variables():
    c, d, e = tutor.shared(1, "c"), tutor.shared(10, "d"), tutor.shared(100, "e")
    f = function([], [c + d], updates=[(c, c + 1), (d, d + 1)])
    g = f.copy(swap={c: e})
    assert (f(), g(), g()) == ([11], [111], [113])
    assert (c.get_value(), d.get_value(), e.get_value()) == (2, 13, 102)
    assert g.get_shared() == [e, d]
    still = g.copy(delete_updates=True)
    assert (still(), still()) == ([115], [115])
    assert g.copy(swap={e: c})() == [15]


def test_what_cannot_be_swapped():
    c, other = tutor.shared(1, "c"), tutor.shared(1.0, "other")
    f = function([x], x + c)
    for swap, kind, words in (
        ({other: c}, BadValueError, "no shared variable of this function"),
        ({c: other}, DTypeError, "take its place"),
        ({c: x}, DTypeError, "exchanges shared"),
        ({x: c}, DTypeError, "exchanges shared"),
    ):
        with pytest.raises(kind, match=words):
            f.copy(swap=swap)


def test_random_states_survive_a_copy_without_updates():
    u = T.shared_randomstreams.RandomStreams(seed=1).uniform(())
    f = function([], u)
    still = f.copy(delete_updates=True)
    assert still() == still() == [f()] != still()


def test_givens_hold_in_what_follows_and_not_before():
    y = T.dscalar("y")
    assert function([], x, givens=[(y, 1.0), (x, y * 2)])() == 2
    with pytest.raises(AssertionError, match="y is replaced"):
        function([], x, givens=[(x, y), (y, 1.0)])
    with pytest.raises(RuntimeError, match="both an input and given"):
        function([x], x, givens={x: y})
    assert function([v], x * 2, givens={x: v}, rebuild_strict=False)([1, 2]).tolist() == [2, 4]
    assert function([], x * 2, givens={x: [1.5, 2]}, rebuild_strict=False)().tolist() == [3, 4]


def test_an_update_has_the_very_type():
    w, c = tutor.shared(np.ones((2, 2)), "w"), tutor.shared(0.0, "c")
    for updates in ({w: w.sum().dimshuffle("x", "x")}, {c: T.constant(np.float32(1))}):
        with pytest.raises(TypeError, match=r"T\.(unbroadcast|cast)"):
            function([], updates=updates)
    d = tutor.shared(0, "d")
    d.default_update = d + 0.5
    with pytest.raises(TypeError):
        function([], d)
    assert function([], d, no_default_updates=[d])() == 0
    del d.default_update
    assert function([], d)() == 0
    with pytest.raises(TypeError, match="no_default_updates"):
        function([], d, no_default_updates="d")


def test_arguments_that_are_trusted_are_not_looked_at():
    f = function([v], T.exp(v))
    f.trust_input = True
    assert f(np.ones(1, "float32")).dtype == "float32"
    assert copy.copy(f).trust_input


@pytest.mark.parametrize("name", ["maker", "fn", "finder"])
def test_what_old_programs_read_off_a_function_is_there_for_them_alone(name):
    f = function([v], T.exp(v))
    with pytest.raises(AttributeError, match="no attribute"):
        getattr(f, name)
    with tutor.theano.bound():
        assert getattr(f, name) is getattr(f, name)
        with pytest.raises(AttributeError, match="no attribute 'makr'"):
            getattr(f, "makr")  # noqa: B009 - as a program that has it misspelt
    assert not hasattr(f, name)


@pytest.fixture
def old():
    """Run as a program written for Theano."""
    with tutor.theano.bound():
        yield


def test_what_a_program_reads_off_a_function(old):
    c = tutor.shared(2.0, "c")
    f = function([x, In(s, value=1.0)], x + c * s, updates=[(c, c + 1)], name="step")
    assert [str(i) for i in f.maker.inputs] == ["In(x)", "In(s)", "In(c -> c + 1)"]
    assert [v.name for v in f.maker.fgraph.inputs] == ["x", "s", "c"]
    assert len(f.maker.fgraph.outputs) == 2
    assert [n.op.name for n in f.maker.fgraph.toposort()] == ["mul", "add", "add"]
    assert f.maker.fgraph.apply_nodes == set(f.fn.nodes)
    assert (f.name, f.unpack_single, f.return_none, f.output_keys) == ("step", True, False, None)
    assert f.defaults[:2] == [(True, False, None), (False, True, np.array(1.0))]
    assert [cell.value for cell in f.input_storage] == [None, 1, 2]
    assert (f[c], f.container["c"].storage, f.get_shared()) == (2, [2.0], [c])
    assert f.inv_finder[f.container[s]].variable is s
    f[c] = 7
    assert c.get_value() == 7
    assert f.maker.mode is tutor.get_mode("Mode")
    f.free()
    no_inputs = function([], c * 2)
    assert no_inputs.fn() == [14]
    assert as_input(x).variable is x


X, M = T.dscalar("x"), T.dmatrix("m")
#: An expression that is an argument, what is computed from it, and the value for 0.5 or an array.
GIVEN = {
    "a sum": (X + 1, T.log, np.log),
    "an exponential": (T.exp(-X), lambda e: 1 / (1 + e), lambda e: 1 / (1 + e)),
    "a negative": (-X, lambda v: -v, np.negative),
    "a sigmoid": (T.nnet.sigmoid(X), lambda p: T.log(1 - p) + T.log(p),
                  lambda p: np.log(1 - p) + np.log(p)),
    "a constant": (T.constant(2.0) * 3, lambda v: v * 2, lambda v: v * 2),
    "a transpose": (M.T, lambda t: T.dot(t, t.T), lambda t: t @ t.T),
    "a fill": (T.zeros_like(M), lambda t: (t + 1).sum(axis=0) * t, lambda t: (t + 1).sum(0) * t),
    "a softmax": (T.nnet.softmax(M), lambda p: T.grad(-T.log(p)[[0, 1], [1, 0]].sum(), p),
                  lambda p: -np.array([[0, 1], [1, 0]]) / p),
    "a part": (M[0], lambda r: r[::-1].sum() + r.shape[0], lambda r: r.sum() + 2),
    "a loop": (T.cumsum(M, axis=0), lambda c: tutor.map(lambda r: r * 2, c)[0], lambda c: c * 2),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode", "None", "jax"])
@pytest.mark.parametrize("name", GIVEN)
def test_an_expression_may_be_an_argument(name, mode):
    """Where it is one, patterns end: what it was made of is not there."""
    given, use, right = GIVEN[name]
    if mode == "jax":
        pytest.importorskip("jax")
    mode = tutor.Mode(optimizer=None) if mode == "None" else mode
    f = tutor.function([given], use(given), mode=mode)
    value = np.array([[0.3, 0.7], [0.6, 0.4]])
    value = value if given.ndim == 2 else value[0] if given.ndim else np.array(0.5)
    np.testing.assert_allclose(f(value), right(value), rtol=1e-12)


def test_an_expression_that_is_an_argument_keeps_a_value_and_is_replaced_by_givens():
    s, y = X + 1, T.dscalar("y")
    f = tutor.function([tutor.In(s, value=2.0, update=s * 2)], T.log(s))
    np.testing.assert_allclose([f(), f(), f()], np.log([2, 4, 8]))
    g = tutor.function([y], T.log(s), givens={s: T.exp(y)})
    assert g(1000) == 1000
    w = tutor.shared(1.0, "w")
    h = tutor.function([s], T.grad(T.log(s * w), w), updates={w: w + s - X}, givens={X: s * 0})
    assert (h(3.0), w.get_value()) == (1, 4)
