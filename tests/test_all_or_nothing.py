"""A call stores all its updates or none, at one moment, and sees the values of one moment: whatever
fails or interrupts it, and whatever other threads do meanwhile.
"""

import pickle
import signal
import sys
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.tensor.shared_randomstreams import RandomStreams
from tutor.theano.mrg import MRG_RandomStreams

MODES = [None, "FAST_COMPILE", "DebugMode", "jax"]
N = 100_000  # numbers: as many are written over in place


def mode_of(name):
    if name == "jax":
        pytest.importorskip("jax")
    return name


def draws(streams):
    """A draw of each distribution."""
    yield streams.uniform((3,))
    yield streams.normal((3,))  # an odd number: the generator keeps the fourth
    if isinstance(streams, RandomStreams):
        yield streams.binomial((3,), 10, 0.5)
        yield streams.random_integers((3,), 0, 99)
        yield streams.poisson((3,), 4.0)
        yield streams.choice((3,), 99)
        yield streams.permutation((), 3)
        yield streams.multinomial((), 9, [0.2, 0.3, 0.5])


def in_words(value):
    return pickle.dumps(value)


def stateful(name):
    """(what draws, the shared variables) of a program with state of a kind."""
    if name == "scan":
        streams = RandomStreams(3)
        rows, updates = tutor.scan(lambda: streams.normal((3,)) + streams.uniform((3,)), n_steps=3)
        return [rows.sum(0)], updates
    if name == "nested":
        streams = RandomStreams(3)
        u = streams.uniform((3,))
        return [tutor.OpFromGraph([u], [u * 2])(u)], {}
    if name == "twice":
        rng = tutor.shared(np.random.RandomState(3))
        from tutor.ops.random import normal, uniform

        middle, a = normal(rng, (3,))
        last, b = uniform(middle, (3,))
        return [a, b], {rng: last}
    return list(draws({"streams": RandomStreams, "mrg": MRG_RandomStreams}[name](seed=3))), {}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["streams", "mrg", "scan", "nested", "twice"])
@pytest.mark.filterwarnings("ignore::tutor.errors.NotCompiledWarning")
def test_a_call_that_fails_leaves_everything_as_it_was(kind, mode):
    drawn, updates = stateful(kind)
    x = T.dvector("x")
    k, w = tutor.shared(0, "k"), tutor.shared(np.zeros(N), "w")
    more = {**updates, k: k + 1, w: w - T.exp(w) * x.sum()}
    f = tutor.function([x], [sum(v.astype("float64") for v in drawn) + x], mode=mode_of(mode),
                       updates=more)
    for fine, ended in ((np.zeros(3), np.zeros(4)), (np.zeros(3), np.zeros(2))):
        f(fine)
        before = [in_words(v.get_value()) for v in f.get_shared()]
        with pytest.raises(ValueError, match="shape"):
            f(ended)
        assert [in_words(v.get_value()) for v in f.get_shared()] == before
    assert len(f.get_shared()) > 2 and k.get_value() == 2


def test_what_comes_after_a_failure_is_what_would_have_come():
    def numbers(failing):
        drawn = list(draws(RandomStreams(7)))
        x = T.dvector("x")
        f = tutor.function([x], [v + x for v in drawn])
        found = []
        for _ in range(4):
            if failing:
                with pytest.raises(ValueError, match="shape"):
                    f(np.zeros(5))
            found.append(f(np.zeros(3)))
        return found

    np.testing.assert_array_equal(numbers(True), numbers(False))


