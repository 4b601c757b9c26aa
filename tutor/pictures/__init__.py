"""Pictures: formulas, graphs, and steps through them, all made from what the graph says.

A formula is written in text, LaTeX and MathML; a `Picture` is a graph walked once into plain data,
and becomes SVG, DOT, TikZ or words; over both one can step. Loads when something is first shown;
nothing of the engine imports it.
"""
