"""A class is graded: notebooks run behind walls, their answers are judged where none of them ran.

In order: `collect` finds what was handed in, `sandbox` starts a process for a notebook, in which
`walls` gives rights away and `inside` runs the cells; `judge` reads the answers in another process,
`marks` puts both together, `report` writes CSV and HTML, `command` is `tutor grade`.
"""
