"""Derivatives by hand: how a person takes them, line by line.

`placeholder` is a derivative that is not taken yet, `readings` say which rule an expression is
taken by, `tidy` gathers factors and terms, `lines` makes the steps; `derive.py` beside this folder
shows them.
"""
