"""Charts of numbers: curves, contours and arrays as plain data, drawn as SVG and in a page.

Stands by itself. `chart` has marks and scenes, `axes` what is between numbers and pixels, `svg`
draws a scene; `heat` and `plot` show arrays and expressions. Runs and the course use the same.
"""
