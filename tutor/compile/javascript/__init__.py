"""A compiled function as a program of JavaScript, for pages that compute.

`table.py` says what each op is there, `expressions.py` writes one, `elementwise.py` several in one
pass, `program.py` a module. What programs call is written by hand in `runtime/*.js`; a module
carries the functions that it needs. `python -m tutor.compile.javascript` prints the table.
"""
