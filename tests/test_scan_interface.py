"""What programs may pass to `scan` and get from it: forms of arguments, updates, random streams."""

import re

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError, DTypeError, MissingInputError, TutorError
from tutor.loops import OrderedUpdates, until
from tutor.tensor.shared_randomstreams import RandomStreams

ZERO = T.constant(0.0, dtype="float64")


def test_one_step_needs_no_loop_and_is_stacked_all_the_same():
    x = T.dmatrix("x")
    for n in (1, np.int64(1), T.constant(1)):
        (rows, total), updates = tutor.scan(
            lambda r, s: [r * 2, s + r.sum()], x, [None, ZERO], n_steps=n
        )
        assert rows.ndim == 2 and total.ndim == 1 and not updates
        f = tutor.function([x], [rows, total, T.grad(total[-1], x)])
        a, b, g = f([[1.0, 2.0], [3.0, 4.0]])
        assert a.tolist() == [[2, 4]] and b.tolist() == [3] and g.tolist() == [[1, 1], [0, 0]]


def test_the_initial_rows_are_the_first_of_those_given():
    start = T.dvector("start")
    found, _ = tutor.scan(
        lambda a, b: a + b, outputs_info={"initial": start, "taps": [-2, -1]}, n_steps=3
    )
    f = tutor.function([start], [found, T.grad(found[-1], start)])
    found, slope = f([1.0, 1.0, 50.0, 60.0])
    assert found.tolist() == [2, 3, 5] and slope.tolist() == [2, 3, 0, 0]


def test_forms_of_arguments():
    x = T.dvector("x")
    expected = [3.0, 8.0]
    for sequences in (x, [x], (x,), {"input": x}, {"input": x, "taps": 0}):
        for info in (ZERO, [ZERO], (ZERO,), {"initial": ZERO}, [{"initial": ZERO, "taps": [-1]}]):
            found, _ = tutor.scan(lambda v, s, k: s + v * k, sequences, info, np.float64(1.0))
            assert tutor.function([x], found)([3.0, 5.0]).tolist() == expected
    listed, _ = tutor.scan(lambda v: v, x, return_list=True)
    assert type(listed) is list and len(listed) == 1


@pytest.mark.parametrize(
    "returned",
    [
        lambda v, c: (v, {c: c + 1}),
        lambda v, c: ([v], {c: c + 1}),
        lambda v, c: ([v], [(c, c + 1)]),
        lambda v, c: ({c: c + 1}, v),
        lambda v, c: [v, {c: c + 1}, until(v > 99)],
        lambda v, c: ([v], OrderedUpdates({c: c + 1}), until(v > 99)),
    ],
)
def test_forms_of_what_a_step_returns(returned):
    x, c = T.dvector("x"), tutor.shared(0, "c")
    found, updates = tutor.scan(lambda v: returned(v, c), x)
    f = tutor.function([x], found, updates=updates)
    assert f([1.0, 2.0]).tolist() == [1, 2] and c.get_value() == 2


def test_only_updates():
    c = tutor.shared(1.0)
    found, updates = tutor.scan(lambda: {c: c * 2}, n_steps=5)
    tutor.function([], [], updates=updates)()
    assert found is None and c.get_value() == 32


def test_updates_are_added_and_do_not_contradict():
    a, b = tutor.shared(1, "a"), tutor.shared(1, "b")
    _, first = tutor.scan(lambda: {a: a + 1}, n_steps=2)
    _, second = tutor.scan(lambda: {b: b + 1}, n_steps=3)
    both = first + second
    both.update({a: first[a]})
    tutor.function([], [], updates=both + {})()
    assert (a.get_value(), b.get_value()) == (3, 4)
    with pytest.raises(KeyError):
        both + {a: a + 5}
    with pytest.raises(DTypeError, match="not shared"):
        first[T.dscalar("x")] = a


