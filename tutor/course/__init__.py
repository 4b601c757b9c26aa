"""The course beside its notebooks: data sets, pictures of them, exercises that are checked.

>>> import tutor
>>> tutor.course.digits().x.shape
(1797, 64)
"""

from tutor.course.checks import check, hint, learner, progress, require, solution
from tutor.course.curves import curves
from tutor.course.digits import digits
from tutor.course.elsewhere import elsewhere
from tutor.course.pictures import images
from tutor.course.places import places
from tutor.course.rubric import rubric
from tutor.names import naming_the_nearest

__all__ = ["check", "curves", "digits", "elsewhere", "hint", "images", "learner", "places",
           "progress", "require", "rubric", "solution"]

__getattr__ = naming_the_nearest("tutor.course", "tutor.course.", __all__)
