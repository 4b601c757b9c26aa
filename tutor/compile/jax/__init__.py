"""`mode="jax"`: the same rewritten graph, run by JAX on whatever devices it has.

`names.py` says what the names in the ops' NumPy expressions mean there, `program.py` runs the
table of a graph under `jit`, `devices.py` keeps shared values on the device. JAX is loaded when
the first such function is made.
"""
