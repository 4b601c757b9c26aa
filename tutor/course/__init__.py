"""The course beside its notebooks: exercises that are checked, data sets, pictures, whole classes.

`checks` has what a learner calls. It takes a row of `exercises` and its `key`, whose rules are in
`answers`, `rewriting`, `learning` and `rubric`: they run the `definition` of an answer at points,
and tell by `remarks` what is wrong, by `slips` why, most of which `mistaken` makes. What was tried
`record` keeps, `written` as JSON; `grading` reads it. Copies: `commands`, `copies`, `shipped`,
`doctor`. Notebooks: `store`, `editions`, `assignment`, `twin`, `site`, `slides`.
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
