"""Exercises: right answers of every make, wrong ones with a remark that fits, nothing changed.

An exercise has five right answers and three wrong ones here. Each is checked twice, and a function
once more after it was called; a check calls a copy, so that the learner's state stays as it is.
"""

import json

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.function import Function
from tutor.course import check
from tutor.course.checks import judged, key_of
from tutor.course.exercises import EXERCISES
from tutor.course.written import read, written


def of(type_, build, name=None):
    """An expression of one variable, made anew at each call."""
    return lambda: build(type_(name) if name else type_())


def fn(types, build, **options):
    """A compiled function of variables of these types."""
    def made():
        inputs = [type_() for type_ in types]
        return tutor.function(inputs, build(*inputs), **options)
    return made


def named(v, name):
    v.name = name
    return v


def line(givens, inputs=(T.dscalar,), formula=lambda x, y, *c: x * 2 + y):
    """A function compiled from x * 2 + y, with what `givens` says of x, y and the inputs."""
    def made():
        x, y, *given = T.dscalar("x"), T.dscalar("y"), *[type_() for type_ in inputs]
        return tutor.function(given, formula(x, y, *given), givens=givens(x, y, *given))
    return made


DATA = np.array([1.0, 2.0, 10.0, 20.0, 100.0, 200.0])


def pair(givens, output=lambda v, pairs, i: T.sum(v), data=lambda: tutor.shared(DATA, "pairs")):
    def made():
        pairs, v, i = data(), T.dvector("v"), T.lscalar("i")
        return tutor.function([i], output(v, pairs, i), givens=givens(v, pairs, i))
    return made


def scaled(build, value=(1.0, 2.0, 3.0), type_=T.dscalar):
    def made():
        b, x = tutor.shared(np.array(value), "b"), type_("x")
        return tutor.function([x], build(b, x))
    return made


def state(start, new, output=lambda s, *x: s, inputs=()):
    """A function that gives a shared variable, and puts a new value in its place."""
    def made():
        s, given = tutor.shared(start), [type_() for type_ in inputs]
        return tutor.function(given, output(s, *given), updates={s: new(s, *given)})
    return made


def by_default_update():
    total, x = tutor.shared(0.0), T.dscalar("x")
    total.default_update = total + x
    return tutor.function([x], total, on_unused_input="ignore")


def played_with():
    total, x = tutor.shared(0.0), T.dscalar("x")
    add = tutor.function([x], total, updates=[(total, total + x)])
    add(3.0)
    total.set_value(7.0)
    return add


def kept_argument():
    x, total = T.dscalar("x"), T.dscalar("total")
    return tutor.function([x, tutor.In(total, value=0.0, update=total + x)], total)


def ball(rule, start=0.0):
    def made():
        c = tutor.shared(start, "c")
        cost = (c - 3) ** 2
        return tutor.function([], cost, updates=rule(c, cost))
    return made


def rolled(late=False, keep=0.5, rate=0.25, slope=T.grad):
    """The updates of momentum, written out."""
    def rule(c, cost):
        v = tutor.shared(0.0, "v")
        new = keep * v - rate * slope(cost, c)
        return {v: new, c: c + (v if late else new)}
    return rule


def squares(x, y):
    return x**2 + y**2


def curve(x):
    return x**3 - 2 * x


def slope_twice(f):
    return lambda x: T.grad(T.grad(f(x), x), x)


D, V = T.dscalar, T.dvector

