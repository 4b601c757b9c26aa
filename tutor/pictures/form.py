"""A compiled function as a page that computes: a field for each input, and the results below.

Comes after what is shown of a function, which is the page without scripts.
"""

from __future__ import annotations

import json
from html import escape

from tutor.compile.compiled import Function
from tutor.compile.javascript.module import module, script
from tutor.core.graph import quoted
from tutor.pictures import assets, html
from tutor.pictures.computed import beginning, link
from tutor.pictures.shown import parts_of


def page(f: Function) -> str:
    """The page, whole. Raises BadValueError for what has no form in JavaScript."""
    made = module({"compute": f}, calls=("Tensor", "asTensor", "argument", "packed"))
    fields = [{"name": v.name or f"x{i + 1}", "kind": str(v.type), "value": value.tolist()}
              for i, (v, value) in enumerate(zip(f.inputs, beginning(f), strict=True))]
    form = f._request.form
    told = {"inputs": fields, "updates": [*made.keys.values()] if f.updates else [],
            "outputs": [v.name or quoted(v, 60) for v in f.outputs],
            "keys": [str(key) for key in form] if isinstance(form, list) else None}
    shown = parts_of(f)
    body = f'<div class="tutor-form"></div>{shown.html or f"<pre>{escape(shown.plain)}</pre>"}'
    return html.document(f.name or "f", body + link(), assets.style("pictures/form.css"),
                         script(made), f"const TOLD = {json.dumps(told)};",
                         assets.script("pictures/dom.js", "pictures/form.js"))
