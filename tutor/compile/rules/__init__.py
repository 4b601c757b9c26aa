"""Rewriting. `patterns.py`: a rule (pattern, replacement, why, licence), and what matches it. The
tables, tested by being there: `arithmetic.py` has algebra (exact, or equal up to rounding),
`stability.py` forms that keep digits, `shapes.py` what is filled, moved, indexed and sized,
`sharing.py` what is computed once. `selection.py` has them all, and finds those that may apply to a
node; `engine.py` applies them, and records each step. Rules ask `facts.py` about variables and
`products.py` about factors; `own.py` reads a rule of a learner's. Passes over what a loop computes,
before all rules: `loops.py` calls `motion.py`, `columns.py` and `vectorize.py`.
"""