def test_a_step_that_learns():
    rows, targets = T.dmatrix("rows"), T.dvector("targets")
    w = tutor.shared(np.zeros(2), "w")

    def step(row, target):
        cost = (T.dot(row, w) - target) ** 2
        return cost, {w: w - 0.1 * T.grad(cost, w)}

    costs, updates = tutor.scan(step, [rows, targets])
    train = tutor.function([rows, targets], costs, updates=updates)
    X, y = np.random.RandomState(0).rand(5, 2), np.arange(5.0)
    now = np.zeros(2)
    for _ in range(3):
        found = train(X, y)
        for row, target, cost in zip(X, y, found, strict=True):
            assert cost == pytest.approx((row @ now - target) ** 2)
            now = now - 0.1 * 2 * (row @ now - target) * row
        np.testing.assert_allclose(w.get_value(), now)


def test_a_stream_inside_moves_on_by_the_updates_that_come_back():
    u = RandomStreams(123).uniform((2,))
    state = np.random.RandomState(int(np.random.RandomState(123).randint(2**30)))
    found, updates = tutor.scan(lambda v: v + u, T.arange(3.0))
    f = tutor.function([], found, updates=updates)
    for _ in range(2):
        np.testing.assert_allclose(f(), state.uniform(size=(3, 2)) + np.arange(3)[:, None])
    assert list(updates) == [u.rng]


def test_without_its_updates_a_stream_moves_on_by_one_draw():
    u = RandomStreams(123).uniform((2,))
    found, _ = tutor.scan(lambda: u, n_steps=4)
    f = tutor.function([], found)
    first, second = f(), f()
    np.testing.assert_array_equal(first[1:], second[:-1])  # as in Theano
    still = tutor.function([], found, no_default_updates=True)
    np.testing.assert_array_equal(still(), still())


def test_a_draw_that_is_passed_in_is_drawn_once():
    u = RandomStreams(123).uniform((2,))
    found, updates = tutor.scan(lambda v, u: u + 0 * v, T.arange(3.0), non_sequences=u)
    first = tutor.function([], found, updates=updates)()
    assert (first == first[0]).all() and not updates


def test_the_gradient_goes_through_the_very_draws_of_the_forward_loop():
    w = T.dscalar("w")
    streams = RandomStreams(5)
    found, updates = tutor.scan(
        lambda s, w: s * w * streams.normal((2,)), outputs_info=T.ones((2,)), non_sequences=w,
        n_steps=4,
    )  # fmt: skip
    f = tutor.function([w], [found[-1].sum(), T.grad(found[-1].sum(), w)], updates=updates)
    value, slope = f(0.7)
    assert slope == pytest.approx(4 * value / 0.7)


def test_a_state_that_stays_what_it_was_is_nobody_elses():
    s = tutor.shared(np.zeros(3))
    _, updates = tutor.scan(lambda: {s: s + 1}, n_steps=T.lscalar("n"))
    (n,) = [v for v in tutor.core.walk.graph_inputs(updates.values()) if v.name == "n"]
    f = tutor.function([n], updates[s])
    f(0)[0] = 9
    assert s.get_value().tolist() == [0, 0, 0] and f(2).tolist() == [2, 2, 2]


def test_strict_asks_for_every_shared_variable():
    w, x = tutor.shared(2.0, "w"), T.dvector("x")
    with pytest.raises(MissingInputError, match="w, which is not in non_sequences"):
        tutor.scan(lambda v: v * w, x, strict=True)
    found, _ = tutor.scan(lambda v, w: v * w, x, non_sequences=w, strict=True)
    assert tutor.function([x], found)([3.0]).tolist() == [6]