RIGHT = {
    "00-1": [lambda: 6, lambda: 6.0, lambda: np.int64(6), lambda: np.array(6), lambda: 2 * 3],
    "01-1": [
        lambda: T.fmatrix("m"), lambda: T.matrix("m", dtype="float32"),
        lambda: T.TensorType("float32", (False, False))("m"), lambda: named(T.fmatrix(), "m"),
        lambda: T.fmatrices("m", "n")[0]],
    "01-2": [
        lambda: T.icol("c"), lambda: T.col("c", dtype="int32"), lambda: named(T.icol(), "c"),
        lambda: T.TensorType("int32", (False, True))("c"), lambda: T.icols("c", "d")[0]],
    "02-1": [
        of(D, lambda x: x + 0.5 * x * x, "x"), of(D, lambda x: x + x**2 / 2, "x"),
        of(D, lambda x: (x**2 + 2 * x) / 2, "x"), of(D, lambda x: x * (1 + x / 2)),
        of(D, lambda x: T.add(x, T.sqr(x) * 0.5), "x")],
    "02-2": [
        of(V, lambda v: T.sqrt(T.sum(v**2)), "v"), of(V, lambda v: (v**2).sum() ** 0.5, "v"),
        of(V, lambda v: T.sqrt(T.dot(v, v))), of(V, lambda v: v.norm(2), "v"),
        of(V, lambda v: np.sqrt((v * v).sum()), "v")],
    "03-1": [
        fn([D, D], squares), fn([D, D], lambda x, y: x * x + y * y, mode="FAST_COMPILE"),
        fn([D, D], lambda x, y: T.sum(T.stack([x, y]) ** 2)),
        fn([D, D], lambda x, y: T.sqr(x) + T.sqr(y), name="f"),
        fn([D, D], lambda x, y: (x + y) ** 2 - 2 * x * y)],
    "03-2": [
        fn([V], lambda v: [T.mean(v), T.max(v) - T.min(v)]),
        fn([V], lambda v: (v.mean(), v.max() - v.min())),
        fn([V], lambda v: [T.sum(v) / v.size, T.ptp(v)]),
        fn([V], lambda v: [v.sum() / v.shape[0], T.sort(v)[-1] - T.sort(v)[0]]),
        fn([V], lambda v: [T.mean(v), T.max(v) + T.max(-v)])],
    "04-1": [
        line(lambda x, y, c: [(x, c**2), (y, 1)]), line(lambda x, y, c: {x: c**2, y: 1}),
        line(lambda x, y, c: {y: 1.0, x: c * c}),
        line(lambda x, y, c: ((x, T.sqr(c)), (y, T.constant(1.0)))),
        line(lambda x, y, c: {x: c**2, y: 1}, formula=lambda x, y, c: y + 2 * x)],
    "04-2": [
        pair(lambda v, pairs, i: {v: pairs[2 * i : 2 * i + 2]}),
        pair(lambda v, pairs, i: [(v, pairs[i * 2 : (i + 1) * 2])]),
        pair(lambda v, pairs, i: {v: pairs.reshape((-1, 2))[i]}),
        pair(lambda v, pairs, i: {v: pairs[2 * i :][:2]}, lambda v, pairs, i: v.sum()),
        pair(lambda v, pairs, i: {v: T.stack([pairs[2 * i], pairs[2 * i + 1]])})],
    "05-1": [
        of(D, lambda x: 3 * x**2 - 2, "x"), of(D, lambda x: 3 * x * x - 2, "x"),
        of(D, lambda x: -2 + x**2 * 3), of(D, lambda x: 3 * T.sqr(x) - 2, "x"),
        of(D, lambda x: sum(n * k * x ** (n - 1) for n, k in ((3, 1), (1, -2))), "x")],
    "05-2": [
        of(D, slope_twice(lambda x: T.sin(x) * x), "x"),
        of(D, slope_twice(lambda x: x * T.sin(x))),
        of(D, lambda x: 2 * T.cos(x) - x * T.sin(x), "x"),
        of(D, lambda x: T.grad(T.sin(x) + x * T.cos(x), x), "x"),
        of(D, lambda x: T.Rop(T.grad(T.sin(x) * x, x), x, T.constant(1.0)), "x")],
    "06-1": [
        scaled(lambda b, x: T.sum(b * x)), scaled(lambda b, x: (x * b).sum()),
        scaled(lambda b, x: x * T.sum(b)), scaled(lambda b, x: T.dot(b, T.ones_like(b)) * x),
        scaled(lambda b, x: T.sum(b * x), value=(1, 2, 3))],
    "07-1": [
        state(0.0, lambda s, x: s + x, inputs=[D]), state(0.0, lambda s, x: x + s * 1, inputs=[D]),
        by_default_update, played_with,
        state(np.array(0.0), lambda s, x: s + x, lambda s, x: s * 1, inputs=[D])],
    "07-2": [
        state(1.0, lambda r: (r + 2 / r) / 2), state(1.0, lambda r: 0.5 * (2 / r + r)),
        state(1.0, lambda r: r / 2 + 1 / r), state(1.0, lambda r: T.mean(T.stack([r, 2 / r]))),
        state(1.0, lambda r: r - (r**2 - 2) / (2 * r))],
    "08-1": [lambda: 0.1, lambda: 1 / 10, lambda: np.float64(0.1), lambda: np.array(0.1),
             lambda: 0.3 - 0.2],
    "08-2": [lambda: 0.2, lambda: 1 / 5, lambda: 2 * 0.1, lambda: np.array(0.2),
             lambda: np.float64(0.2)],
    "09-1": [
        of(V, lambda p: T.log(p / (1 - p)), "p"), of(V, lambda p: T.log(p) - T.log(1 - p)),
        of(V, lambda p: -T.log(1 / p - 1), "p"), of(V, lambda p: T.log(p) - T.log1p(-p), "p"),
        of(V, lambda p: 2 * T.arctanh(2 * p - 1), "p")],
    "09-2": [lambda: 650, lambda: 64 * 10 + 10, lambda: 650.0, lambda: np.array(650),
             lambda: np.zeros((64, 10)).size + 10],
    "10-1": [
        ball(rolled()), ball(rolled(slope=lambda cost, c: 2 * (c - 3))),
        ball(lambda c, cost: tutor.optimizers.momentum(cost, c, 0.25, 0.5)),
        ball(lambda c, cost: list(rolled()(c, cost).items())), ball(rolled(), np.array(0.0))],
    "10-2": [lambda: 0.1, lambda: 1 / 10, lambda: np.float64(0.1), lambda: np.array(0.1),
             lambda: 0.1 * 1000 / np.sqrt(1000**2)],
}  # fmt: skip

