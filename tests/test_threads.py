"""The pool of threads: made at first use, and made anew in a process that was forked; which begins
with no picture half drawn and no value half written.
"""

import os
import signal
import threading
import time

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile import blocks
from tutor.threads import _executor, shared_out


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


def test_a_share_that_no_thread_has_begun_is_done_by_the_caller():
    free = threading.Event()
    with tutor.config.change_flags(threads=2):
        shared_out(list, [0, 1])
        busy = [_executor(1).submit(free.wait, 20) for _ in range(_executor(1)._max_workers)]
        shares = shared_out(list, list(range(10)))
        waited = any(future.done() for future in busy)
    free.set()
    assert shares == [list(range(5)), list(range(5, 10))]
    assert not waited


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

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(4):
            time.sleep(0.03)
            assert forked(fine)
    finally:
        over.set()
        thread.join()
