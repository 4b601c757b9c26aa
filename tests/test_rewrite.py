"""Rewriting: each rule fires and is true, a rewritten graph gives the value of the unrewritten one.

Values are compared on hostile numbers too: zeros of both signs, infinities, nan, subnormal, huge.
"""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.compile.rules import engine
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.facts import is_positive
from tutor.compile.rules.patterns import (
    ASSUMES,
    EXACT,
    ROUNDING,
    STABLE,
    build,
    chain,
    factors_match,
    matches,
    parse,
)
from tutor.compile.rules.selection import RULES as ALL
from tutor.core.graph import Variable
from tutor.core.walk import toposort

HOSTILE = np.array(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.3,
        -2.7,
        np.inf,
        -np.inf,
        np.nan,
        5e-324,
        1e-310,
        1e300,
        -1e300,
        40.0,
        -40.0,
        800.0,
        1e-9,
    ]
)


def fired(*outputs, inputs=()):
    new, steps = rewritten(list(outputs), list(inputs))
    return [s.rule.name for s in steps], new


def evaluate(expression, **values):
    """The value without any rewriting."""
    free = tutor.core.walk.graph_inputs([expression])
    inputs = {v: values[v.name] for v in free if v.name in values}
    return tutor.function(list(inputs), expression, mode="FAST_COMPILE")(*inputs.values())


def names(pattern):
    """The variables of a pattern."""
    if isinstance(pattern, str):
        return {pattern} - {"..."}
    return set().union(*map(names, pattern[1:])) if isinstance(pattern, tuple) else set()


def free_names(rule, pattern):
    """The variables of a pattern where its rule is tried."""
    others = [names(parse(text)) for _, text in rule.at]
    return sorted((names(pattern) - {name for name, _ in rule.at}).union(*others))


def parts_at(rule, inputs):
    """What the names of a pattern stand for where its rule is tried."""
    return inputs | {name: build(parse(text), inputs) for name, text in rule.at}


def test_every_rule_says_what_it_is():
    assert len({r.name for r in ALL}) == len(ALL)
    for rule in ALL:
        assert rule.why.endswith(".")
        assert rule.licence in (EXACT, ROUNDING, STABLE, ASSUMES)


DTYPES = {"b": ["bool"], "i": ["int8", "int64"], "u": ["uint8"], "f": ["float64", "float32"],
          "F": ["float64", "float32"], "c": ["complex128"]}
ROWS = [(rule, text, dtype) for rule in ALL
        if isinstance(rule.replacement, str) and rule.licence != ASSUMES
        for text, _ in rule.forms() for kind in rule.kinds for dtype in DTYPES[kind]
        if kind != "u" or not re.search(r"\b\d", text)  # a number makes uint8 wider
        if kind not in "iu" or "/" not in text]  # the quotient of integers is a float


def hostile(dtype):
    """Numbers of a dtype at which arithmetic has its corners."""
    if dtype == "bool":
        return np.array([True, False])
    if dtype.startswith("complex"):
        return np.array([0, 1, -1, 0.3 - 2j, 1e-200j, 1e150 + 1j])
    if "int" in dtype:
        info = np.iinfo(dtype)
        return np.array([0, 1, 2, 7, info.min, info.max], dtype)
    with np.errstate(over="ignore", under="ignore"):
        return HOSTILE.astype(dtype)


def grid(dtype, n):
    """All combinations of hostile numbers, an array an operand."""
    return [g.ravel() for g in np.meshgrid(*[hostile(dtype)] * n)]


