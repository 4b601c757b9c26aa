"""`theano.misc.pkl_utils`: an object in a zip file, its arrays beside it for `numpy.load` to read.

>>> file = io.BytesIO()
>>> dump({"weights": np.array(2)}, file)
>>> load(file)
{'weights': array(2)}
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.core.variables import SharedVariable
from tutor.theano.pickles import Unpickler

DEFAULT_PROTOCOL = pickle.DEFAULT_PROTOCOL


class PersistentNdarrayID:
    """Gives an array a name in the pickle, and writes it to a file of that name in the zip."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        self.seen: dict[int, tuple[str, Any]] = {}  # the arrays are kept: ids are used again

    def resolve_name(self, array: Any) -> str:
        """A name for an array that has none."""
        name = f"array_{self.count}"
        self.count += 1
        return name

    def __call__(self, value: Any) -> str | None:
        if type(value) is not np.ndarray or value.dtype.hasobject:
            return None
        if id(value) not in self.seen:
            name = self.resolve_name(value)
            self.zip_file.writestr(name, _written(value))
            self.seen[id(value)] = f"ndarray.{name}", value
        return self.seen[id(value)][0]


class PersistentSharedVariableID(PersistentNdarrayID):
    """The same, with the values of shared variables under the names of these."""

    def __init__(self, zip_file: zipfile.ZipFile, allow_unnamed: bool = True,
                 allow_duplicates: bool = True) -> None:
        super().__init__(zip_file)
        self.allow_unnamed, self.allow_duplicates = allow_unnamed, allow_duplicates
        self.named: dict[int, str] = {}
        self.times: dict[str, int] = {}

    def resolve_name(self, array: Any) -> str:
        """The name of the shared variable, numbered from its second use on."""
        name = self.named.get(id(array))
        if name is None:
            return super().resolve_name(array)
        times = self.times[name] = self.times.get(name, 0) + 1
        if times > 1 and not self.allow_duplicates:
            raise ValueError(f"two shared variables are named {name!r}.")
        return name if times == 1 else f"{name}_{times}"

    def __call__(self, value: Any) -> str | None:
        if isinstance(value, SharedVariable):
            if value.name == "pkl":
                raise ValueError("a shared variable named 'pkl' is in the way of the pickle.")
            if value.name:
                self.named[id(value.container.value)] = value.name
            elif not self.allow_unnamed:
                raise ValueError(f"{value} has no name to be stored under.")
        return super().__call__(value)


class PersistentNdarrayLoad:
    """Finds the array that a name in the pickle stands for, in the file of that name."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.known: dict[str, Any] = {}

    def __call__(self, persistent_id: str) -> Any:
        name = persistent_id.partition(".")[2]
        if name not in self.known:
            self.known[name] = np.lib.format.read_array(io.BytesIO(self.zip_file.read(name)))
        return self.known[name]


def dump(obj: Any, file_handler: Any, protocol: int = DEFAULT_PROTOCOL,
         persistent_id: Callable[[zipfile.ZipFile], Any] = PersistentSharedVariableID) -> None:
    """Write an object to an open file: a zip of the pickle (`pkl`) and of each array in it."""
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED) as zip_file:
        file = io.BytesIO()
        pickler = StripPickler(file, protocol)  # in Python 3.13.0 only a derived one takes the next
        pickler.persistent_id = persistent_id(zip_file)  # type: ignore[method-assign]
        pickler.dump(obj)
        zip_file.writestr("pkl", file.getvalue())


def load(f: Any, persistent_load: Callable[[zipfile.ZipFile], Any] = PersistentNdarrayLoad) -> Any:
    """Read the object that `dump` wrote to an open file."""
    with zipfile.ZipFile(f, "r") as zip_file:
        unpickler = Unpickler(io.BytesIO(zip_file.read("pkl")))
        unpickler.persistent_load = persistent_load(zip_file)  # type: ignore[method-assign]
        return unpickler.load()


class StripPickler(pickle.Pickler):
    """A pickler; notes of where things were made, which Theano's left out, are in no pickle."""

    def __init__(self, file: Any, protocol: int = 0, extra_tag_to_remove: Any = None) -> None:
        super().__init__(file, protocol)


def _written(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()
