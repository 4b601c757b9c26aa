"""`tutor names`: Theano's public names, module by module, with what is here and what is not.

>>> print(report(["theano.gradient"]).splitlines()[0].partition(":")[0])
theano.gradient
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from tutor.theano.finder import names
from tutor.theano.places import FRONT, public

WIDTH = 96


class NoSuchModuleError(Exception):
    """Theano had no module of that name; the message says the nearest."""


def report(modules: Sequence[str] = (), *, missing: bool = False) -> str:
    """List what is here of each of `modules` (default: those that learners know), as text.

    `missing` leaves out what is there. A module that Theano did not have is a `NoSuchModuleError`.
    """
    return "\n\n".join("\n".join(_module(name, missing)) for name in modules or FRONT)


def _module(given: str, missing: bool) -> Iterator[str]:
    module = given if given.partition(".")[0] == "theano" else f"theano.{given}"
    if module not in public():
        near = get_close_matches(module, public(), 1, 0.0)
        raise NoSuchModuleError(f"Theano had no module {module}. The nearest that is: {near[0]}.")
    had, here = public()[module], names(module)
    yield f"{module}: {len(here)} of {len(had)} names are here."
    if not missing:
        yield from _wrapped("here", sorted(here))
    yield from _wrapped("not here", sorted(had - here))


def _wrapped(title: str, words: Sequence[str]) -> list[str]:
    text = f"{title}: {' '.join(words) or '–'}"
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
