"""The 398 names of places that the course's language model learns from.

Their source and licence stand at the top of `data/places.txt`.

>>> places()[:3]
['abidjan', 'accra', 'adak']
"""

from __future__ import annotations

from importlib.resources import files

from tutor.signatures import answering


@answering
def places() -> list[str]:
    """Names of places all over the world, in small letters from a to z, in alphabetical order."""
    text = (files("tutor.course") / "data/places.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line[:1] != "#"]
