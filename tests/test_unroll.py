"""Loops unrolled: what is computed stays the same, and states and cotangents flow by steps."""

from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.scan import Loop
from tutor.core.scan import until as until_more
from tutor.core.walk import toposort
from tutor.pictures.annotations import Flows
from tutor.pictures.boxes import Boxes
from tutor.pictures.loops import unrolled
from tutor.pictures.page import pictures
from tutor.pictures.picture import BOX, Names, build

x, h0, v, u = T.dmatrix("x"), T.dvector("h0"), T.dvector("v"), T.dscalar("u")
W, U = tutor.shared(np.ones((3, 4)) / 3, "W"), tutor.shared(np.eye(4) / 2, "U")


def cell(row: Any, state: Any) -> Any:
    h = T.tanh(T.dot(row, W) + T.dot(state, U))
    h.name = "h"
    return h


def recurrent() -> Any:
    states, _ = tutor.scan(cell, x, h0)
    return T.sum(states[-1] ** 2), [W, U, h0], {x: np.arange(15.0).reshape(5, 3) / 10,
                                                h0: np.ones(4) / 4}


def every_state() -> Any:
    states, _ = tutor.scan(cell, x, h0)
    return T.sum(states**2), [W, h0], {x: np.ones((4, 3)), h0: np.ones(4)}


def two_taps() -> Any:
    found, _ = tutor.scan(lambda s, a, b: a + b * s, v, {"initial": v[:2], "taps": [-2, -1]})
    return found[-1] * found[0], [v], {v: np.arange(1.0, 6.0)}


def mapped() -> Any:
    found, _ = tutor.map(lambda s: T.sin(s) * s, v)
    return T.sum(found), [v], {v: np.arange(4.0)}


def until() -> Any:
    found, _ = tutor.scan(lambda p: (p * 2 + u, until_more(p > 20)), None, u,
                          n_steps=50)
    return found[-1] * u, [u], {u: np.float64(1.5)}


@pytest.mark.parametrize("most", [1, 2, 3, 50])
@pytest.mark.parametrize("make", [recurrent, every_state, two_taps, mapped, until])
def test_what_is_computed_stays_the_same(make: Any, most: int) -> None:
    cost, wrt, given = make()
    [found] = unrolled([cost], given, most)
    left = [n for n in toposort([found]) if isinstance(n.op, Loop)]
    assert len(left) == (most < 50)
    f = tutor.function([*given], [cost, found])
    np.testing.assert_allclose(*f(*given.values()))
    for g, other in zip(tutor.grad(cost, wrt), tutor.grad(found, wrt), strict=True):
        np.testing.assert_allclose(*tutor.function([*given], [g, other])(*given.values()))


def test_each_step_is_a_box_and_its_state_flows_to_the_next() -> None:
    cost, wrt, given = recurrent()
    found = tutor.explore(cost, wrt, given, unroll=5)
    story = found.story
    whole = build(story.outputs, story.names)
    closed = Boxes(whole, story.names).closed()
    steps = [n.id for n in closed.nodes if n.kind == BOX]
    assert [n.label for n in closed.nodes if n.kind == BOX] == [f"step {t}" for t in range(1, 6)]
    states = {w.name: w for w in story.names.index if w.name}
    flows = Flows(story)
    h, rows = np.ones(4) / 4, np.arange(15.0).reshape(5, 3) / 10
    seen = []
    for row in rows:
        h = np.tanh(row @ W.get_value() + h @ U.get_value())
        seen.append(h)
    back = 2 * h  # of the cost to the last state
    for t in range(5, 0, -1):
        state = states[f"h{t}"]
        np.testing.assert_allclose(story.values[state], seen[t - 1])
        if t < 5:
            [e] = [e for e in closed.edges if (e.tail, e.head) == (steps[t - 1], steps[t])]
            assert e.variable == story.names.index[state]
            back = (back * (1 - seen[t] ** 2)) @ U.get_value().T
            np.testing.assert_allclose(flows.back(e), back)


def test_steps_are_boxes_in_a_small_graph_too() -> None:
    found, _ = tutor.scan(lambda s: T.tanh(s * 2), None, u, n_steps=3)
    story = tutor.explore(found[-1], u, {u: 0.1}, unroll=3).story
    for drawn in pictures(story, 60, every=True):
        boxes = [n.label for n in drawn.picture.nodes if n.kind == BOX]
        steps = [f"step {t}" for t in (1, 2, 3)]
        assert boxes[:3] == steps or drawn.caption == "derivative"
        assert len(drawn.views[-1].picture.frames) >= 3
    [last] = [n for n in pictures(story, 60)[0].picture.nodes if "output" in n.roles]
    assert last.values[0] == f"= {np.tanh(2 * np.tanh(2 * np.tanh(0.2))):.4g}"


def test_the_loop_itself_shows_its_inner_graph_in_every_view() -> None:
    cost, wrt, given = recurrent()
    found = tutor.explore(cost, wrt, given)
    heading = 'tutor-heading">Each'
    assert heading in found.data["inside"]
    assert heading in found._table()
    assert heading not in tutor.explore(cost, wrt, given, unroll=5)._table()


def test_a_graph_without_loops_is_left_alone() -> None:
    cost = u**2
    assert unrolled([cost], {u: 1.0}, 3) == [cost]
    assert Names.of([cost]).boxes == {}
    assert len(pictures(tutor.explore(cost, u, {u: 1.0}, unroll=2).story, 60)) == 2
