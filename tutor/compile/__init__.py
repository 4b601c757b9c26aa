"""From `function([x], y)` to what is called: `function.py` takes the call, `arguments.py` and
`io.py` check it; `compiled.py` has the graph rewritten by `rules/`, and the `Function` that comes
back; `lowering.py` makes a program of it (a list of calls with operands, results, buffers),
`passes.py` has the passes over that in order (`blocks.py`, `buffers.py`, `inplace.py`), and a back
end prints it (`source.py` in a `scope.py`; `jax/`) or runs it (`table.py`). `emit.py` writes the
`__call__` around that.
"""
