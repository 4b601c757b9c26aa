"""The ops: one block each, with its NumPy expression, gradient, notation, types and
documentation.
"""
