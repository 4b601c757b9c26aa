"""Pictures: formulas, graphs, and steps through them, made from what the graph says. In order:

`latex`, `mathml`, `plain`: a formula. `picture` (the graph as plain data), `fold`, `boxes`,
`words`, `layout`, `geometry`, `edges`, `svg`, `dot`, `tikz`: a graph. `pixels`, `summary`: a value.
`html`, `opening`, `display`, `gradients`: what is shown. `values`, `story`, `annotations`, `page`,
`stage`, `explore`, `film`, `failure`, `derive`: steps. `computed`, `turning`: pages that compute.
`saving`, `paper`: files. `charts/` and `derivation/` have maps of their own.
"""
