"""Stored outputs: run notebooks and keep what their cells give; run again, they are as they were.

    python -m tutor.course.store [NOTEBOOK …]      # without one, the notebooks of this installation

Ids of widgets, times and the version of Python are not stored, so the diff of a notebook shows what
a change did to it. A cell that fails, and is not tagged `raises-exception`, ends it. What is stored
goes into the translations of the notebook too: they share its code cells (see `editions`).
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from tutor.course.editions import COURSE, in_step, out_of_date, read, translations, write

WIDGET = "application/vnd.jupyter.widget-view+json"  # a random id that no later page knows
PASSING = ("execution", "trusted", "collapsed", "scrolled")  # in a cell's metadata
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SECONDS = 120  # for a cell


def store(path: Path) -> bool:
    """Run a notebook in this Python, store its outputs, and say whether its file changed."""
    before = path.read_bytes()
    notebook = stored_form(ran(read(path), path.parent))
    write(notebook, path)
    for translation in translations(path):
        write(stored_form(in_step(notebook, read(translation))), translation)
    return path.read_bytes() != before


def ran(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run every cell from the top, as nbval will when it compares."""
    client = NotebookClient(
        notebook, timeout=SECONDS, record_timing=False, store_widget_state=False,
        coalesce_streams=True, resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    client.km = AsyncKernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME,
                                   kernel_spec_manager=NbvalKernelspecManager())
    quiet = {**os.environ, "TQDM_DISABLE": "1"}  # bars of progress say how long something took
    return client.execute(env=quiet, stderr=subprocess.DEVNULL)


def stored_form(notebook: NotebookNode) -> NotebookNode:
    """The notebook that was run, without what differs from run to run.

    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> cell = new_code_cell("1", id="a", metadata={"trusted": True, "tags": ["raises-exception"]})
    >>> stored = stored_form(new_notebook(cells=[cell], metadata={"widgets": {"state": {}}}))
    >>> "widgets" in stored.metadata, stored.cells[0].metadata
    (False, {'tags': ['raises-exception']})
    """
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for name in PASSING:
            cell.metadata.pop(name, None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
    return notebook


def main(argv: Sequence[str] | None = None) -> int:
    """Store the outputs of the notebooks that are named, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tutor.course.store", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    course = [path for folder in COURSE for path in sorted(folder.glob("*.ipynb"))]
    for path in parser.parse_args(argv).notebooks or course:
        try:
            print(f"{path.name}: {'stored' if store(path) else 'as it was'}", flush=True)
            for translation in translations(path):
                told = ["stored", *out_of_date(read(path), read(translation))]
                print(f"{translation.parent.name}/{path.name}: {'; '.join(told)}", flush=True)
        except CellExecutionError as failure:
            print(f"{path.name}: left as it was, since a cell failed.\n{failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
