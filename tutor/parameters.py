"""Parameters of a model in a file, and back: arrays by name, in NumPy's `.npz`, which runs no code.

>>> import io, tutor; w = tutor.shared(0.5, "w"); file = io.BytesIO(packed([w]))
>>> w.set_value(2); load(file, [w]); w.get_value()
array(0.5)
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from tutor.compile.compiled import Function
from tutor.core.errors import ArgumentError, BadValueError, DTypeError, TutorError
from tutor.core.graph import quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.misfits import describe
from tutor.signatures import answering


def named(parameters: Any) -> dict[str, SharedVariable]:
    """Shared variables by the names they have in a file: of a list, a dict, or a function.

    One without a name is `p0`, `p1`, … by its place. Raises BadValueError for two of one name,
    DTypeError for anything that is no shared variable of numbers.
    """
    if isinstance(parameters, Function):
        parameters = [*dict.fromkeys([*parameters.get_shared(), *parameters.graph.updates])]
    if isinstance(parameters, SharedVariable):
        parameters = [parameters]
    if not isinstance(parameters, (Sequence, Mapping)) or isinstance(parameters, str):
        raise ArgumentError(f"parameters are a list of shared variables, not {quoted(parameters)}.",
                            fix="Write [w, b], or pass a compiled function.")
    found: dict[str, SharedVariable] = {}
    pairs = parameters.items() if isinstance(parameters, Mapping) else [
        (getattr(v, "name", None) or f"p{i}", v) for i, v in enumerate(parameters)]
    for name, v in pairs:
        if not isinstance(v, SharedVariable) or not isinstance(v.type, TensorType):
            raise DTypeError(f"{quoted(v)} is no shared variable of numbers.",
                             fix="Pass what tutor.shared made of a number or an array.")
        if name in found:
            raise BadValueError(f"two parameters are called {name}.",
                                fix='Give each a name of its own, or pass a dict: {"w1": w, …}.')
        found[name] = v
    return found


def packed(parameters: Any) -> bytes:
    """The file's content: the values of shared variables, each under its name."""
    buffer = io.BytesIO()
    arrays = {name: v.get_value(borrow=True) for name, v in named(parameters).items()}
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


@answering
def load(path: Any, parameters: Any = None) -> None:
    """Set shared variables to the values in a file that `tutor.save` wrote, all of them or none.

    `path` is a `.npz` file; `parameters` a list of shared variables, found in it by their names, a
    dict of them, or a function that has them. Values may have other shapes than now, but no other
    type. Raises BadValueError where the file lacks one, or is of another kind, DTypeError where a
    value does not fit, OSError where there is no file. No code in the file is run.

    >>> import tempfile, tutor
    >>> w = tutor.shared([[1.0, 2.0]][0][0], "w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = tutor.save([w], f"{folder}/model.npz")
    ...     w.set_value(7); load(path, [w])
    >>> w.get_value()
    array(1.)
    """
    if not hasattr(path, "read") and not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"a path is a string, and {path!r} is none.",
                            fix='Write load("model.npz", [w, b]).')
    if str(path).endswith(".py"):
        raise ArgumentError(f"{path} is a program, which is not loaded but imported.",
                            fix=f"Write import {Path(path).stem}; its shared variables are in "
                            f"{Path(path).stem}.parameters.npz.")
    if parameters is None:
        raise ArgumentError("load needs the shared variables that are set.",
                            fix=f'Write load("{path}", [w, b]), or pass a compiled function.')
    wanted = named(parameters)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, AttributeError, EOFError, BadZipFile) as problem:
        raise BadValueError(f"{path} is no file of parameters: {problem}",
                            fix='tutor.save([w, b], "model.npz") writes one.') from None
    values = {}
    for name, v in wanted.items():
        if name not in arrays:
            raise BadValueError(f"the file has no parameter {name}; it has "
                                f"{', '.join(sorted(arrays)) or 'none'}.",
                                fix="Name the variables as they were named when it was written.")
        try:
            values[v] = v.type.filter(arrays[name])
        except TutorError as problem:
            raise DTypeError(f"{name} is {describe(arrays[name])} in the file, and {problem.what}",
                             fix=problem.fix) from None
    for v, value in values.items():
        v.set_value(value, borrow=True)
