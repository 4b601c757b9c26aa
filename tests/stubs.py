"""`python -m tests.stubs` writes the stub of names that follow from tables, for static readers."""

from pathlib import Path

import tutor
from tutor.core.types import TensorType
from tutor.tensor import kinds
from tutor.tensor.constructors import FloatX

STUB = Path(tutor.__file__).parent / "tensor" / "kinds.pyi"
HEAD = '''"""Written by `python -m tests.stubs`."""

from tutor.tensor.constructors import FloatX, Several
from tutor.core.types import TensorType

'''


def stub() -> str:
    """What stands in the stub: each name and what it is."""
    lines = []
    for name in kinds.__all__:
        found = getattr(kinds, name)
        kind = ("tuple[TensorType, ...]" if isinstance(found, tuple) else
                type(found).__name__ if isinstance(found, TensorType | FloatX) else "Several")
        lines.append(f"{name}: {kind}\n")
    return HEAD + "".join(sorted(lines))


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
