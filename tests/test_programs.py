"""Programs written for Theano, run as they are by `tutor run`, against the same by hand in NumPy.

They have the shape of the classic tutorials: a class for each layer, shared parameters, minibatches
of a shared data set by `givens`, random streams, scans, pickled models. Same seed, same numbers:
what a program prints as its costs and stores as its parameters is what NumPy comes to.
"""

import gzip
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from by_hand import classifiers, machines, recurrent
from by_hand.classifiers import Result, Sets

from tutor.course.digits import digits

PROGRAMS = Path(__file__).with_name("programs")
RUN = "import sys; from tutor.cli import main; sys.exit(main(['run', *sys.argv[1:]]))"
COST = re.compile(r"cost (?:is )?(-?[0-9.]+)")

#: Program: the same by hand, and what share of the test digits it gets wrong at most.
CASES: dict[str, tuple[Callable[[Sets], Result], float | None]] = {
    "logistic_sgd": (classifiers.logistic_sgd, None),
    "mlp": (classifiers.mlp, 0.1),
    "lenet": (classifiers.lenet, 0.15),
    "dA": (machines.da, None),
    "SdA": (machines.sda, 0.15),
    "rbm": (machines.rbm, None),
    "dbn": (machines.dbn, 0.2),
    "lstm": (partial(recurrent.lstm, epochs=16), 0.4),
}


@pytest.fixture(scope="module")
def sets() -> Sets:
    """Digits to train on, to validate on, to test on."""
    x, y = digits()
    return [(x[i:j], y[i:j]) for i, j in [(0, 800), (800, 1000), (1000, 1300)]]


@pytest.fixture(scope="module")
def folder(sets: Sets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs run, with their data set beside them, pickled as data sets were."""
    place = tmp_path_factory.mktemp("programs")
    with gzip.open(place / "digits.pkl.gz", "wb") as file:
        pickle.dump(sets, file, protocol=2)
    return place


def run(name: str, folder: Path, *arguments: str) -> str:
    """What the program prints, run by the command in a process of its own."""
    command = [sys.executable, "-c", RUN, str(PROGRAMS / f"{name}.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.mark.parametrize("name", CASES)
def test_a_program_comes_to_what_numpy_comes_to(name: str, folder: Path, sets: Sets) -> None:
    by_hand, wrong = CASES[name]
    printed = run(name, folder, "digits.pkl.gz")
    costs, params = by_hand(sets)
    found = [float(cost) for cost in COST.findall(printed)]
    np.testing.assert_allclose(found[: len(costs)], costs, rtol=1e-7)
    with np.load(folder / f"{name}.npz") as stored:
        assert len(stored.files) == len(params)
        for key, param in zip(stored.files, params, strict=True):
            np.testing.assert_allclose(stored[key], param, rtol=1e-6, atol=1e-9)
    assert abs(costs[-1]) < abs(costs[0])
    if wrong is not None:
        assert float(re.findall(r"test error ([0-9.]+)", printed)[-1]) <= wrong