@pytest.mark.parametrize(
    "text, tree",
    [
        ("x - y - 1", ("sub", ("sub", "x", "y"), 1)),
        ("x - (y - 1)", ("sub", "x", ("sub", "y", 1))),
        ("x + y * z", ("add", "x", ("mul", "y", "z"))),
        ("-x * y", ("mul", ("neg", "x"), "y")),
        ("-x ** 2", ("neg", ("pow", "x", 2))),
        ("x ** -0.5 / y", ("true_div", ("pow", "x", -0.5), "y")),
        ("switch(x, -y, f(1, z)) + 2", ("add", ("switch", "x", ("neg", "y"), ("f", 1, "z")), 2)),
        ("(exp|log)(e := f(..., x, ...))", ("exp|log", ("e:", ("f", "...", "x", "...")))),
    ],
)  # fmt: skip
def test_a_pattern_is_read_as_python_reads_it(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize("text", ["", "x y", "x +", "(x", "x)", "f(x", "f(x y)", "x + * y"])
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(ValueError, match="not a pattern"):
        parse(text)


def found(pattern, e):
    """What the names of a pattern stand for, the first time that an expression has its form."""
    tree, node = parse(pattern), e.owner
    ways = factors_match(chain(tree), e, None, {}) if chain(tree) else matches(
        tree, node.outputs[0], None, {})
    return next(({k: str(v) for k, v in way.items() if k[-1] != ")"} for way in ways), None)


def test_what_the_names_of_a_pattern_stand_for():
    x, y = T.dvectors("x", "y")
    assert found("(exp|log)(e := x * y)", T.log(x * y)) == {"e": "x * y", "x": "x", "y": "y"}
    assert found("exp(x)", T.log(x)) is None
    assert found("x * C", 2.5 * x) == {"x": "x", "C": "2.5"}
    assert found("x * C", y * x) is None
    assert found("elementwise(..., exp(x), ...)", T.switch(x > 0, y, T.exp(y))) == {"x": "y"}
    assert found("elementwise(..., exp(x), ...)", T.exp(y).sum()) is None
    assert found("_ * p / p", y * (2 * x / y)) == {"p": "y", "rest": "[2, x]"}
    assert found("_ * exp(x) / (1 + exp(x))", T.exp(x) * y / (T.exp(y) + 1)) is None


@pytest.mark.parametrize("rule, text, dtype", ROWS, ids=lambda v: getattr(v, "name", v))
def test_a_pattern_rule_fires_and_keeps_the_value(rule, text, dtype):
    pattern = parse(text)
    inputs = {n: T.vector(n, dtype=dtype) for n in free_names(rule, pattern)}
    before = build(pattern, parts_at(rule, inputs))
    steps, _ = fired(before, inputs=list(inputs.values()))
    assert rule.name in steps
    values = extreme = grid(dtype, len(inputs))
    if rule.licence == STABLE:  # where the old value is exact, the new one is the same
        plain = np.array([-1.5, -0.7, -0.1, 0.0, 0.1, 0.4, 1.3], dtype)
        values = [g.ravel() for g in np.meshgrid(*[plain] * len(inputs))]
    options = {"on_unused_input": "ignore"}
    olds = tutor.function(list(inputs.values()), before, mode="FAST_COMPILE", **options)
    news = tutor.function(list(inputs.values()), before, **options)
    old, new = olds(*values), news(*values)
    if rule.licence == STABLE:
        was, now = olds(*extreme), news(*extreme)
        lost = np.isfinite(was) & ~np.isfinite(now)
        assert not lost.any(), [v[lost] for v in extreme]
    assert new.dtype == old.dtype
    if rule.licence == EXACT:
        np.testing.assert_array_equal(new, old)
        if not rule.zero and old.dtype.kind == "f":
            zero = old == 0
            np.testing.assert_array_equal(np.signbit(new[zero]), np.signbit(old[zero]))
    else:
        rtol = 1e-5 if old.dtype == "float32" else 1e-9
        np.testing.assert_allclose(new, old, rtol=rtol, atol=rtol if rule.licence == STABLE else 0)


@pytest.mark.parametrize(
    "build_, value, true",
    [
        (lambda x: T.log(1 + x), 1e-18, 1e-18),
        (lambda x: T.exp(x) - 1, 1e-18, 1e-18),
        (lambda x: T.log(1 + T.exp(x)), 1000.0, 1000.0),
        (lambda x: T.log(1 / (1 + T.exp(-x))), -1000.0, -1000.0),
        (lambda x: T.log(1 - 1 / (1 + T.exp(-x))), 1000.0, -1000.0),
        (lambda x: 1 - T.nnet.sigmoid(x), 50.0, np.exp(-50.0)),
        (lambda x: T.log(T.exp(x)), 1000.0, 1000.0),
        (lambda x: 1 / (1 + T.exp(x)), 1000.0, 0.0),
        (lambda x: T.grad(T.log(1 + T.exp(x)), x), 1000.0, 1.0),
        (lambda x: T.grad(-T.log(1 / (1 + T.exp(-x))), x), -1000.0, -1.0),
        (lambda x: T.grad(T.log(T.nnet.sigmoid(x)), x), -1000.0, 1.0),
        (lambda x: T.exp(x) / (1 + T.exp(x)), 1000.0, 1.0),
        (lambda x: T.grad((T.exp(x) / (1 + T.exp(x))) ** 2, x), 40.0, 2 * np.exp(-40.0)),
        (lambda x: T.grad(T.nnet.binary_crossentropy(T.nnet.sigmoid(x), 0.0), x), 1000.0, 1.0),
    ],
)
def test_where_the_plain_formula_breaks_down_the_rewritten_one_is_right(build_, value, true):
    x = T.dscalar("x")
    assert tutor.function([x], build_(x))(value) == pytest.approx(true, rel=1e-12, abs=1e-300)


def test_log_of_softmax_never_sees_a_zero():
    x, y = T.dmatrix("x"), T.lvector("y")
    cost = -T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y])
    f = tutor.function([x, y], [cost, T.grad(cost, x)])
    value, slope = f([[1000.0, 0, 0], [0, -1000.0, 0]], [1, 1])
    assert value == pytest.approx((1000 + 1000 + np.log(2)) / 2)
    np.testing.assert_allclose(slope, [[0.5, -0.5, 0], [0.25, -0.5, 0.25]])


