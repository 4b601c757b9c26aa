"""What every test shares: where the repository is, and how much of the large nets runs.

`pytest --all` runs every case of the nets over ops and their compositions, of which a seeded sample
runs otherwise.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import hypothesis
import pytest
from xdist.scheduler.loadfile import LoadFileScheduling

import tutor.ops
import tutor.tensor
from tutor.course import record

SEED = 20261130
# Handed out first, as long as two processes have something else to do beside them: what waits for
# a browser or a kernel, and what takes a minute by itself.
FIRST = ("tests/browser/", "tests/test_classroom.py", "tests/test_jax.py", "notebooks/",
         "tests/test_style.py")
# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile(
    "patient", hypothesis.settings(), deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run every case of the nets, not a sample")


class OneBrowser(LoadFileScheduling):
    """Hands out files, and those that drive a browser together: they share it and JupyterLab."""

    def _split_scope(self, nodeid: str) -> str:
        browser = nodeid.startswith("tests/browser/")
        return "tests/browser" if browser else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    return OneBrowser(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first: each runs in one process, which the others wait for."""
    items.sort(key=lambda item: next(
        (i for i, name in enumerate(FIRST) if item.nodeid.startswith(name)), len(FIRST)))


def sample(config: pytest.Config, cases: Sequence[Any], size: int) -> list[Any]:
    """So many of the cases, the same ones each time; all of them with `--all`."""
    if config.getoption("--all") or len(cases) <= size:
        return list(cases)
    return random.Random(SEED).sample(list(cases), size)


@pytest.fixture(scope="session")
def sampled(request: pytest.FixtureRequest) -> Callable[[Sequence[Any], int], list[Any]]:
    """Return `sample` for a test that goes through its cases in a loop."""
    return lambda cases, size: sample(request.config, cases, size)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the top of the repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def no_exercise_tried() -> Iterator[None]:
    """Let no test, and no doctest after it, see which exercises another one tried, or its name."""
    def begin() -> None:
        record.forget()
        record.call(record.NOBODY)

    begin()
    yield
    begin()


for room in (tutor.ops, tutor.tensor):  # modules that load when they are asked for are tested too
    for module in walk_packages(room.__path__, f"{room.__name__}."):
        import_module(module.name)
