"""`function`, `shared`, givens and updates: forms of inputs and outputs, state, independence,
errors.
"""

import pickle

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.config import change_flags
from tutor.core.errors import (
    ArgumentError,
    BadValueError,
    DTypeError,
    MissingInputError,
    ShapeError,
    UnusedInputError,
)
from tutor.errors import UpdateError

x, y = T.dscalars("x", "y")
v, m = T.dvector("v"), T.dmatrix("m")


def test_forms_of_outputs():
    assert tutor.function([x], x * 2)(1) == 2
    assert tutor.function([x], [x * 2])(1) == [2]
    assert tutor.function([x, y], {"sum": x + y, "y": y})(1, 2) == {"sum": 3, "y": 2}
    assert tutor.function([], [])() == []
    assert tutor.function([])() == []
    assert tutor.function([], T.constant([1, 2]))().tolist() == [1, 2]


def test_arguments_by_name_and_by_place():
    f = tutor.function([x, y], x - y)
    assert f(1, 2) == f(1, y=2) == f(y=2, x=1) == -1
    with pytest.raises(TypeError):
        f(1, 2, z=3)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "needs 2 arguments"),
        ((1,), "v is missing"),
        ((1, [1], 2), "too many"),
        (([1, 2], [1]), "argument x"),
        ((1, 2), "argument v"),
        ((1j, [1]), "argument x"),
        (("a", [1]), "argument x"),
        ((None, [1]), "argument x"),
        ((1, [[1], [2, 3]]), "argument v"),
        ((x, [1]), "symbol"),
        ((1, {"a": 1}), "argument v"),
    ],
)
def test_wrong_arguments_name_the_argument_and_change_nothing(arguments, words):
    state = tutor.shared(0)
    f = tutor.function([x, v], x * v.sum(), updates={state: state + 1}, name="f")
    with pytest.raises(ArgumentError, match=r"Fix") as raised:
        f(*arguments)
    assert isinstance(raised.value, TypeError)
    assert words in str(raised.value)
    assert "f(x, v)" in str(raised.value)
    assert state.get_value() == 0


@pytest.mark.parametrize(
    "make, value, fits",
    [
        (T.dscalar, 3, True),
        (T.dscalar, np.float32(0.5), True),
        (T.lscalar, 3.0, True),
        (T.lscalar, 3.5, False),
        (T.bscalar, 127, True),
        (T.bscalar, 128, False),
        (T.fscalar, 0.5, True),
        (T.fscalar, 0.1, False),
        (T.fvector, [0.5, 2], True),
        (T.fvector, np.array([0.5]), False),
        (T.dvector, np.array([1], "float32"), True),
        (T.ivector, np.array([1, 2]), True),
        (T.ivector, np.array([2**40]), False),
        (T.dvector, [1j], False),
        (T.zvector, [1.0], True),
        (T.dvector, [True, False], True),
        (T.dscalar, np.nan, True),
        (T.lscalar, np.nan, False),
        (T.drow, [[1, 2]], True),
        (T.drow, [[1], [2]], False),
        (T.dcol, [[1], [2]], True),
        (T.dmatrix, [1], False),
        (T.dvector, [], True),
        (T.dvector, "abc", False),
        (T.lscalar, 2**63, False),
    ],
)
def test_what_fits_an_argument(make, value, fits):
    a = make("a")
    f = tutor.function([a], a * 1)
    if fits:
        result = f(value)
        assert result.dtype == a.dtype
        np.testing.assert_array_equal(result, np.asarray(value))
    else:
        with pytest.raises(ArgumentError, match="argument a"):
            f(value)


def test_downcast_when_asked():
    a = T.fvector("a")
    assert tutor.function([a], a * 2, allow_input_downcast=True)([0.1]).dtype == "float32"


def test_results_are_independent_of_arguments_state_and_each_other():
    s = tutor.shared(np.zeros(3), "s")
    f = tutor.function([v], [v, v, s, v[1:], s[::-1], v * 2], updates={s: v})
    given = np.ones(3)
    results = f(given)
    for result in results:
        assert not np.shares_memory(result, given)
        assert not any(np.shares_memory(result, r) for r in results if r is not result)
        result += 10
    assert given.tolist() == [1, 1, 1]
    assert s.get_value().tolist() == [1, 1, 1]
    given += 5
    assert s.get_value().tolist() == [1, 1, 1]


def test_updates_read_old_values_whatever_their_order():
    a, b = tutor.shared(1.0, "a"), tutor.shared(2.0, "b")
    swap = tutor.function([], [a, b], updates=[(a, b), (b, a)])
    assert swap() == [1, 2]
    assert (a.get_value(), b.get_value()) == (2, 1)
    p, q = tutor.shared(np.ones(2)), tutor.shared(np.zeros(2))
    tutor.function([], updates=[(p, q), (q, p)])()
    assert p.get_value().tolist() == [0, 0]
    p.set_value([7, 7])
    assert q.get_value().tolist() == [1, 1]


