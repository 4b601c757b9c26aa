"""Derivatives beyond `core/gradient.py`, whose walk `pulling.py` takes the place of in programs:
`branches.py`, which are not taken; `cost.py`, `grad` itself; `forward.py` and `products.py`,
products with Jacobians; `markers.py`, what holds a gradient back.
"""
