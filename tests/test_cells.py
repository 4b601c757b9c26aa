"""A page that computes gives back the cells that made it, where these are known."""

import base64
import json
import re
import subprocess
import sys

import nbformat

import tutor
import tutor.tensor as T

CELLS = ["import tutor, tutor.tensor as T", "x = T.dscalar('x'); s = 'ä</script>'",
         "tutor.save(tutor.function([x], x ** 2, name='f'), {path!r}, live=True)"]


def test_a_page_made_in_ipython_has_its_cells(tmp_path) -> None:
    path = tmp_path / "f.html"
    cells = [cell.format(path=str(path)) if "path" in cell else cell for cell in CELLS]
    runs = "from IPython.core.interactiveshell import InteractiveShell as Shell\n" \
        f"for cell in {cells!r}: Shell.instance().run_cell(cell, store_history=True)"
    subprocess.run([sys.executable, "-c", runs], check=True, capture_output=True)
    found = re.search(r'href="data:application/x-ipynb\+json;base64,([^"]+)"', path.read_text())
    notebook = json.loads(base64.b64decode(found[1]))
    nbformat.validate(notebook)
    assert [cell["source"] for cell in notebook["cells"]] == cells


def test_elsewhere_a_page_says_nothing_of_cells(tmp_path) -> None:
    x = T.dscalar("x")
    path = tutor.save(tutor.function([x], x ** 2, name="f"), tmp_path / "f.html", live=True)
    with open(path, encoding="utf-8") as page:
        assert "Download as a notebook" not in page.read()
