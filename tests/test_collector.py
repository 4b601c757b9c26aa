"""The collector of garbage waits while a graph is built, and is given back as it was."""

import gc
import subprocess
import sys

import pytest

import tutor
import tutor.tensor as T
from tutor import later


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was_after_an_error_too(on):
    x = T.dscalar("x")
    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(ValueError, match="does not depend"):
            tutor.grad(x ** 2, T.dscalar("y"))
        tutor.function([x], x * 2)
        assert gc.isenabled() is on
    finally:
        gc.enable()


def test_a_look_is_spared_only_so_often(monkeypatch):
    spared, kept = [], []
    monkeypatch.setattr(later, "settle", lambda: spared.append(len(kept)))
    monkeypatch.setattr(later.collecting_later, "MUCH", 10_000)
    monkeypatch.setattr(later.collecting_later, "MOST", 50_000)
    monkeypatch.setattr(later.collecting_later, "spared", 0)
    for _ in range(4):
        with later.collecting_later():
            kept.append([[i] for i in range(20_000)])
    with later.collecting_later():
        kept.append([])
    assert spared == [1, 2, 4]


def test_garbage_that_was_spared_is_found_by_the_next_full_look():
    class Node:
        pass

    found = []
    with later.collecting_later():
        node = Node()
        node.itself, node.told = node, type("Told", (), {"__del__": lambda self: found.append(1)})()
        later.settle()
    del node
    assert not found
    gc.collect()
    assert found == [1]


def test_what_a_program_froze_stays_frozen():
    probe = "import gc; gc.freeze(); import tutor; assert gc.get_freeze_count() > 1000"
    subprocess.run([sys.executable, "-c", probe], check=True)
