"""`tutor site OUT/`: the course as pages that any server of files can hold.

Comes after the notebooks, whose stored outputs it shows; what is live in them computes in place.
`building.py` writes the folder, `pages.py` a notebook as a page, `running.py` finds what is live by
running its cells; `lite.py` adds JupyterLite.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def add(command: argparse.ArgumentParser, course: Callable[[], Path]) -> None:
    """Build the grammar of the command; `course` is the folder with the notebooks."""
    command.add_argument("out", type=Path, metavar="OUT", help="the folder to write, made anew "
                         "or empty")
    command.add_argument("--still", action="store_true",
                         help="run no cells: pages without what computes in them")
    command.add_argument("--binder", default="", metavar="URL", help="the address of the course "
                         "on Binder, such as https://mybinder.org/v2/gh/OWNER/REPO/HEAD")
    command.add_argument("--lite", action="store_true",
                         help="add JupyterLite, in which notebooks run in the browser itself")
    command.set_defaults(course=course)


def write(args: argparse.Namespace) -> int:
    """Write the course as pages for any server."""
    from tutor.course.site.building import build  # loads what draws and what trains

    return build(args.course(), args.out, not args.still, args.binder, args.lite)
