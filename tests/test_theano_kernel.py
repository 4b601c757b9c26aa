"""`%load_ext tutor.theano` in a real kernel: a notebook written for Theano, until it is gone."""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = (
    "%load_ext tutor.theano\nimport theano, theano.tensor as T, numpy as np",
    "x = T.dscalar('x'); print(theano.function([x], x ** 2)(np.float(3)))",
    "x * 2",
    "print 'old', 7 / 2",
    "n = 7 / 2\nn",
    "for i in xrange(2): print i,",
    "%unload_ext tutor.theano",
    "try:\n    import theano.gradient\nexcept ModuleNotFoundError as error:\n    print(error)",
)


@pytest.fixture(scope="module")
def ran() -> list[nbformat.NotebookNode]:
    """Run the cells one after the other in a kernel of this environment."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return list(notebook.cells)


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(out.text for out in cell.outputs if out.get("name") == "stdout")


def test_theano_is_this_engine_in_the_notebook(ran: list[nbformat.NotebookNode]) -> None:
    assert printed(ran[1]) == "9.0\n"
    assert ran[2].outputs[0].data["text/plain"] == "x * 2"  # a formula, as notebooks show it


def test_cells_in_python_2_run_too(ran: list[nbformat.NotebookNode]) -> None:
    assert printed(ran[3]) == "old 3\n"
    assert printed(ran[5]) == "0 1 "


def test_cells_in_python_3_mean_what_they_say(ran: list[nbformat.NotebookNode]) -> None:
    assert ran[4].outputs[0].data["text/plain"] == "3.5"


def test_after_unloading_theano_is_what_it_was(ran: list[nbformat.NotebookNode]) -> None:
    assert "No module named 'theano" in printed(ran[7])
