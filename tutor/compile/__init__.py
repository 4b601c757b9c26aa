"""From `function([x], y)` to what is called: `function.py` checks what is given, `rules/` rewrite
the graph, `lowering.py` makes a program of it (a list of calls with operands, results, buffers),
`passes.py` has the passes over that in order (`fusion.py`, `buffers.py`, `inplace.py`), and a back
end prints it (`source.py`: lines of NumPy; `jax/`) or runs it (`table.py`). `emit.py`
writes the `__call__` around that, and `compiled.py` has the `Function` that comes back.
"""
