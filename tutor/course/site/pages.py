"""A notebook as a page: its cells through nbconvert, its formulas as MathML, the contents around.

Comes before the command. Large outputs are in files of their own, which a page loads as they come
into sight; what is live has a frame that is loaded when a reader asks for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from tutor.course.site.tries import tried
from tutor.pictures.mathml import mathml

LARGE = 6_000  # characters of an output that is loaded when it comes into sight
#: Code, which stays as it is; a formula on lines of its own; one in a line.
MATH = re.compile(r"(`+)[\s\S]*?\1|\$\$([\s\S]+?)\$\$|"
                  r"(?<![\\$\w])\$(?!\s)([^$\n]+?)(?<!\s)\$(?![\w$])")
WORDS = 4_000  # characters of a section that are searched
HERE = files("tutor.course.site")


class Notebook:
    """A notebook of the course."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem
        self.cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]

    @cached_property
    def title(self) -> str:
        """Its first heading."""
        text = next((found[1] for cell in self.cells
                     if (found := re.match(r"#\s+(.+)", "".join(cell["source"])))), self.name)
        return re.sub(r"[`*]", "", text)

    @property
    def number(self) -> str:
        """Its number in the course."""
        return self.name.partition("-")[0]


def page(notebook: Notebook, course: Sequence[Notebook],
         around: tuple[Notebook | None, Notebook | None], live: Mapping[int, str], out: Path,
         binder: str = "", lite: bool = False) -> str:
    """The whole page; large outputs are written beside it."""
    contents = "".join([
        f'<li><a href="{one.name}.html"{" aria-current=page" if one is notebook else ""}>'
        f"<span>{one.number}</span> {escape(one.title)}</a></li>" for one in course])
    before, behind = around
    links = [f'<a rel="prev" href="{before.name}.html">← {escape(before.title)}</a>'
             if before else "<span></span>",
             f'<a rel="next" href="{behind.name}.html">{escape(behind.title)} →</a>'
             if behind else "<span></span>"]
    template = Template(HERE.joinpath("page.html").read_text(encoding="utf-8"))
    there = binder.rstrip("/") + f"?urlpath=lab/tree/notebooks/{notebook.name}.ipynb"
    lab = f' Or <a href="{escape(there)}">open it on Binder</a>.' if binder else ""
    if lite:
        lab += (f' Or <a href="lite/lab/index.html?path={notebook.name}.ipynb">run it in this '
                "browser</a>, which loads Python first.")
    return template.substitute(binder=lab, title=escape(notebook.title), contents=contents,
                               body=body(notebook, live, out), around="".join(links),
                               name=notebook.name)


def body(notebook: Notebook, live: Mapping[int, str], out: Path) -> str:
    """The cells as nbconvert writes them."""
    import nbformat
    from nbconvert.exporters.html import HTMLExporter

    read = nbformat.read(notebook.path, 4)  # type: ignore[no-untyped-call]
    for i, cell in enumerate(read["cells"]):
        if cell["cell_type"] == "markdown":
            cell["source"] = linked(with_mathml(cell["source"]))
        if cell["cell_type"] == "code":  # a player waits for a kernel
            cell["outputs"] = [one for one in cell["outputs"] if not is_widget(one)]
        for k, one in enumerate(cell.get("outputs", ())):
            stripped(one, f"{notebook.number}-{i}-{k}", out)
        if cell["cell_type"] == "code" and (html := tried("".join(cell["source"]))):
            cell["outputs"].append(nbformat.from_dict(output(html)))  # type: ignore
        if i in live:
            cell["outputs"].append(nbformat.from_dict(frame(live[i])))  # type: ignore
    exporter: Any = HTMLExporter
    text, _ = exporter(template_name="basic").from_notebook_node(read)
    text = re.sub(r'<div class="prompt[^>]*>\s*(?:In|Out)?[^<]*</div>', "", text)
    anchor = '<a class="anchor-link"'
    return str(text).replace(anchor, f'{anchor} aria-label="Link to here"')


def is_widget(output: Mapping[str, Any]) -> bool:
    """Whether an output is the view of a widget, which only a kernel fills."""
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def with_mathml(text: str) -> str:
    """Markdown with its formulas as MathML; code stays as it is."""
    def made(found: re.Match[str]) -> str:
        if found[1]:
            return found[0]
        block = found[2] is not None
        return mathml(" ".join((found[2] or found[3]).split()), block=block).replace("\n", "")

    parts = re.split(r"(^```[\s\S]*?^```)", text, flags=re.MULTILINE)
    return "".join([part if i % 2 else MATH.sub(made, part) for i, part in enumerate(parts)])


def linked(text: str) -> str:
    """Markdown whose links to notebooks lead to pages."""
    return re.sub(r"\]\(([\w.-]+)\.ipynb(#[^)]*)?\)", r"](\1.html\2)", text)


def stripped(output: dict[str, Any], name: str, out: Path) -> None:
    """Leave of an output what a page shows, the large in a file of its own."""
    data = output.get("data")
    if data is None:
        return
    for kind in [*data]:
        if "text/html" in data and kind != "text/html":
            del data[kind]
    html = "".join(data.get("text/html", ""))
    if len(html) > LARGE:
        folder = out / "parts"
        folder.mkdir(exist_ok=True)
        told = json.dumps(html).replace("</", "<\\/")
        (folder / f"{name}.js").write_text(f"tutorPart({json.dumps(name)},{told});\n", "utf-8")
        alone = "<!doctype html><meta charset=utf-8><title>A picture of the course</title>"
        (folder / f"{name}.html").write_text(alone + html, "utf-8")
        data["text/html"] = (f'<div class="part" data-part="{name}"><a href="parts/{name}.html">'
                             f"The picture</a></div>")


def frame(name: str) -> dict[str, Any]:
    """An output that loads what is live when a reader opens it."""
    return output(f'<details class="live" data-src="live/{name}"><summary>Let it run in this page'
                  f'</summary><p><a href="live/{name}">Open it by itself</a></p></details>')


def output(html: str) -> dict[str, Any]:
    """An output of a cell that is this piece of a page."""
    return {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}


def search_index(course: Sequence[Notebook]) -> list[list[str]]:
    """Every section of the course: its page, its heading, its words."""
    found: list[list[str]] = []
    for notebook in course:
        heading = notebook.title
        for cell in notebook.cells:
            text = re.sub(r"[#$`*]|\]\([^)]*\)", "", source := "".join(cell["source"]))
            told = re.match(r"#+\s+(.+)", source) if cell["cell_type"] == "markdown" else None
            if told:
                heading = re.sub(r"[`*]", "", told[1])
            anchor = re.sub(r"\s", "-", heading)
            if found and found[-1][:2] == [notebook.name, anchor]:
                found[-1][3] = f"{found[-1][3]} {text}"[:WORDS]
            else:
                found.append([notebook.name, anchor, heading, text[:WORDS]])
    return found


def style() -> str:
    """The style sheet: our own, pictures' and charts', and the colours of code in both themes."""
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    from tutor.pictures.assets import style as styled

    light = HtmlFormatter(style="vs").get_style_defs(".highlight")
    night = "[data-jp-theme-light=false] .highlight"
    dark = HtmlFormatter(style="github-dark").get_style_defs(night)
    own = HERE.joinpath("site.css").read_text(encoding="utf-8")
    return "\n".join([light, dark, styled("pictures/html.css", "pictures/explore.css"), own])