def test_a_failing_call_changes_nothing():
    a, b = tutor.shared(np.zeros(2), "a"), tutor.shared(0, "b")
    f = tutor.function([v], a.sum(), updates=[(b, b + 1), (a, a + v)])
    with pytest.raises(ShapeError, match=r"a \+ v cannot be computed"):
        f([1, 2, 3])
    assert a.get_value().tolist() == [0, 0]
    assert b.get_value() == 0


def test_a_dimension_that_happens_to_be_one_does_not_stretch():
    n = T.dmatrix("n")
    f = tutor.function([m, n], m + n)
    assert f(np.ones((2, 3)), np.ones((2, 3))).shape == (2, 3)
    for shape in ((1, 3), (2, 1), (3, 2)):
        with pytest.raises(ShapeError, match="m has shape"):
            f(np.ones((2, 3)), np.ones(shape))
    r, c = T.drow("r"), T.dcol("c")
    assert tutor.function([r, c], r + c)(np.ones((1, 3)), np.ones((2, 1))).shape == (2, 3)
    with pytest.raises(ShapeError):
        tutor.function([m, r], m + r)(np.ones((2, 3)), np.ones((1, 1)))


def test_the_error_of_a_call_names_the_line_that_made_the_expression():
    product = T.dot(m, v)  # the line the message quotes
    with pytest.raises(ShapeError) as raised:
        tutor.function([m, v], product * 2)(np.ones((2, 3)), np.ones(2))
    assert "T.dot(m, v)  # the line the message quotes" in str(raised.value)
    assert "(2, 3)" in str(raised.value)


@pytest.mark.parametrize(
    "build, kind, words",
    [
        (lambda: tutor.function(x, x), DTypeError, "list"),
        (lambda: tutor.function([x, x], x), BadValueError, "twice"),
        (lambda: tutor.function([3], x), DTypeError, "variable"),
        (lambda: tutor.function([x], y), MissingInputError, "needs y"),
        (
            lambda: tutor.function([T.dscalar("x")], x * 1),
            MissingInputError,
            "two variables named x",
        ),
        (lambda: tutor.function([x, y], x), UnusedInputError, "no influence"),
        (lambda: tutor.function([x], x, on_unused_input="quiet"), BadValueError, "on_unused_input"),
        (lambda: tutor.function([x], x, mode="FASTEST"), BadValueError, "mode"),
        (lambda: tutor.function([tutor.shared(1)], x), DTypeError, "shared"),
        (lambda: tutor.function([x], "x"), DTypeError, "output"),
        (lambda: tutor.function([x], {1: x}), DTypeError, "keys"),
        (lambda: tutor.function([x], x, updates={x: 1}), UpdateError, "not shared"),
        (lambda: tutor.function([x], x, updates=[x]), DTypeError, "pair"),
        (lambda: tutor.function([x], y, givens={y: m}), DTypeError, "givens"),
        (lambda: tutor.function([x], x, givens={x: 1}), BadValueError, "both an input and given"),
        (lambda: tutor.function([x], y, givens=[(y, x), (y, 1)]), BadValueError, "twice"),
        (
            lambda: tutor.function([x], y, givens={T.lscalar(): 2.5, y: x}),
            DTypeError,
            "lose something",
        ),
        (lambda: tutor.function([x], y, givens={"y": x}), DTypeError, "variables"),
        (lambda: tutor.shared(x), DTypeError, "symbol"),
        (lambda: tutor.shared(0, name=3), DTypeError, "name"),
    ],
)
def test_what_is_wrong_with_a_definition(build, kind, words):
    with pytest.raises(kind, match=words):
        build()


def test_an_update_of_the_wrong_type():
    c, w = tutor.shared(0, "c"), tutor.shared(np.zeros(2, "float32"), "w")
    for updates in ({c: c * 0.5}, {w: w * T.dscalar()}, {w: w.sum()}, {c: 0.5}, [(c, 1), (c, 2)]):
        with pytest.raises((UpdateError, BadValueError), match=r"c |w "):
            tutor.function([], updates=updates)
    f = tutor.function([], updates={w: 0 * w + 1, c: 7})
    f()
    assert (w.get_value().dtype, w.get_value().tolist(), int(c.get_value())) == (
        "float32",
        [1, 1],
        7,
    )


def test_shared_values_are_copied_unless_borrowed():
    array = np.zeros(3)
    s, t = tutor.shared(array), tutor.shared(array, borrow=True)
    array[0] = 1
    assert (s.get_value()[0], t.get_value()[0]) == (0, 1)
    s.get_value()[0] = 5
    assert s.get_value()[0] == 0
    s.get_value(borrow=True)[0] = 5
    assert s.get_value()[0] == 5
    new = np.ones(2)
    s.set_value(new)
    new[:] = 9
    assert s.get_value().tolist() == [1, 1]
    with pytest.raises(DTypeError):
        s.set_value([[1.0]])
    with pytest.raises(DTypeError):
        tutor.shared(0).set_value(0.5)