WRONG = {
    "00-1": [(lambda: 7, "7 is not the value"), (lambda: "six", "It is a string"),
             (lambda: [6], "the shape (1,)")],
    "01-1": [(lambda: T.dmatrix("m"), "a TensorType(float64, matrix)"),
             (lambda: T.fmatrix("M"), "Its name is 'M'"), (lambda: T.fmatrix(), "has no name")],
    "01-2": [(lambda: T.irow("c"), "TensorType(int32, row)"),
             (lambda: T.lcol("c"), "TensorType(int64, col)"), (lambda: T.icol, "call it to make")],
    "02-1": [(of(D, lambda x: x + x**2, "x"), "At x = -2 it gives 2."),
             (lambda: T.dscalar("x") + T.dscalar("x") ** 2 / 2, "two variables called x"),
             (of(T.fscalar, lambda x: x + x**2 / 2, "x"), "Its x is a TensorType(float32")],
    "02-2": [(of(V, lambda v: T.sqrt(T.sum(v)), "v"), "At v = [3., 4.] it gives 2.64575"),
             (of(V, lambda v: T.sum(v**2), "v"), "it gives 25."),
             (of(V, lambda v: T.sqrt(v**2), "v"), "it gives [3., 4.]")],
    "03-1": [(lambda: squares(D("x"), D("y")), "It is a variable, and the answer is a compiled"),
             (fn([D, D], lambda x, y: (x + y) ** 2), "Called with (3, 4) it gives 49."),
             (fn([T.fscalar, T.fscalar], squares), "a TensorType(float64, scalar) is asked for")],
    "03-2": [(fn([V], lambda v: [T.mean(v), v[-1] - v[0]]),
              "it gives [1.5, -2], and [1.5, 12] is right."),
             (fn([V], lambda v: T.stack([T.mean(v), T.ptp(v)])), "a single result, and a list is"),
             (fn([V], lambda v: [T.max(v) - T.min(v), T.mean(v)]), "it gives [5, 3].")],
    "04-1": [(line(lambda x, y, c: [], formula=lambda x, y, c: c**2 * 2 + 1),
              "givens put in nothing"),
             (line(lambda x, y, c: {y: 1}, formula=lambda x, y, c: c**2 * 2 + y),
              "givens put in y"),
             (line(lambda x, y, c: {x: c, y: 1}), "Called with (3) it gives 7.")],
    "04-2": [(pair(lambda v, pairs, i: {v: pairs[i : i + 2]}),
              "Called with (1) it gives 12. Pair number i begins at"),
             (pair(lambda v, pairs, i: {}, lambda v, pairs, i: T.sum(pairs[2 * i : 2 * i + 2])),
              "givens put in nothing"),
             (pair(lambda v, pairs, i: {v: pairs[2 * i : 2 * i + 2]},
                   data=lambda: T.constant(DATA)), "reads no shared variable")],
    "05-1": [(of(D, lambda x: T.grad(curve(x), x), "x"), "It was made by T.grad"),
             (of(D, lambda x: 3 * x**2 - 2 * x, "x"), "At x = -2 it gives 16."),
             (lambda: 10.0, "It is a number, and the answer is an expression of x")],
    "05-2": [(of(D, lambda x: T.grad(T.sin(x) * x, x), "x"), "At x = -2 it gives"),
             (of(D, slope_twice(T.sin), "x"), "At x = -2 it gives 0.909297."),
             (lambda: slope_twice(lambda t: T.sin(t) * t)(D("t")), "It needs t")],
    "06-1": [(scaled(lambda b, x: 6 * x + 0 * b[0]), "does not follow prices"),
             (fn([D], lambda x: 6 * x), "reads no shared variable"),
             (scaled(lambda b, x: b * x), "Called with (2) it gives [2., 4., 6.]")],
    "07-1": [(state(0.0, lambda s, x: s + x, lambda s, x: s + x, [D]), "(5) it gives 5."),
             (state(1.0, lambda s, x: s + x, inputs=[D]), "Called with (5) it gives 1."),
             (kept_argument, "reads no shared variable")],
    "07-2": [(state(1.0, lambda r: (r + 2 / r) / 2, lambda r: (r + 2 / r) / 2),
              "The first call gives 1.5"),
             (state(2.0, lambda r: (r + 2 / r) / 2), "starts from 2.0, and 1.0 is asked for"),
             (state(1.0, lambda r: r + 1 / r / 2),
              "The third call gives 1.83333, and 1.41667 is right.")],
    "08-1": [(lambda: 0.05, "0.05 is not the value"), (lambda: tutor.shared(0.1), "a variable"),
             (lambda: 0.2, "0.2 is not the value")],
    "08-2": [(lambda: 0.1, "0.1 is not the value"), (lambda: "0.2", "It is a string"),
             (lambda: 1, "1 is not the value")],
    "09-1": [(of(V, T.nnet.sigmoid, "p"), "the way there, from z to p"),
             (of(V, lambda p: T.log((1 - p) / p), "p"), "It is the negative of"),
             (of(V, lambda p: p / (1 - p), "p"), "the odds, e^z")],
    "09-2": [(lambda: 640, "640 is not the value"), (lambda: (64, 10), "the shape (2,)"),
             (lambda: 6500, "6500 is not the value")],
    "10-1": [(ball(lambda c, cost: tutor.optimizers.sgd(cost, c, 0.25)),
              "The third call gives 0.5625."),
             (ball(rolled(late=True)), "used the old v"),
             (ball(lambda c, cost: tutor.optimizers.nesterov(cost, c, 0.25, 0.5)), "0.5625.")],
    "10-2": [(lambda: 100, "100 is not the value"), (lambda: 1000.0, "1000 is not the value"),
             (lambda: "rate", "It is a string")],
}  # fmt: skip


