"""The runs that the notebooks of the course show, made by running their cells."""

import contextlib
import io
import json
from pathlib import Path

from tutor.live.runs import Descent, Race

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def runs_of(pattern):
    """The runs and races of a notebook, by the names that its cells give them; errors that a cell
    shows on purpose are passed over."""
    (path,) = NOTEBOOKS.glob(pattern)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    names, found = {"__name__": "__main__"}, []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
            exec(compile("".join(cell["source"]), path.name, "exec"), names)
        found += [(name, run) for name, run in names.items() if isinstance(run, Descent | Race)
                  and all(run is not known for _, known in found)]
    return found
