"""Derivatives beyond `core/gradient.py`: branches that are not taken, Jacobians, products."""
