"""Memory is taken again only when nobody holds it: what anybody has never changes."""

import threading

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import memory

SHAPE, SIZE = (300, 100), 300 * 100 * 8


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(memory, "_blocks", {})


def place(array):
    return array.__array_interface__["data"][0]


def test_a_block_is_taken_again_when_nobody_holds_it():
    first = memory.empty(SHAPE, "float64")
    where = place(first)
    del first
    assert place(memory.empty((100, 600), "float32")) == where  # of as many bytes


@pytest.mark.parametrize("held", [
    lambda a: a, lambda a: a[5:], lambda a: a.T, memoryview, lambda a: a.view("int64"),
    lambda a: a[:0], lambda a: iter(a), lambda a: np.asarray(memoryview(a))])
def test_a_block_that_is_seen_anyhow_is_left_alone(held):
    array = memory.empty(SHAPE, "float64")
    where, kept = place(array), held(array)
    del array
    assert place(memory.empty(SHAPE, "float64")) != where
    del kept


def test_zeros_are_zeros_in_a_block_that_was_used():
    memory.empty(SHAPE, "float64")[...] = 7
    assert not memory.zeros(SHAPE, "float64").any()


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(memory, "KEPT", 10 * SIZE)
    held = [memory.empty((300 + i // 20, 100), "float64") for i in range(100)]
    assert all(len(blocks) <= memory.MOST for blocks in memory._blocks.values())
    assert sum(n * len(blocks) for n, blocks in memory._blocks.items()) <= 10 * SIZE + SIZE
    assert len(set(map(place, held))) == 100


def test_small_and_huge_arrays_are_not_kept():
    assert memory.empty((3,), "float64").shape == (3,)
    assert memory.empty((0, 5), "float64").size == 0
    memory.empty((memory.LARGEST + 1,), "int8")
    assert not memory._blocks


def test_a_function_that_frees_its_memory_frees_what_all_share():
    x = T.dtensor4("x")
    f = tutor.function([x], T.nnet.conv2d(x, np.ones((4, 2, 3, 3))).sum())
    f(np.ones((8, 2, 40, 40)))
    assert memory._blocks
    f.free()
    assert not memory._blocks


def test_threads_that_take_at_the_same_time_take_different_blocks():
    wrong = []

    def work(number):
        for _ in range(2000):
            array = memory.empty((9000,), "float64")
            array[:] = number
            if (array != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_of_earlier_calls_stay_as_they_are():
    x, w = T.dtensor4("x"), tutor.shared(np.ones((4, 2, 3, 3)), "w")
    y = T.nnet.relu(T.nnet.conv2d(x, w))
    f = tutor.function([x], [y, T.signal.pool.pool_2d(y, (2, 2), ignore_border=True),
                             tutor.grad((y ** 2).sum(), x)])
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(12):
        found = f(rng.normal(size=(8, 2, 40, 40)))
        kept.append((found, [v.copy() for v in found]))
    for found, copies in kept:
        for a, b in zip(found, copies, strict=True):
            np.testing.assert_array_equal(a, b)
