"""Stepping through graphs: evaluation forwards, derivatives backwards, the optimizer as a film.

Loaded when it is first asked for, as `tutor.explore`; comes after the pictures it steps over.
"""

from tutor.stepping.explore import Exploration, explore

__all__ = ["Exploration", "explore"]
