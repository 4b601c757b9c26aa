"""`help` teaches: what is public says which errors it raises, and has an example that runs.

`python -m tests.test_help` prints how many do, and names those that do not.
"""

import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tutor.tensor as T
from tests.test_public_names import LISTED, found
from tutor.core.elementwise import Elementwise

STATES_ERRORS, HAS_EXAMPLE = 0.6, 0.8  # of what is public, at least
ERRORS = re.compile(r"\b[Rr]aises\b|\b\w+Error\b|\ban error\b")


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Whatever people call, once, under the name that they know; errors are not called."""
    seen: set[int] = set()
    for place, names in LISTED.items():
        if place.startswith("theano") or ":" in place:
            continue
        for name in names:
            thing = getattr(found(place), name)
            if not callable(thing) or id(inspect.unwrap(thing)) in seen:
                continue
            seen.add(id(inspect.unwrap(thing)))
            if not (isinstance(thing, type) and issubclass(thing, BaseException)):
                yield f"{place}.{name}", thing


def text(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def lacking() -> tuple[int, list[str], list[str]]:
    """How many are public, and which of them state no errors, and have no example."""
    everything = dict(public())
    errors = [name for name, thing in everything.items() if not ERRORS.search(text(thing))]
    examples = [name for name, thing in everything.items() if ">>>" not in text(thing)]
    return len(everything), errors, examples


def test_most_of_what_is_public_states_errors_and_has_an_example() -> None:
    count, errors, examples = lacking()
    assert 1 - len(errors) / count >= STATES_ERRORS
    assert 1 - len(examples) / count >= HAS_EXAMPLE


def is_written(thing: object) -> bool:
    """Whether its text was made with it: that of what a file defines runs there."""
    qualname = getattr(thing, "__qualname__", "")
    return "<locals>" in qualname or (not qualname and text(thing) != text(type(thing)))


@pytest.mark.parametrize("name", [name for name, thing in public() if is_written(thing)])
def test_an_example_that_was_written_for_a_row_runs(name: str) -> None:
    thing = dict(public())[name]
    test = doctest.DocTestParser().get_doctest(text(thing), {}, name, None, None)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_an_operation_says_what_it_takes_and_gives_its_gradient_and_its_errors() -> None:
    said = text(T.tanh)
    for part in ("The hyperbolic tangent.", "floats", "DTypeError", "g * (1 - sqr(y))",
                 ">>> T.tanh([0.4, 1.6]).eval()"):
        assert part in said
    assert "ShapeError" in text(T.add) and "ShapeError" not in said
    assert "No gradient" in text(T.floor) and "0 at 0" in text(T.abs_)
    assert "element" in text(Elementwise)


def main() -> None:
    count, errors, examples = lacking()
    print(f"of {count} public callables {1 - len(errors) / count:.0%} state errors, "
          f"{1 - len(examples) / count:.0%} have an example")
    for what, names in (("state no errors", errors), ("have no example", examples)):
        print(f"\n{what}:", *names, sep="\n  ")


if __name__ == "__main__":
    main()
