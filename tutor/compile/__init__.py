"""From `function([x], y)` to what is called, in the order in which the files run: `function.py`,
`arguments.py` (what it is given, checked), `mode.py`; `compiled.py` has the graph rewritten
(`rules/`) and makes the `Function`; `emit.py` writes its `__call__` around a program, which
`lowering.py` makes (calls with operands and results), `passes.py` plans (with `buffers.py`,
`inplace.py`) and a back end prints or runs: `source.py` (in a `scope.py`; `blocks.py`, `loops.py`),
`table.py`, `jax/`. Asked later: `inside.py`, `explain.py` with `marked.py`, `watching.py` and
`debugmode.py`, `standalone.py`, `javascript/`. Beside: `builders.py`, `verify.py`.
"""
