"""Rules of a learner's own, for `Mode.including(rule)`: read once, before they are used.

Comes after the selection of rules. What stands in a table here is held to its licence by tests; a
rule from outside is taken at its word, so all that is looked at is whether it can be read.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tutor.compile.rules.patterns import Rule, parse, words
from tutor.compile.rules.selection import RULES
from tutor.core.errors import BadValueError
from tutor.core.op import FUNCTIONS


def checked(rule: Rule) -> Rule:
    """The rule, where it can be read.

    Raises BadValueError for a pattern that is no operation, for a replacement that is a number, for
    an operation that there is not, and for a name in the replacement that the pattern has not.

    >>> checked(Rule("odd", "sine(-x)", "-sine(x)", "The sine is odd."))
    Traceback (most recent call last):
    tutor.core.errors.BadValueError: the rule 'odd' has sine(…) in it, which is no operation.
    ...
      Fix: Did you mean 'sin'? Write each operation by the name that a graph has for it.
    """
    for pattern, new in rule.forms():
        ops, names, _ = words(_read(rule, pattern))
        new_ops, new_names, _ = (
            words(_read(rule, new)) if isinstance(new, str) else (ops, names, set()))
        if isinstance(new, str) and ops and not new_names:
            raise BadValueError(
                f"the rule {rule.name!r} puts the plain number {new} in the place of {pattern!r}, "
                "which may be a vector.",
                fix=f'Write "fill(x, {new})", which is {new} in the shape of x.')
        if not ops:
            raise BadValueError(
                f"the rule {rule.name!r} is about {pattern!r}, which is no operation.",
                fix='Write an expression, as "log(1 + x)".')
        for name in sorted((ops | new_ops) - known()):
            from difflib import get_close_matches  # for the message alone

            near = get_close_matches(name, known(), 1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise BadValueError(
                f"the rule {rule.name!r} has {name}(…) in it, which is no operation.",
                fix=f"{hint}Write each operation by the name that a graph has for it.")
        for name in sorted(new_names - names):
            raise BadValueError(
                f"the rule {rule.name!r} writes {name} in the place of {pattern!r}, where there is "
                f"no {name}.", fix="Give a name to every part in the pattern.")
    return rule


def _read(rule: Rule, side: str) -> Any:
    try:
        return parse(side)
    except ValueError as problem:
        raise BadValueError(f"the rule {rule.name!r} cannot be read: {problem}.",
                            fix='Write an expression, as "log(1 + x)".') from None


@cache
def known() -> frozenset[str]:
    """The names of operations that rules may have."""
    sides = [side for rule in RULES for form in rule.forms() for side in form]
    ops = [words(parse(side))[0] for side in sides if isinstance(side, str)]
    return frozenset(FUNCTIONS).union(*ops)