def numbered(table):
    return [pytest.param(name, answer, id=f"{name}, {i + 1}")
            for name, answers in table.items() for i, answer in enumerate(answers)]


def values(answer):
    used = answer.get_shared() if isinstance(answer, Function) else []
    return {v: v.get_value() for v in used}


def called(f):
    """A function that was called, with ones for its arguments, three times."""
    for _ in range(3):
        f(*[np.ones((2,) * v.ndim, v.dtype) for v in f.inputs])


def test_each_of_these_exercises_has_five_right_answers_and_three_wrong_ones():
    assert {name: len(answers) for name, answers in RIGHT.items()} == dict.fromkeys(WRONG, 5)
    assert {*map(len, WRONG.values())} == {3}


@pytest.mark.parametrize(("name", "make"), numbered(RIGHT))
def test_a_right_answer_is_right_each_time_and_stays_as_it_is(name, make):
    answer = make()
    before = values(answer)
    for _ in range(2):
        verdict = check(name, answer)
        assert verdict.right, verdict
    assert all(np.array_equal(v.get_value(), value) for v, value in before.items())
    if isinstance(answer, Function):
        called(answer)
        before = values(answer)
        verdict = check(name, answer)
        assert verdict.right, verdict
        assert all(np.array_equal(v.get_value(), value) for v, value in before.items())


@pytest.mark.parametrize(("name", "case"), numbered(WRONG))
def test_a_wrong_answer_is_told_what_is_wrong_with_it(name, case):
    make, remark = case
    answer = make()
    before = values(answer)
    for _ in range(2):
        verdict = check(name, answer)
        assert verdict.right is False
        assert remark in verdict.text, verdict
    assert all(np.array_equal(v.get_value(), value) for v, value in before.items())