@pytest.mark.parametrize("mode", [None, "jax"])
@pytest.mark.filterwarnings("ignore::tutor.errors.NotCompiledWarning")
# An interrupt in a destructor, or in what JAX does when Python collects, is lost, and told of.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_point_leaves_all_before_or_all_after(mode):
    streams = RandomStreams(3)
    a, b = tutor.shared(np.zeros(N), "a"), tutor.shared(0.0, "b")
    c = tutor.shared(np.zeros(5), "c")
    u, n = streams.uniform((1000,)), streams.normal((301,))
    step = tutor.function([], u[0] + n[0], mode=mode_of(mode), updates={
        a: a + T.exp(a * 0.0), b: b + 1, c: T.set_subtensor(c[:], b + 1)})
    generators = [u.rng, n.rng]
    wanted = [[g.get_value().get_state()[1].tolist() for g in generators]]
    step()

    def interrupt(*_):
        raise KeyboardInterrupt

    states = {0.0: None}
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for i in range(60 if mode is None else 12):
            with suppress(KeyboardInterrupt):
                end = time.monotonic() + 0.3  # where one that is lost is not waited for
                signal.setitimer(signal.ITIMER_REAL, 1e-4 * (1 + i % 9))
                while time.monotonic() < end:
                    step()
            signal.setitimer(signal.ITIMER_REAL, 0)
            count = float(b.get_value())
            assert set(a.get_value()) == {count} and set(c.get_value()) == {count}
            state = [g.get_value().get_state()[2] for g in generators]
            assert states.setdefault(count, state) in (None, state)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    steps = int(b.get_value())
    for generator, start in zip(generators, wanted[0], strict=True):
        again = np.random.RandomState()
        again.set_state(("MT19937", np.array(start, "uint32"), 624))
        for _ in range(steps):
            again.uniform(size=1000) if generator is u.rng else again.normal(size=301)
        np.testing.assert_array_equal(again.get_state()[1], generator.get_value().get_state()[1])


WRITERS = {
    "descent": lambda w: w + T.exp(w * 0.0),
    "elements": lambda w: T.inc_subtensor(w[:], 1.0),
    "rows": lambda w: T.inc_subtensor(w[T.arange(w.size)], 1.0),
    "anew": lambda w: T.log(T.exp(w * 0.001)) * 1000 * 0 + w + 1,
}


@pytest.mark.parametrize("kinds", [["descent"], ["elements"], ["descent", "elements", "rows",
                                                              "anew"]], ids=len)
def test_no_thread_sees_half_of_a_value(kinds):
    w, b = tutor.shared(np.zeros(N), "w"), tutor.shared(0.0, "b")
    steps = [tutor.function([], updates=[(w, WRITERS[kind](w)), (b, b + 1.0)]) for kind in kinds]
    ends = tutor.function([], [w.min(), w.max(), b])
    whole = tutor.function([], w * 1.0)
    over, torn = threading.Event(), []

    def write(step):
        while not over.is_set():
            step()

    def read():
        while not over.is_set():
            least, most, count = ends()
            if least != most or (len(kinds) == 1 and least != count):
                torn.append((least, most, count))
            values = [w.get_value(), whole(), pickle.loads(pickle.dumps(w)).get_value()]
            torn.extend(v for v in values if v.min() != v.max())
            if len(kinds) > 1:
                w.set_value(values[0])

    threads = [*[threading.Thread(target=write, args=(step,)) for step in steps],
               *[threading.Thread(target=read) for _ in range(2)]]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        time.sleep(0.6)
    finally:
        over.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert torn == [] and len(set(w.get_value())) == 1
    assert type(w.container).__name__ == "Container"


def test_a_reader_waits_while_a_value_is_written_over():
    from tutor.compile.inplace import BeingWritten, writing
    from tutor.containers import Container

    w, b = tutor.shared(np.zeros(3), "w"), tutor.shared(1.0, "b")
    read = tutor.function([], [b, w * b, w[0]])
    found = []
    with writing:
        w.container.__class__ = BeingWritten
        threads = [threading.Thread(target=lambda: found.append(w.get_value())),
                   threading.Thread(target=lambda: found.append(read()))]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        assert found == []
        w.container.held[:] = 2
        b.container.held = np.array(3.0)
        w.container.__class__ = Container
    for thread in threads:
        thread.join()
    one, got = sorted(found, key=lambda v: isinstance(v, np.ndarray))  # whichever came first
    assert got.tolist() == [2, 2, 2]
    assert one[0] == 3 and one[1].tolist() == [6, 6, 6]


def test_threads_of_both_back_ends_share_a_variable():
    pytest.importorskip("jax")
    w = tutor.shared(np.zeros(N), "w")
    over, torn = threading.Event(), []

    def repeated(call):
        try:
            while not over.is_set():
                least, most = call() or (0, 0)
                if least != most:
                    torn.append((least, most))
        except Exception as problem:
            torn.append(problem)

    calls = []
    for mode in (None, "jax"):
        calls += [tutor.function([], [], updates={w: w + T.exp(w * 0.0)}, mode=mode),
                  tutor.function([], [w.min(), w.max()], mode=mode)]
    threads = [threading.Thread(target=repeated, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    time.sleep(0.6)
    over.set()
    for thread in threads:
        thread.join()
    assert torn == [] and len(set(w.get_value())) == 1
