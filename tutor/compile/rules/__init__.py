"""Rewriting. A rule is a row of a table (`patterns.py`: pattern, replacement, reason, licence), and
tested by being there: `arithmetic.py` has algebra, `shapes.py` what is filled, moved and sized,
`stability.py` forms that keep digits, `columns.py` Jacobians, `sharing.py` common subexpressions.

`selection.py` finds the rules that may apply, `engine.py` applies them and records each step;
`facts.py` and `products.py` tell of variables. `vectorize.py`, `motion.py`, `loops.py` are passes.
"""