def test_scalars_of_floats_have_numpy_results():
    cases = {
        "quotient": (x / y, [(1, 0), (0, 0), (-1, 0), (np.inf, np.inf)]),
        "power": (x**y, [(0, -1), (-8, 1 / 3), (1e200, 2), (2, 0.5)]),
        "exp": (T.exp(x) + 0 * y, [(1000, 1), (-1000, 1), (np.nan, 1)]),
        "log": (T.log(x) + 0 * y, [(0, 1), (-1, 1), (2, 1)]),
    }
    for expression, values in cases.values():
        f = tutor.function([x, y], expression)
        g = tutor.function([v, m], tutor.core.walk.rebuild([expression], {x: v[0], y: m[0, 0]})[0])
        for a, b in values:
            np.testing.assert_array_equal(f(a, b), g([a], [[b]]))


def test_the_source_is_what_runs():
    f = tutor.function([v], T.exp(v) * 2, name="grow")
    assert f.source.startswith("def grow(v):")
    scope = {**f.program.bindings, "array": np.array}
    exec(f.source, scope)
    assert scope["grow"](np.zeros(2)).tolist() == f(np.zeros(2)).tolist() == [2, 2]


def test_eval():
    assert (x * y).eval({x: 2, y: 3}) == 6
    assert (x * y).eval({"x": 2, "y": 4}) == 8
    assert T.constant(3).eval() == 3
    part = x * 2
    assert (part * y).eval({part: 5.0, y: 2.0}) == 10  # x is not needed
    assert [part.eval({}, givens={x: T.constant(n)}) for n in (3.0, 5.0)] == [6, 10]
    with pytest.raises(ArgumentError, match="no input named"):
        (x * 2).eval({"q": 1})


@pytest.mark.parametrize("n", [10_000])
def test_a_long_chain_is_an_ordinary_graph(n):
    out = x
    for i in range(n):
        out = T.tanh(out) * 1.01 if i % 2 else out + 0.001
    f = tutor.function([x], [out, T.grad(out, x)])
    value, slope = f(0.5)
    assert np.isfinite(value)
    assert np.isfinite(slope)
    assert len(repr(out)) < 5000


def test_variables_and_graphs_pickle():
    s = tutor.shared(np.arange(3.0), "s")
    expression, again = pickle.loads(pickle.dumps((T.exp(s * 2).sum(), s)))
    assert expression.eval() == pytest.approx(np.exp(np.arange(3.0) * 2).sum())
    assert again.name == "s"


@pytest.mark.parametrize(
    "careless",
    [
        lambda: T.dscalar * 2,
        lambda: 2 - T.dmatrix,
        lambda: -T.lvector,
        lambda: T.dscalar @ T.dvector("v"),
        lambda: T.dscalar("x", "y"),
        lambda: sum(T.dvector("v")),
    ],
)
def test_a_type_in_the_place_of_a_variable_is_said(careless):
    with pytest.raises(DTypeError, match=r"Fix: (Call it|The plural|T\.sum)"):
        careless()


def test_an_unknown_keyword_names_the_function():
    f = tutor.function([x], x * 2, name="double")
    with pytest.raises(TypeError, match=r"double\(\) got an unexpected keyword argument 'q'"):
        f(q=1)


def test_a_misspelt_name_is_told_the_nearest():
    with pytest.raises(AttributeError, match=r"Did you mean T\.dscalar"):
        T.dscaler("x")
    assert not hasattr(T, "no_such_thing_at_all")


def test_high_verbosity_shows_the_graph_and_all_values():
    m, n, s = T.dmatrix("m"), T.dmatrix("n"), tutor.shared(np.ones((2, 2)), "s")
    f = tutor.function([m, n], T.dot(m * 2, n) + s)
    values = np.ones((2, 3)), np.ones((4, 5))
    with pytest.raises(tutor.errors.ShapeError) as low:
        f(*values)
    with change_flags(exception_verbosity="high"), pytest.raises(tutor.errors.ShapeError) as high:
        f(*values)
    text = str(high.value)
    assert text.startswith(str(low.value))
    assert "Inputs shapes: [(2, 3), (4, 5)" in text
    assert " |n [id " in text and "<TensorType(float64, matrix)>" in text
    assert " - n, Input, Shape: (4, 5), ElemSize: 8 Byte(s), TotalSize: 160 Byte(s)" in text
    assert " - s, Shared Input, Shape: (2, 2)" in text


@pytest.mark.parametrize("flags", [{"optimizer": "None"}, {"mode": "FAST_COMPILE"}])
def test_the_configuration_says_how_much_is_rewritten(flags):
    with change_flags(flags):
        assert not tutor.function([x], x * 1).rewrites
    assert tutor.function([x], x * 1).rewrites


def test_a_whole_number_too_large_for_its_dtype_is_said_to_be_so():
    n = T.lscalar("n")
    with pytest.raises(TypeError, match="too large"):
        tutor.function([n], n * 2)(2**70)
