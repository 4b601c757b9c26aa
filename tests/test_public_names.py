"""The names people use stay: `public_names.txt` lists them under the place they are taken from.

What is listed is what programs, courses and notebooks already say: a name may be added, and none
may go. Modules of Theano's are asked for their names as programs that `tutor run` runs ask them.
"""

import re
from importlib import import_module
from pathlib import Path

import pytest

import tutor

LIST = Path(__file__).with_name("public_names.txt").read_text(encoding="utf-8")
LISTED = {place: names.split() for place, names in re.findall(r"^\[(.+)\]\n([^[]*)", LIST, re.M)}


def found(place: str) -> object:
    """A module; with a colon an object in it; with () at the end what calling that gives."""
    module, _, name = place.partition(":")
    thing: object = import_module(module)
    if name:
        thing = getattr(thing, name.removesuffix("()"))
    return thing() if name.endswith("()") else thing  # type: ignore[operator]


@pytest.mark.parametrize("place", LISTED)
def test_every_name_that_was_there_is_there(place: str) -> None:
    if place.startswith("theano"):
        with tutor.theano.bound():
            there = found(place)
            lost = [name for name in LISTED[place] if not hasattr(there, name)]
    else:
        lost = [name for name in LISTED[place] if not hasattr(found(place), name)]
    assert not lost, f"{place} lost {', '.join(lost)}"


def test_the_list_is_read() -> None:
    assert len(LISTED["tutor.tensor"]) > 400 and "function" in LISTED["tutor"]
