"""Training that is watched, stopped and bent: `Descent` runs a compiled function step by step,
`Race` several side by side. Loaded when it is first asked for, as `tutor.live`. In order:

`history`, `batches`, `checkpoints`, `diagnosis`, `training`, `lockstep`: the run, without a view.
`landscape`, `valley`, `inside`: what is asked of it beside its steps. `lanes`, `panels`, `maps`,
`predictions`, `mistakes`, `layers`, `views`: how it looks. `cell`, `flow`, `player`: played in a
notebook; `replay`, `computing/`: in a page of its own. `played`, `runs`: what one calls.
"""

from tutor.live.runs import Descent, Race
from tutor.live.training import DivergedError
from tutor.names import naming_the_nearest

__all__ = ["Descent", "DivergedError", "Race"]

__getattr__ = naming_the_nearest("tutor.live", "tutor.live.", __all__)
