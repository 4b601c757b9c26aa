"""Charts of numbers: curves, contours and arrays as plain data, drawn as SVG and in a page.

To be read in this order: `chart` has marks, panels and scenes; `axes` what is between numbers and
pixels; `svg` draws a scene, `chart.js` too, and `reading.js` tells numbers under a pointer; `heat`
shows arrays; `sampling` asks an expression at many places, `contours` and `surface` draw a plane of
heights, `plot` is what one calls. Runs and the course draw with the same.
"""
