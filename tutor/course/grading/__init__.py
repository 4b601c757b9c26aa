"""A class is graded: notebooks run behind walls, their answers are judged where none of them ran.

`command` is `tutor grade`. It calls `archive` and `collect` (whose are which files, by `names`),
then `marks`: for each learner `sandbox` starts `inside` in a process that `walls` shut in, and what
it answers goes by `asking` to the process of `judge`, where the key is; `report` writes CSV and
HTML. `running` can end all processes. What a notebook wrote is bytes up to `judge`.
"""
