"""The pool of threads: made at first use, and made anew in a process that was forked; which begins
with no picture half drawn and no value half written.
"""

import os
import signal
import sys
import threading
import time
import weakref
from queue import SimpleQueue

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import threads
from tutor.compile import blocks
from tutor.threads import Share, _start, shared_out


def test_shares_are_contiguous_and_in_order():
    with tutor.config.change_flags(threads=3):
        shares = shared_out(list, list(range(10)))
    assert [n for share in shares for n in share] == list(range(10))
    assert len(shares) == 3


def test_an_error_of_a_share_is_raised():
    def fail(share):
        if 9 in share:
            raise ValueError("the last share")
        return share

    with tutor.config.change_flags(threads=2), pytest.raises(ValueError, match="the last share"):
        shared_out(fail, list(range(10)))


def test_while_products_are_shared_out_blas_has_one_thread(monkeypatch):
    blas, seen = [4], []
    monkeypatch.setattr(threads, "_blas", lambda: (lambda: blas[0], blas.append))

    def work(share):
        seen.append(blas[-1])
        raise ValueError(share)

    with tutor.config.change_flags(threads=2), pytest.raises(ValueError, match="0"):
        shared_out(work, [0, 1], products=True)
    assert seen == [1, 1] and blas == [4, 1, 4]
    count, limit = monkeypatch.undo() or threads._blas()
    before = count()
    limit(before)
    assert count() == before >= 1


def test_a_share_that_no_thread_has_begun_is_done_by_the_caller():
    free = threading.Event()
    with tutor.config.change_flags(threads=2):
        shared_out(list, [0, 1])
        busy = [Share(lambda _: free.wait(20), []) for _ in range(len(threads._started))]
        for one in busy:
            _start(1).put(one)
        shares = shared_out(list, list(range(10)))
        waited = not all(one.done.locked() for one in busy)
    free.set()
    assert shares == [list(range(5)), list(range(5, 10))]
    assert not waited


def test_work_that_is_done_holds_no_array_though_a_thread_has_yet_to_come_for_it(monkeypatch):
    waiting = SimpleQueue()
    monkeypatch.setattr(threads, "_start", lambda count: waiting)
    array = np.ones(3)
    gone = weakref.ref(array)
    with tutor.config.change_flags(threads=2):
        assert shared_out(len, [array, array]) == [1, 1]
    del array
    assert gone() is None and waiting.qsize() == 1


def test_where_no_thread_may_start_the_caller_does_all_of_it(monkeypatch):
    def refused(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_started", {})
    monkeypatch.setattr(threads, "_waiting", SimpleQueue())
    monkeypatch.setattr(threads, "start_new_thread", refused)
    with tutor.config.change_flags(threads=2):
        assert shared_out(list, [0, 1, 2, 3]) == [[0, 1], [2, 3]]


def test_an_interrupt_between_any_two_instructions_closes_nothing_for_ever():
    def interrupted(at):
        left = [at]

        def trace(frame, event, _):
            frame.f_trace_opcodes = True
            if event == "opcode" and frame.f_code.co_filename == threads.__file__:
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
            return trace

        sys.settrace(trace)
        try:
            shared_out(sum, [1, 2, 3, 4])
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        return left[0] <= 0

    def through():
        at = 1
        while interrupted(at):
            ends.append(shared_out(sum, [1, 2, 3, 4]))
            at += 1

    ends = []
    with tutor.config.change_flags(threads=2):
        walk = threading.Thread(target=through, daemon=True)
        walk.start()
        walk.join(timeout=60)
    assert not walk.is_alive(), "a lock is closed for ever"
    assert len(ends) > 100 and all(end == [3, 7] for end in ends)


@pytest.mark.parametrize("size", [400_000, 1_000_000, 1_000_001])
def test_each_thread_gets_as_much_of_a_large_array(size, monkeypatch):
    seen = []

    def noting(work, pieces):
        shares = [pieces[: len(pieces) // 2], pieces[len(pieces) // 2 :]]
        seen.extend(sum(piece.stop - piece.start for piece in share) for share in shares)
        return [work(pieces)]

    monkeypatch.setattr(blocks, "shared_out", noting)
    x = T.fvector("x")
    with tutor.config.change_flags(threads=2):
        tutor.function([x], 2 * x * x + x)(np.zeros(size, "float32"))
    assert sum(seen) == size
    assert abs(seen[0] - seen[1]) < 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:.*fork:RuntimeWarning")
def test_a_forked_process_has_threads_of_its_own():
    x = T.dvector("x")
    f, values = tutor.function([x], T.exp(x) * 2 + 1), np.zeros(400_000)
    with tutor.config.change_flags(threads=2):
        f(values)
        child = os.fork()
        if child == 0:  # ends here whatever happens; a child that waits for ever is killed
            signal.alarm(60)
            os._exit(0 if (f(values) == 3).all() else 1)
        _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def forked(check):
    """Whether it holds in a child; one that waits for ever is killed."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if check() else 1)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:.*fork:RuntimeWarning")
@pytest.mark.parametrize("what", ["draws", "trains"])
def test_a_process_is_forked_while_another_thread_draws_or_trains(what):
    x, w = T.dvector("x"), tutor.shared(np.zeros(1_000_000), "w")
    step = tutor.function([], updates=[(w, w + T.exp(w * 0.0))])
    drawn, over = T.tanh(x * 2), threading.Event()
    for i in range(20):
        drawn = T.tanh(drawn * i)

    def work():
        while not over.is_set():
            drawn._repr_mimebundle_() if what == "draws" else step()

    def fine():
        values = w.get_value()
        return "<svg" in T.exp(x)._repr_mimebundle_()["text/html"] and values.min() == values.max()

    assert fine()  # and what is loaded at first use is loaded
    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(4):
            time.sleep(0.03)
            assert forked(fine)
    finally:
        over.set()
        thread.join()
