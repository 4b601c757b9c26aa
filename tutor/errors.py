"""The errors a learner can meet, under the name by which programs catch them."""

from tutor.core.errors import *  # noqa: F403
