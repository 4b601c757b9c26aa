"""Mutations: one thing taken away from the engine, and the tests that must notice.

`python -m tests.mutations [subject]` makes each change in a copy of the tree and runs its tests. A
subject is a module here with `MUTATIONS`, a sequence of `Mutation`.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    """In a file of the engine, `old` (which stands there once) becomes `new`; `tests` are the
    arguments of pytest by which a test fails then."""

    path: str
    old: str
    new: str
    tests: tuple[str, ...]
    name: str = ""