def test_equal_expressions_are_merged_and_the_step_says_so():
    x, y = T.dscalars("x", "y")
    steps, new = fired(T.exp(x + y), T.exp(x + y) * 2, inputs=[x, y])
    assert steps.count("merge") == 2
    assert len(toposort(new)) == 3


def test_constants_are_folded():
    x = T.dvector("x")
    steps, (new,) = fired(x * (T.constant(2.0) ** 3 + 1), inputs=[x])
    assert "constant folding" in steps
    assert [float(v.data) for v in new.owner.inputs if isinstance(v, tutor.Constant)] == [9]


def test_types_never_change_and_the_given_graph_stays():
    x = T.fvector("x")
    y = (x * 1 + 0) ** 2 / 1
    text = repr(y)
    _, (new,) = fired(y, inputs=[x])
    assert new.type is y.type
    assert repr(y) == text


def test_integers_wrap_as_they_did():
    a = T.bvector("a")
    for e in (a * 2 - a, T.neg(-a), (a + 0) * 1, a**2, a - a * 3):
        values = np.array([-128, -1, 0, 1, 127], "int8")
        np.testing.assert_array_equal(tutor.function([a], e)(values), evaluate(e, a=values))


def test_a_learners_variable_is_not_renamed():
    x = T.dscalar("x")
    inner = T.exp(x)
    y = inner * 1
    y.name = "y"
    tutor.function([x], y)
    assert inner.name is None


def test_no_assumption_is_made_unasked():
    x = T.dvector("x")
    f = tutor.function([x], [x - x, x / x, x * 0])
    for result in f([np.inf, np.nan, 0.0]):
        assert np.isnan(result[:2]).all()


@pytest.mark.parametrize("positive", [True, False])
def test_is_positive(positive):
    x = T.dscalar("x")
    cases = {
        True: [T.exp(x), 1 + T.exp(x), T.nnet.sigmoid(x) * 2, T.constant(3.0)],
        False: [x, T.exp(x) - 1, x**2, T.constant(-1.0), -T.exp(x), abs(x)],
    }
    assert all(is_positive(v) is positive for v in cases[positive])


UNARY = [
    T.exp,
    T.log,
    T.tanh,
    T.sqr,
    T.neg,
    abs,
    T.nnet.sigmoid,
    T.log1p,
    lambda v: v * 2,
    lambda v: 1 - v,
    lambda v: v**2,
    lambda v: v / 3,
    lambda v: 1 / (1 + T.exp(-v)),
    lambda v: v.sum(),
    lambda v: T.nnet.softmax(v),
]
BINARY = [T.add, T.sub, T.mul, T.true_div, T.maximum, lambda a, b: (a + b) * b / b]


