"""x"""
from tutor.graph import Constant, Variable


def never_negative(x: Variable, depth: int = 4) -> bool:
    """Whether x is 0 or more, or nan, for every argument.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> never_negative(T.sum(x ** 2) + abs(x)), never_negative(x + 1)
    (False, False)
    >>> never_negative(T.sum(T.sqr(x)) + abs(x))
    True
    """
    node = x.owner
    if node is None or not depth:
        data = getattr(x, "data", None)
        return data is not None and data.size < 100 and bool((data >= 0).all())
    op = node.op
    return x.dtype.startswith("float") and (op.result_sign in ("positive", "not negative") or (
        op.result_sign != "" and all(never_negative(v, depth - 1) for v in node.inputs[op.reads])))


def is_positive(v: Variable, depth: int = 3) -> bool:
    """Whether a variable is larger than 0 for every argument, as mathematics has it.

    >>> import tutor.tensor as T
    >>> is_positive(1 + T.exp(T.dscalar("x")))
    True
    """
    node = v.owner
    if isinstance(v, Constant):
        return v.data.size < 100 and bool((v.data > 0).all())
    if node is None or depth == 0:
        return False
    op = node.op
    return op.result_sign == "positive" or (
        op.result_sign == "kept" and all(is_positive(u, depth - 1) for u in node.inputs[op.reads]))
