"""`python -m tests.mutations [subject …]`: change the engine, see a test fail, print the score.

The tree is copied to a temporary folder; each change is made there, by itself, and taken back. The
exit status is 1 where a change survives, or where its tests fail without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tests import mutations
from tests.mutations import Mutation

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("tutor", "tests", "pyproject.toml", "README.md", "notebooks")
SUBJECTS = sorted(m.name for m in iter_modules(mutations.__path__) if m.name != "__main__")


def fails(tree: Path, tests: Sequence[str]) -> bool:
    """Whether one of the tests fails in the tree; one that cannot run is no failure."""
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(tests)} cannot be run:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def killed(tree: Path, mutation: Mutation) -> bool:
    """Whether the tests of a mutation notice it."""
    path = tree / mutation.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise SystemExit(f"{mutation.path} has {mutation.old!r} {text.count(mutation.old)} times")
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        return fails(tree, mutation.tests)
    finally:
        path.write_text(text, encoding="utf-8")


def tried(tree: Path, subject: str) -> list[str]:
    """What survives of a subject."""
    found: Sequence[Mutation] = import_module(f"tests.mutations.{subject}").MUTATIONS
    for tests in dict.fromkeys(m.tests for m in found):
        if fails(tree, tests):
            raise SystemExit(f"{' '.join(tests)} fails before anything is changed")
    survivors = []
    for m in found:
        name = m.name or m.old.strip().splitlines()[0]
        dead = killed(tree, m)
        print(f"{'killed  ' if dead else 'SURVIVED'}  {subject}: {name}", flush=True)
        survivors += [] if dead else [name]
    print(f"{subject}: {len(found) - len(survivors)} of {len(found)} killed", flush=True)
    return survivors


def main(subjects: Sequence[str]) -> int:
    unknown = set(subjects) - set(SUBJECTS)
    if unknown:
        raise SystemExit(f"no subject {', '.join(sorted(unknown))}; there are {SUBJECTS}")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tree / name)
        survivors = [tried(tree, subject) for subject in subjects or SUBJECTS]
    return int(any(survivors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
