"""The ops, a chapter a file, each of which begins with what is in it. To add one, copy one.

Elementwise: `log1p` in `functions.py`, a block. Any other: `Sort` in `sorting.py`, a class that has
its settings, `numpy` (its expression), `types`, `vjp` (its gradient), and the function for people,
its name in `__all__`. Examples end a file: `like(sort, (3, 4), axis=each(0, 1))` says that `sort`
of 3 by 4 numbers is NumPy's, along both axes; all nets of tests go over these. What is missing is
told by `pytest tests/test_registry.py tests/test_ops.py -k "sort or every"`.
"""
