"""Derivatives by hand: how a person takes them, line by line. To be read in this order:

`unevaluated` is a derivative that is not taken yet; `product` and `simplify` gather factors and
terms; `preprocessing` makes an expression ready; `notation` writes as people do; `rules` and
`identities` say how an expression is read; `steps` makes the lines; `derivation` shows them.
`derive.py` beside this folder is what one calls.
"""
