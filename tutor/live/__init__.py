"""Training that is watched, stopped and bent: `Descent` runs a compiled function step by
step, `Race` several side by side.

Loaded when it is first asked for, as `tutor.live`; Jupyter's widgets only when a view is shown.
"""

from tutor.live.descent import Descent
from tutor.live.race import Race
from tutor.live.training import DivergedError
from tutor.names import naming_the_nearest

__all__ = ["Descent", "DivergedError", "Race"]

__getattr__ = naming_the_nearest("tutor.live", "tutor.live.", __all__)