def test_how_loops_print():
    x = T.dvector("x")
    plain, _ = tutor.scan(lambda v: v, x)
    named, _ = tutor.scan(lambda v: v, x, name="lstm")
    ending, _ = tutor.scan(lambda v: (v, until(v > 3)), x)
    labels = [v.owner.op.label(v.owner) for v in (plain, named, ending)]
    assert labels == ["scan", "lstm", "scan"]
    with tutor.theano.bound():
        names = [str(v.owner.op) for v in (plain, named, ending)]
    assert names == ["for{cpu,scan_fn}", "for{cpu,lstm}", "do_while{cpu,scan_fn}"]


@pytest.mark.parametrize(
    "build, kind, words",
    [
        (lambda x: tutor.scan(lambda v: v, x, n_steps=-3), BadValueError, "-3 steps"),
        (lambda x: tutor.scan(lambda s: s, None, {"initial": x, "taps": [-1, -1]}, n_steps=2),
         BadValueError, "different steps"),
        (lambda x: tutor.scan(lambda s: s, None, {"taps": [-1]}, n_steps=2),
         BadValueError, "no initial value"),
        (lambda x: tutor.scan(lambda s: s, None, {"initial": ZERO, "taps": [-2]}, n_steps=2),
         BadValueError, "need 2 earlier"),
        (lambda x: tutor.scan(lambda s: s, None, {"initial": x, "return_steps": 1}, n_steps=2),
         BadValueError, "all steps"),
        (lambda x: tutor.scan(lambda: {tutor.shared(0): x.sum()}, n_steps=2), DTypeError, "update"),
        (lambda x: tutor.scan(lambda v: v, x, n_steps=9)[0].eval({x: [1.0]}),
         BadValueError, "asked for 9 steps"),
        (lambda x: tutor.scan(lambda i: T.arange(i), T.arange(3))[0].eval(),
         BadValueError, "shape"),
    ],
)  # fmt: skip
def test_what_is_wrong(build, kind, words):
    assert issubclass(kind, TutorError)
    with pytest.raises(kind, match=words):
        build(T.dvector("x"))


def test_strict_lets_random_streams_in() -> None:
    streams = tutor.tensor.shared_randomstreams.RandomStreams(1)
    w = tutor.shared(np.eye(2), "w")
    values, updates = tutor.scan(
        lambda v, w: streams.binomial(v.shape, 1, T.nnet.sigmoid(T.dot(v, w)), dtype="float64"),
        outputs_info=T.ones(2), non_sequences=w, n_steps=3, strict=True)
    assert tutor.function([], values, updates=updates)().shape == (3, 2)


def test_updates_print_as_what_they_are():
    c = tutor.shared(0, "c")
    assert repr(OrderedUpdates()) == "OrderedUpdates()"
    assert repr(OrderedUpdates({c: c + 1})) == "OrderedUpdates([(c, c + 1)])"


@pytest.mark.parametrize("n_steps", [None, 1])
def test_a_step_that_takes_another_number_of_arguments_is_told_them_in_order(n_steps):
    s, w = T.dscalar("s"), T.dmatrix("w")
    with pytest.raises(TypeError, match="calls the lambda with 3 arguments") as caught:
        tutor.scan(lambda a: a, T.dvector("x"), s, w, n_steps=n_steps)
    order = "an element x[t], an earlier value s[t-1], a non-sequence w."
    assert order in " ".join(str(caught.value).split())


def test_a_mistake_inside_of_a_step_is_not_taken_for_a_wrong_number():
    def step(v):
        return int(v, 2, 3, 4)

    with pytest.raises(TypeError, match="int"):
        tutor.scan(step, T.dvector("x"))


@pytest.mark.parametrize("kind", [TypeError, ValueError])
def test_a_state_that_changes_its_type_is_either_kind_of_error(kind):
    with pytest.raises(kind, match="becomes"):
        tutor.scan(lambda s: s + 0.5, outputs_info=[0], n_steps=3)


