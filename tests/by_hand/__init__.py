"""What the programs in `tests/programs` compute, by hand in NumPy: every derivative worked out."""
