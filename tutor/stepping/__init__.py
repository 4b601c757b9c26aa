"""Stepping through graphs: evaluation forwards, derivatives backwards, the optimizer as a film.

Loaded when it is first asked for; comes after the pictures, over which it steps.
"""

from tutor.stepping.explore import Exploration, explore
from tutor.stepping.film import Film, rewrites
from tutor.stepping.saving import save

__all__ = ["Exploration", "Film", "explore", "rewrites", "save"]
