"""Programs with state do the same in every mode: values, dtypes, shapes, what is stored, and that
nobody's array is anybody else's.
"""

import copy
import pickle

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import In, Out
from tutor.ops.checks import as_op

pytestmark = pytest.mark.filterwarnings("ignore::tutor.errors.NotCompiledWarning")
N = 20_000
MODES = ["FAST_COMPILE", "DebugMode", "NanGuardMode", "jax", "profile"]


def swapped(f, s):
    a, b = s(np.arange(3.0)), s(np.ones(3))
    step = f([], [a, b], updates=[(a, b), (b, a)])
    return [*step(), *step(), a.get_value(), b.get_value()]


def views(f, s):
    a, b = s(np.arange(4.0)), s(np.ones(4))
    found = f([], [a[::-1], a.T], updates=[(a, a[::-1]), (b, a[:2])])()
    a.get_value(borrow=True)[0] = 99 if a.get_value(borrow=True).flags.writeable else 0
    return [*found, b.get_value()]


def by_an_argument(f, s):
    x, a, b = T.dvector("x"), s(np.zeros(4)), s(np.zeros((2, 2)))
    step, given = f([x], x, updates=[(a, x), (b, x.reshape((2, 2)))]), np.ones(4)
    found = step(given)
    given[:] = 7
    return [found, a.get_value(), b.get_value()]


def by_a_constant(f, s):
    c = T.constant(np.ones(3))
    a = s(np.zeros(3))
    step = f([], [c, a], updates=[(a, c)])
    found = step()
    a.get_value(borrow=True)
    found[0][:] = 5
    return [*step(), a.get_value()]


def lent(f, s):
    a = s(np.zeros(N))
    step = f([], Out(a[:5], borrow=True), updates=[(a, a + T.exp(a * 0))])
    return [step(), step(), a.get_value()[:3]]


def given(f, s):
    a, b, x = s(2.0), s(5.0), T.dscalar("x")
    return [f([x], a * x + a, givens={a: x * 10})(3.0),
            f([], a + b, givens=[(a, b)], updates={a: a + 1, b: b * 2})(), a.get_value(),
            b.get_value()]


def by_default(f, s):
    a, b = s(1), s(10)
    a.default_update = a + 1
    found = f([], [a, b], updates={b: b + a})()
    return [*found, f([], a, no_default_updates=True)(), f([], a, no_default_updates=[a])(),
            a.get_value(), b.get_value()]


def kept(f, s):
    x, total = T.dscalar("x"), T.dscalar("total")
    add = f([x, In(total, value=0.0, update=total + x)], total)
    return [add(2.0), add(3.0), add[total], add(1.0, 10.0), add[total]]


def grown(f, s):
    a, b = s(np.ones(2)), s(np.zeros((0, 3)))
    step = f([], [a.sum(), b.sum(0)],
             updates={a: T.concatenate([a, a]), b: T.concatenate([b, T.ones((1, 3))])})
    return [*step(), *step(), a.get_value(), b.get_value()]


def of_all_kinds(f, s):
    a, b, c = s(np.array([True, False])), s(np.int8(100)), s(1 + 2j)
    d, e = s(np.ones((1, 3)), broadcastable=(True, False)), s(np.float32(0.1))
    m = T.dmatrix("m")
    found = f([m], [a, b, c, d + m, e], updates={
        a: ~a, b: b + b, c: c * c, d: T.addbroadcast(d * 2, 0), e: e * 3})(np.ones((2, 3)))
    return [*found, *[v.get_value() for v in (a, b, c, d, e)]]


def shared_out(f, s):
    a, x = s(np.ones(2)), T.dvector("x")
    y = x + a
    found = f([x], {"b": y, "a": y, "c": a})([1, 2])
    found["b"][0] = found["c"][0] = 100
    return [found["a"], found["b"], a.get_value()]


def copied(f, s):
    a, b = s(np.ones(2), "a"), s(np.zeros(2), "b")
    step = f([], a, updates={a: a + 1})
    twins = [step.copy(), copy.copy(step), copy.deepcopy(step), pickle.loads(pickle.dumps(step))]
    swap = step.copy(swap={a: b})
    found = [step(), *[np.asarray(twin()).ravel() for twin in (*twins, *twins)], swap()[0]]
    return [*found, a.get_value(), b.get_value(), step.copy(delete_updates=True)()[0],
            a.get_value()]


def of_itself(f, s):
    a, b, c = s(np.arange(6.0)), s(np.arange(float(N))), s(np.ones(N))
    step = f([], [a[0], b[1]], updates=[(a, T.set_subtensor(a[1:], a[:-1])),
                                        (b, T.set_subtensor(b[1:], b[:-1]) + c * 0), (c, c + b)])
    return [*step(), *step(), a.get_value(), b.get_value()[:4], c.get_value()[:4]]


def failing(f, s):
    @as_op([T.dvector], [T.dvector])
    def small(v):
        if v[0] > 2:
            raise RuntimeError("too large")
        return v * 2

    a, k, x = s(np.zeros(N)), s(0), T.dvector("x")
    step = f([x], small(x), updates={a: a + T.exp(a * 0) * small(x).sum(), k: k + 1})
    found = step([1.0])
    with pytest.raises(Exception, match="too large"):
        step([3.0])
    return [found, a.get_value()[:2], k.get_value()]


class WritesOver(tutor.Op):
    """An op that adds 1 to its input where it lies, and says so."""

    __props__ = ()
    destroy_map = {0: [0]}  # noqa: RUF012

    def make_node(self, v):
        return tutor.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, storage):
        inputs[0] += 1
        storage[0][0] = inputs[0]


def written_over(f, s):
    a, x, mine = s(np.zeros(3)), T.dvector("x"), np.zeros(3)
    found = f([x], [WritesOver()(a), WritesOver()(x) + x])(mine)
    return [*found, a.get_value(), mine]


PROGRAMS = [swapped, views, by_an_argument, by_a_constant, lent, given, by_default, kept, grown,
            of_all_kinds, shared_out, copied, of_itself, failing, written_over]


def results(program, mode):
    def f(inputs, outputs, **more):
        options = {"profile": True} if mode == "profile" else {"mode": mode}
        return tutor.function(inputs, outputs, **options, **more)

    return [(v.dtype, v.shape, v.tolist()) for v in map(np.asarray, program(f, tutor.shared))]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_with_state_does_the_same_in_every_mode(program, mode):
    if mode == "jax":
        pytest.importorskip("jax")
    assert results(program, mode) == results(program, None)


def test_what_they_do():
    assert [v for *_, v in results(by_an_argument, None)] == [[1] * 4, [1] * 4, [[1, 1], [1, 1]]]
    assert [v for *_, v in results(given, None)] == [120, 10, 6, 10]  # in updates too
    assert [v for *_, v in results(written_over, None)] == [[1] * 3, [1] * 3, [0] * 3, [0] * 3]
    assert [v for *_, v in results(kept, None)] == [0, 2, 5, 10, 11]
