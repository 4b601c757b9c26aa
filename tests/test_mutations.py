"""Each mutation finds the text that it changes, once; `python -m tests.mutations` runs them."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.mutations.__main__ import SUBJECTS


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_a_mutation_changes_stands_there_once(subject: str, root: Path) -> None:
    found = import_module(f"tests.mutations.{subject}").MUTATIONS
    counts = {m: (root / m.path).read_text(encoding="utf-8").count(m.old) for m in found}
    assert not [m for m, count in counts.items() if count != 1]
    assert all((root / test.split("::")[0]).is_file() for m in found for test in m.tests
               if not test.startswith("-") and "/" in test)