@pytest.mark.parametrize(("name", "make"), numbered(RIGHT))
def test_a_right_answer_is_right_in_another_process_too(name, make):
    assert judged(key_of(EXERCISES[name]), again(make())) is None


@pytest.mark.parametrize(("name", "case"), numbered(WRONG))
def test_a_wrong_answer_is_told_the_same_in_another_process(name, case):
    make, _ = case
    key, answer = key_of(EXERCISES[name]), make()
    assert judged(key, again(answer)) == judged(key, answer)


def again(answer):
    """The answer as it comes back from a file."""
    return read(json.loads(json.dumps(written(answer), allow_nan=False)))


def test_a_check_of_another_signature_changes_nothing_and_says_so():
    total, x, y = tutor.shared(0.0), D("x"), D("y")
    answer = tutor.function([x, y], total, updates={total: total + x + y})
    verdict = check("07-1", answer)
    assert "It takes 2 arguments, and 1 is asked for" in verdict.text
    assert total.get_value() == 0


def test_draws_in_an_answer_leave_the_generator_where_it_was():
    random = T.shared_randomstreams.RandomStreams(3)
    x = D("x")
    draw = random.normal(())
    for name, answer in (("02-1", x + draw), ("07-1", tutor.function([x], x + draw))):
        before = draw.rng.get_value().get_state()
        assert "gives" in check(name, answer).text
        assert repr(draw.rng.get_value().get_state()) == repr(before)


def test_an_assertion_of_a_wrong_answer_says_what_is_wrong():
    with pytest.raises(AssertionError, match=r"Not yet. At x = -2 .* -8, and 10 is right. A hint"):
        exec('assert check("05-1", x**3)', {"check": check, "x": D("x")})
    with pytest.raises(AssertionError, match="Exercise 05-1"):
        exec('assert check("05-1")', {"check": check})
    with pytest.raises(AssertionError, match=r"^my own words$"):
        exec('assert check("05-1", 3), "my own words"', {"check": check})
    exec('assert not check("05-1", 3)', {"check": check})
    exec('assert not check("05-1", 3) and not bool(check("05-1", 3))', {"check": check})


@pytest.mark.parametrize(("name", "fix"), [
    *[(name, "Write the name in quotes") for name in ([], {}, 5, None, 5 - 1, D("x"))],
    ("5-1", r"Choose one of 05-1, 05-2, 05-\d"), ("5", r"Choose one of 05-1, 05-2, 05-\d"),
    ("first", "Choose one of 00-1, 01-1"), ("99-1", "Choose one of 00-1, 01-1")])
def test_what_is_no_exercise_is_one_error(name, fix):
    with pytest.raises(ValueError, match=rf"there is no exercise (.*\n)+.*{fix}"):
        check(name, 3)
    with pytest.raises(ValueError, match=r"The name comes first: check\(.05-1., answer\)"):
        check(name, "05-1")


def test_what_is_left_over_from_an_earlier_cell_is_read_as_it_is():
    x, t, k, b = V("x"), V("t"), tutor.shared(0.0, "k"), tutor.shared(0.0, "b")
    cost = T.mean((k * x + b - t) ** 2)
    step = tutor.function([x, t], cost, updates={k: k - 0.1 * T.grad(cost, k)})
    b.set_value(-1.0)
    assert "It reads k and b: is each of them asked for?" in check("08-3", step).text
    total = scaled(lambda b, x: T.sum(b * x))()
    assert check("06-1", total).right
    total.get_shared()[0].set_value([4.0, 5.0])
    assert check("06-1", total).right
    total, x = tutor.shared(7.0), D("x")
    total.set_value(0.0)
    assert check("07-1", tutor.function([x], total, updates={total: total + x})).right


@pytest.mark.parametrize(("name", "make", "asked"), [
    ("03-2", fn([T.fvector], lambda v: [T.mean(v), T.max(v) - T.min(v)]), "(float64, vector)"),
    ("06-1", scaled(lambda b, x: T.sum(b * x), type_=T.fscalar), "(float64, scalar)"),
    ("03-1", fn([D], lambda x: x**2), "2 are asked for"),
    ("03-1", fn([D, D], lambda x, y: [x**2 + y**2]), "It gives a list, and a single result"),
    ("07-2", state(1.0, lambda r, x: (r + 2 / r) / 2 + 0 * x, inputs=[D]), "none is asked for"),
])
def test_arguments_are_those_that_the_question_asks_for(name, make, asked):
    assert f"{asked}" in check(name, make()).text
