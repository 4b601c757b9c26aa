"""Replacements for names that are not in `T` and `T.nnet`, for the errors that say so: the tables
of `absent.toml`.

>>> instead()["trapz"], instead()["dtensor1"], instead_in_nnet()["bn"]
('T.trapezoid(y, x)', 'T.dvector', 'T.nnet.batch_normalization_train')
"""

from functools import cache
from pathlib import Path

from tutor.core.types import PREFIXES
from tutor.names import tables

TABLES = Path(__file__).with_suffix(".toml")


@cache
def instead() -> dict[str, str]:
    """What is written in place of names that are not in `T`."""
    shapes = enumerate(("scalar", "vector", "matrix"))
    return tables(TABLES)["T"] | {f"{letter}tensor{n}": f"T.{letter}{shape}"
                                  for n, shape in shapes for letter in ("", *PREFIXES)}


@cache
def instead_in_nnet() -> dict[str, str]:
    """What is written in place of names of Theano's that are not in `T.nnet`."""
    return tables(TABLES)["T.nnet"]