@st.composite
def expressions(draw):
    x, y = T.dvector("x"), T.dvector("y")
    pool: list[Variable] = [x, y]
    for _ in range(draw(st.integers(1, 8))):
        if draw(st.booleans()):
            pool.append(
                draw(st.sampled_from(UNARY))(draw(st.sampled_from([v for v in pool if v.ndim])))
            )
        else:
            pool.append(
                draw(st.sampled_from(BINARY))(
                    draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
                )
            )
    return x, y, pool[-1]


@settings(max_examples=150, deadline=None)
@given(expressions())
def test_a_rewritten_graph_gives_the_value_of_the_unrewritten_one(case):
    x, y, e = case
    values = [np.array([0.3, 1.2, 0.7]), np.array([0.9, 0.2, 1.1])]
    options = {"on_unused_input": "ignore"}
    plain = tutor.function([x, y], e, mode="FAST_COMPILE", **options)(*values)
    fast = tutor.function([x, y], e, **options)(*values)
    keep = np.isfinite(plain) & (abs(plain) < 1e12)
    np.testing.assert_allclose(
        np.where(keep, fast, 0), np.where(keep, plain, 0), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("build", [
    lambda x: T.nnet.sigmoid(x) * T.nnet.sigmoid(x) * T.exp(-x),
    lambda x: T.exp(x) * T.exp(x) / (1 + T.exp(x)),
    lambda x: T.exp(x) / ((1 + T.exp(x)) * (1 + T.exp(x))),
    lambda x: 3.0 / ((1 + T.exp(x)) * (1 + T.exp(x))),
    lambda x: T.exp(x) * T.exp(x) * T.nnet.sigmoid(-x) * T.nnet.sigmoid(-x),
    lambda x: T.grad(T.sum(1 / (1 + T.exp(-x))), x),
    lambda x: T.grad(T.sum((1 / (1 + T.exp(-x))) ** 2), x)])
def test_a_factor_that_is_there_twice_is_exchanged_once(build):
    x = T.dvector("x")
    values = np.array([0.0, 1, -1, -2, 3.5])
    plain, fast = (tutor.function([x], build(x), mode=m) for m in ("FAST_COMPILE", "FAST_RUN"))
    np.testing.assert_allclose(fast(values), plain(values), rtol=1e-12)


@pytest.mark.parametrize("form, number", [
    (lambda w, g: w - 0.1 * (0.02 * w + g), 0.998), (lambda w, g: w - 0.1 * (g + 0.02 * w), 0.998),
    (lambda w, g: w + 0.1 * (0.02 * w - g), 1.002), (lambda w, g: w + 0.1 * (0.02 * w + g), 1.002),
    (lambda w, g: w - 0.1 * (0.02 * w - g), 0.998)])
def test_a_weight_that_decays_is_multiplied_once(form, number):
    w, g = T.dvectors("w", "g")
    assert "decay" in fired(form(w, g), inputs=[w, g])[0]
    values = np.random.default_rng(0).normal(size=(2, 9))
    f = tutor.function([w, g], form(w, g))
    np.testing.assert_allclose(f(*values), form(*values), rtol=1e-12)
    assert str(number) in f.source
    big = tutor.function([w, g], w - 0.9 * (3.0 * w + g))
    assert "decay" not in big.rewrites.counts


@pytest.mark.parametrize("step, most", [
    (lambda y, x: T.exp(T.sin(y)), 0), (lambda y, x: T.tanh(y * 1.5), 1),
    (lambda y, x: y * x / (1 + x), 8),
])
def test_few_rules_are_tried_where_none_applies(step, most, monkeypatch):
    tried = []
    replacement = engine.replacement
    monkeypatch.setattr(engine, "replacement", lambda *row: tried.append(row) or replacement(*row))
    x = T.dvector("x")
    y = x
    for _ in range(100):
        y = step(y, x)
    tutor.function([x], y)
    assert len(tried) <= 100 * most


def test_a_long_chain_of_quotients_is_an_ordinary_graph():
    x, a = T.dvectors("x", "a")
    y = x
    for _ in range(500):  # 1,500 operations, more than Python's calls go deep
        y = y / (1 + T.exp(a)) * x
    f = tutor.function([x, a], y)
    np.testing.assert_allclose(f([1.0], [-1000.0]), [1.0])
