"""Derivatives as programs ask for them. `tutor.grad` is `cost.grad`: it checks what it gets, and
`pulling.pull_back` walks backwards, in the place of the core's walk (core/gradient.py, which runs
where the core is alone), with what `branches.py` knows of branches that are not taken.
`forward.py` and `products.py`: products with Jacobians; `markers.py`: what holds a gradient back.
"""
