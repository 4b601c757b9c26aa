"""Scopes: what a node was made for, as `with scope` or a call of the learner's function says it."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import ArgumentError
from tutor.core.walk import toposort
from tutor.scopes import Scope


def layer(x: Any) -> Any:
    return T.tanh(x * 2)


def scope_of(v: Any) -> Any:
    return v.owner.origin.scope


def names(v: Any) -> list[str]:
    """Return the names of the scopes a variable was made in, from this file's functions on."""
    found = [scope.name for scope in scope_of(v).path]
    return found[max(i for i, name in enumerate(found) if name.startswith("test_")) + 1:]


def test_each_call_of_a_function_is_a_scope_of_its_own() -> None:
    h = x = T.dscalar("x")
    made = []
    for _ in range(3):
        h = layer(h)
        made.append(h)
    scopes = [scope_of(v) for v in made]
    assert len(set(scopes)) == 3
    assert [names(v) for v in made] == [["layer"]] * 3
    for v in made:  # both operations of a call belong to it
        assert scope_of(v.owner.inputs[0]) is scope_of(v)
    assert names(x + 1) == []


def test_scopes_nest_with_calls_both_ways_and_end() -> None:
    x = T.dscalar("x")

    def block(v: Any) -> Any:
        with tutor.scope("inner"):
            v = layer(v)
        return v + 1

    with tutor.scope("outer") as outer:
        y = block(x)
        assert names(x * 2) == ["outer"]
    assert names(y) == ["outer", "block"]
    assert names(y.owner.inputs[0]) == ["outer", "block", "inner", "layer"]
    assert outer in scope_of(y).path
    assert names(x * 2) == []


def test_lambdas_generators_and_threads_of_calls_belong_where_they_are_written() -> None:
    x = T.dscalar("x")

    def steps() -> Iterator[Any]:
        yield x + 1
        yield x + 2

    first, second = steps()
    assert scope_of(first) is scope_of(second)
    assert names(first) == ["steps"]
    assert names((lambda v: v * 3)(x)) == []
    assert names(next(x * i for i in (1,))) == []


def test_derivatives_mirror_the_scope_of_what_they_come_from_and_rewriting_keeps_it() -> None:
    x = T.dscalar("x")
    y = layer(x)
    g = tutor.grad(y, x)
    new = [n for n in toposort([g]) if n not in toposort([y])]
    back = {n.origin.scope for n in new} - {scope_of(y).outer}
    assert back == {scope_of(y).mirror}
    assert [scope.name for scope in scope_of(y).mirror.path][-1] == "∂layer"
    f = tutor.function([x], y)
    assert {n.origin.scope for n in toposort(f.graph.outputs)} == {scope_of(y)}


def test_a_debugger_is_left_alone() -> None:
    x = T.dscalar("x")
    seen = []

    def trace(frame: Any, event: str, value: Any) -> Any:
        seen.append(event)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        y = layer(x)
        with tutor.scope("open"):
            z = layer(x)
    finally:
        sys.settrace(before)
    assert scope_of(y) is None
    assert scope_of(z).name == "open"
    assert "line" in seen
    assert Scope("kept")(None, "line", None) is None


def test_a_scope_may_be_opened_within_itself_and_again() -> None:
    x = T.dscalar("x")
    with tutor.scope("outer") as outer, outer:
        assert names(x + 1) == ["outer"]
    with outer:
        assert names(x + 1) == ["outer"]
    assert names(x + 1) == []


@pytest.mark.parametrize("wrong", [
    lambda: tutor.scope(), lambda: tutor.scope(""), lambda: tutor.scope(None),
    lambda: exec("with tutor.scope: pass"), lambda: tutor.scope("a", "b"),
])
def test_a_scope_without_a_name_says_how_to_write_it(wrong: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        wrong()
    assert "Fix: Write" in str(caught.value)


def test_a_cell_that_calls_nothing_has_scopes_too() -> None:
    """As a notebook's cell: code that is no function's."""
    told: dict[str, Any] = {"tutor": tutor, "x": T.dscalar("x")}
    exec('with tutor.scope("hidden"):\n    y = x + 1', told)
    assert scope_of(told["y"]).path[-1].name == "hidden"
    assert scope_of(told["y"]).explicit
