"""The folder of the site: a page for each notebook, and what pages share.

Comes after single pages. Notebooks run in processes of their own.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

from tutor.core.errors import BadValueError
from tutor.course.site import lite as jupyterlite
from tutor.course.site import reference
from tutor.course.site.pages import Notebook, page, search_index, style
from tutor.course.site.running import live_pages
from tutor.pictures.atomic import write_whole

LATE = 600  # seconds that the cells of one notebook may take


def build(course: Path, out: Path, live: bool = True, binder: str = "", lite: bool = False) -> int:
    """Write the pages of all notebooks of a folder; return the exit status of the command."""
    notebooks = [Notebook(path) for path in sorted(course.glob("*.ipynb"))]  # numbers come first
    if not notebooks:
        raise BadValueError(f"{course} holds no notebooks.", fix="Name the folder of the course.")
    if out.exists() and any(out.iterdir()) and not (out / "site.js").exists():
        raise BadValueError(f"{out} is not empty, and no site is in it.",
                            fix="Name a folder that is new.")
    if lite:
        jupyterlite.check()
    out.mkdir(parents=True, exist_ok=True)
    own = files("tutor.course.site").joinpath("site.js").read_text(encoding="utf-8")
    write_whole(out / "site.js", own.encode())
    found = running(notebooks, out) if live else {}
    for i, notebook in enumerate(notebooks):
        around = notebooks[i - 1] if i else None, (*notebooks, None)[i + 1]
        text = page(notebook, notebooks, around, found.get(notebook.name, {}), out, binder,
                    lite)
        write_whole(out / f"{notebook.name}.html", text.encode())
        several = len(found.get(notebook.name, ()))
        told = f", {several} live" if several else ""
        print(f"{notebook.name}.html  {len(text.encode()) // 1000} kB{told}")
    for name, text in reference.pages():
        write_whole(out / name, text.encode())
    write_whole(out / "index.html", first(notebooks).encode())
    write_whole(out / "site.css", style().encode())
    sections = [*search_index(notebooks), *reference.searched()]
    index = json.dumps(sections, ensure_ascii=False, separators=(",", ":"))
    write_whole(out / "search.js", f"tutorSearch({index});\n".encode())
    if lite:
        jupyterlite.built([notebook.path for notebook in notebooks], out / "lite")
    print(f"The course is in {out}: open {out / 'index.html'}, or put the folder on any server.")
    return 0


def first(notebooks: list[Notebook]) -> str:
    """The page that leads to the first notebook."""
    to = f"{notebooks[0].name}.html"
    return ('<!doctype html><html lang="en"><meta charset="utf-8"><title>The course</title>'
            f'<meta http-equiv="refresh" content="0; url={to}"><a href="{to}">The course</a>'
            "</html>")


def running(notebooks: list[Notebook], out: Path) -> dict[str, dict[int, str]]:
    """The live pages of each notebook, by the number of the cell; each has a process of its own."""
    folder = (out / "live").resolve()  # a process goes to where its notebook is
    folder.mkdir(exist_ok=True)
    with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as pool:
        asked = {notebook.name: pool.submit(live_pages, notebook.path.resolve(), folder)
                 for notebook in notebooks}
        return {name: one.result(timeout=LATE) for name, one in asked.items()}
