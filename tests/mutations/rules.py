"""The conditions of rewrite rules, taken away one at a time, as the tables have them: what must
hold (`when`), and that nothing sees the sign of a zero (`zero`).

Beside them stand the conditions of the rules that are functions, and the form of logarithms in
which `grad` differentiates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.mutations import Mutation
from tutor.compile.rules.selection import RULES

ROOT = Path(__file__).resolve().parents[2]
TABLES = {path: path.read_text(encoding="utf-8")
          for path in (ROOT / "tutor/compile/rules").glob("*.py")}
CONDITIONS = ("tests/test_rewrite_conditions.py",)


def row(name: str) -> tuple[str, str]:
    """The file of a rule, and its text."""
    start = f'    Rule("{name}",'
    for path, text in TABLES.items():
        if start in text:
            at = text.index(start)
            end = re.compile(r"\n(    Rule\(|\))").search(text, at + 1)
            assert end is not None
            return path.relative_to(ROOT).as_posix(), text[at:end.start()]
    raise LookupError(name)


def conditions() -> Iterator[Mutation]:
    """Each `when` and each `zero` of the tables, taken away."""
    for rule in RULES:
        if rule.when is None and not rule.zero:
            continue
        path, text = row(rule.name)
        if rule.when is not None:
            always = text.replace("when=", "when=(lambda **_: True) if True else ")
            yield Mutation(path, text, always, CONDITIONS, f"when of {rule.name}")
        if rule.zero:
            yield Mutation(path, text, text.replace("zero=True", "zero=False"), CONDITIONS,
                           f"zero of {rule.name}")


LOSSES = ("tests/test_rewrite_losses.py", "-k", "not large")
MUTATIONS = (
    *conditions(),
    Mutation("tutor/compile/rules/engine.py", 'cast_of(v, dtype)', "v",
             ("tests/test_rewrite_dtypes.py", "-k", "numbers and int8")),
    Mutation("tutor/facts.py", 'zero_sign: Any = "seen"', 'zero_sign: Any = "kept"',
             ("tests/test_zero_signs.py",)),
    Mutation("tutor/compile/rules/arithmetic.py", "is_positive(p) and _depends(rest, p)",
             "_depends(rest, p)", CONDITIONS),
    Mutation("tutor/compile/rules/arithmetic.py", "is_positive(p) and _depends(rest, p)",
             "is_positive(p)", CONDITIONS),
    Mutation("tutor/derivatives/pulling.py", "    if note is None:\n", "    if False:\n",
             ("tests/test_logarithms.py", "-k", "vector or picked")),
    Mutation("tutor/derivatives/pulling.py", "{*wanted, *constants, *complete, *seeds}", "{*seeds}",
             ("tests/test_logarithms.py", "-k", "asked")),
)