X, K, V, M = T.dscalar("x"), T.fscalar("k"), T.dvector("v"), T.dmatrix("m")
I, B, S = T.lscalar("i"), T.bscalar("b"), T.lvector("s")  # noqa: E741 - as they are named
CHANGING = {  # a step, what it starts with, and what else scan is told
    "int to float": (lambda a: a * 1.5, 1, {}, [1.5, 2.25, 3.375]),
    "int8 constant": (lambda a: a * 1.5, T.constant(1), {}, [1.5, 2.25, 3.375]),
    "int8 input": (lambda a: a * 1.5, B, {}, [3, 4.5, 6.75]),
    "int64 input": (lambda a: a / 2, I, {}, [1.5, 0.75, 0.375]),
    "float32": (lambda a: a * X, K, {}, [12, 48, 192]),
    "a wider integer": (lambda a: a + I, B, {}, [5, 8, 11]),
    "bool": (lambda a: ~a + 1, T.constant(True), {}, [-1, 1, -1]),
    "complex": (lambda a: a * 1j, X, {}, [4j, -4, -4j]),
    "zeros": (lambda u, a: a + u, T.zeros((), "int64"), {"sequences": V}, [1, 3, 6]),
    "two taps": (lambda a, c: (a + c) * 0.5, "taps", {}, [1.5, 1.75, 1.625]),
    "a scalar to a vector": (lambda a: a + V, X, {}, [[5, 6, 7], [6, 8, 10], [7, 10, 13]]),
    "from outside": (lambda a: V, 0.0, {}, [[1, 2, 3]] * 3),
    "to a row": (lambda r, a: a + r, 0.0, {"sequences": M}, [[0, 1], [2, 4], [6, 9]]),
    "a constant": (lambda a: T.constant(3.5), I, {}, [3.5] * 3),
}  # fmt: skip
GIVEN = {X: 4.0, K: 3, V: [1.0, 2.0, 3.0], M: np.arange(6.0).reshape(3, 2), I: 3, B: 2, S: [1, 2]}


@pytest.mark.parametrize("case", CHANGING)
def test_what_is_advised_for_a_state_that_changes_its_type_works(case):
    step, start, more, wanted = CHANGING[case]
    start = {"initial": S, "taps": [-2, -1]} if start == "taps" else start
    more = more or {"n_steps": 3}
    with pytest.raises(TypeError, match="keeps its type") as told:
        tutor.scan(step, outputs_info=start, **more)
    line = step.__code__.co_firstlineno
    assert f"a step makes it at: test_scan_interface.py, line {line}:" in str(told.value)
    advised = re.search(r"outputs_info=(.*)\.$", told.value.fix.split(" Or let")[0])
    names = {v.name: v for v in GIVEN}
    start = eval(advised[1], {"T": T, **names})
    result, _ = tutor.scan(step, outputs_info=start, **more)
    used = [v for v in tutor.core.walk.graph_inputs([result]) if v in GIVEN]
    found = tutor.function(used, result)(*[np.asarray(GIVEN[v], v.dtype) for v in used])
    np.testing.assert_allclose(found, wanted)


def test_a_state_that_loses_a_dimension_is_told_what_a_step_returns():
    with pytest.raises(TypeError, match=r"Start with a float64 scalar, as a step returns one"):
        tutor.scan(lambda a: a.sum(), outputs_info=V, n_steps=3)
    assert tutor.scan(lambda a: a.sum(), outputs_info=X, n_steps=3)[0].ndim == 1


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_a_state_that_changes_its_shape_is_told_where(mode):
    def grow(a):
        return T.concatenate([a, a])

    result, _ = tutor.scan(grow, outputs_info=V, n_steps=3)
    with pytest.raises(ValueError, match=r"shape \(6,\) in step 0 and shape \(12,\)") as told:
        tutor.function([V], result, mode=mode)([1.0, 2.0, 3.0])
    assert "return T.concatenate([a, a])" in str(told.value)
    last = tutor.function([V], result[-1])
    assert last([1.0, 2.0, 3.0]).shape == (24,)
