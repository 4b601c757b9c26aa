"""Names that are not there: where they stand, what the same is called here, or what was meant.

Comes after the errors. `naming_the_nearest` is the `__getattr__` of modules of public names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from tutor.core.errors import PACKAGE
from tutor.errors import AbsentNameError


def tables(path: Path) -> dict[str, dict[str, str]]:
    """The tables of a file in TOML: what is said of each name. There a row is what is said, and all
    the names of which it is said.
    """
    from tomllib import loads  # for messages and old programs alone

    return {title: {name: said for said, names in rows.items() for name in names.split()}
            for title, rows in loads(path.read_text("utf-8")).items()}


def naming_the_nearest(module: str, spelt: str, names: Sequence[str],
                       written: Callable[[], Mapping[str, str]] = dict) -> Callable[[str], Any]:
    """The `__getattr__` of a module with these `names`: of one that is not there it says what is
    `written` in its place, where it stands, or which comes nearest; `spelt` stands before the name.

    >>> naming_the_nearest("tutor.shapes", "shapes.", ["circle", "square"])("sqare")
    Traceback (most recent call last):
    ...
    tutor.errors.NotHereError: tutor.shapes has no 'sqare'.
      written at: ...
      Fix: Did you mean shapes.square?
    """
    def absent(name: str) -> Any:
        if name.startswith("_"):  # asked for by programs, not by people
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        known = written()
        raise AbsentNameError(f"{module} has no {name!r}.", search=lambda: (
            f"Write {known[name]}." if name in known else
            f"Write {known[name.lower()]}." if name.lower() in known else
            instead(name, spelt, names)))  # fmt: skip
    return absent


def installing(extra: str) -> str:
    """The line that installs an extra: of the checkout this is, or of the published package.

    >>> installing("jax").startswith("pip install ")
    True
    """
    checkout = Path(PACKAGE).parent
    if (checkout / "pyproject.toml").is_file():
        return f'pip install -e "{checkout}[{extra}]"'
    return f'pip install "theano-tutor[{extra}]"'


#: Rooms in which a name may stand, by how they are spelt.
ROOMS = {
    "T.": "tutor.tensor", "T.nnet.": "tutor.tensor.nnet", "T.nlinalg.": "tutor.tensor.nlinalg",
    "T.slinalg.": "tutor.tensor.slinalg", "T.signal.pool.": "tutor.tensor.signal.pool",
    "T.fft.": "tutor.tensor.fft", "tutor.": "tutor", "tutor.optimizers.": "tutor.optimizers",
    "tutor.live.": "tutor.live", "tutor.course.": "tutor.course",
    "tutor.gradient.": "tutor.gradient", "tutor.printing.": "tutor.printing",
}  # fmt: skip
#: What the same is called elsewhere.
ELSEWHERE = {
    "ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "logistic": "sigmoid", "expit": "sigmoid", "log_softmax": "logsoftmax", "average": "mean",
    "cross_entropy": "categorical_crossentropy", "cat": "concatenate", "mm": "dot",
    "gradient": "grad", "derivative": "grad", "backward": "grad", "inverse": "matrix_inverse",
    "placeholder": "dscalar", "variable": "dscalar", "Adam": "adam", "SGD": "sgd",
    "pprint": "pp", "length": "size", "len": "size", "run": "function", "compile": "function",
}  # fmt: skip


def instead(name: str, spelt: str, names: Iterable[str]) -> str:
    """Say what to write for a name that is not among `names`: its place, or the name meant."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()  # AllocDiag: alloc_diag
    for wanted in (ELSEWHERE.get(name, name), name, name.lower(), snake):
        if wanted in names:
            return f"Write {spelt}{wanted}."
        for room, module in ROOMS.items():
            found = vars(import_module(module))
            if wanted in {*getattr(import_module(module), "__all__", ()), *found.get("_LATER", ())}:
                return f"It is {room}{wanted}."
    near = get_close_matches(name, names, 3, 0.65)
    if near:
        return f"Did you mean {' or '.join(spelt + one for one in near)}?"
    return f"See dir({spelt.removesuffix('.')})."
