"""Names of learners, written so that no two of a class look alike, on a screen or in a spreadsheet.

Comes before what shows them.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection


def told_apart(names: Collection[str]) -> dict[str, str]:
    """Each name as it is shown. An é of two characters, as macOS writes it, is one that looks the
    same, unless somebody else is called so.

    >>> told_apart(["Rene\\u0301", "Zoe\\u0308", "Zo\\u00eb"]).values()
    dict_values(['René', 'Zoe\\\\u0308', 'Zoë'])
    """
    whole = {name: unicodedata.normalize("NFC", name) for name in names}
    alike = Counter(whole.values())
    return {name: named(name if alike[one] > 1 else one) for name, one in whole.items()}


def named(learner: str) -> str:
    """A learner's name, so that no two look alike: what cannot be seen is written as Python escapes
    it, and so are letters that could be taken for others.

    >>> print(named("Zoë"), named("a\\nb"), named("e\\u0301"), named("p\\u0430"))
    Zoë a\\nb e\\u0301 p\\u0430
    """
    scripts = {unicodedata.name(c, "?").split()[0] for c in learner if c.isalpha()}
    odd = unicodedata.normalize("NFKC", learner) != learner or (
        "LATIN" in scripts and not scripts.isdisjoint({"CYRILLIC", "GREEK"}))
    return "".join(c if c.isprintable() and c != "\\" and (c.isascii() or not odd) else
                   c.encode("unicode_escape").decode() for c in learner)
