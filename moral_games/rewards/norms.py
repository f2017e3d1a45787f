"""A duty in one line: a rule over what was done, and a penalty for breaking it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import cache, reduce
from inspect import signature
from itertools import pairwise

from moral_games.names import expression, unknown
from moral_games.rewards.function import Setting, value
from moral_games.rewards.outcome import Array, Outcome

Condition = Callable[..., Array]
"""Takes some of `VARIABLES` by name as integer arrays and returns a boolean array."""

VARIABLES = {
    "own": "the own action in the round before",
    "others": "the other player's action in the round before, each of them in turn",
    "action": "the own action now",
}
"""What a rule may speak of."""

BETRAYAL = "action > 0 and others == 0"
"""The rule of `deontological`: defecting against one who has just cooperated."""

COMPARISONS: dict[type[ast.cmpop], Callable[[Array, Array], Array]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _check(rule: Setting, penalty: Setting, name: Setting) -> None:
    if not isinstance(name, str):
        raise ValueError(f"the name of a norm must be a text, got {name!r}")
    if isinstance(rule, str):
        _read(rule)
    elif callable(rule):
        _variables(rule)
        if not name and not getattr(rule, "__name__", "").isidentifier():
            raise ValueError("a rule given as a lambda needs a name, as in norm(lambda ...: ..., name='no_betrayal')")


@value(check=_check)
def norm(outcome: Outcome, rule: str | Condition = BETRAYAL, *, penalty: float = 3.0, name: str = "") -> Array:
    """Do not break this rule: −penalty times the share of the others towards whom it was broken.

    Parameters
    ----------
    outcome
        The rounds to judge.
    rule
        When the norm is *broken*. A text of comparisons joined with ``and``, ``or``, ``not``, over
        integers and ``own`` (the own action in the round before), ``others`` (another player's,
        each of them in turn) and ``action`` (the own action now); it is read, never evaluated. Or
        a function of any of those three names, which gets integer arrays and returns a boolean
        array: it has ``&``, ``|``, ``~`` instead of ``and``, ``or``, ``not``.
    penalty
        What it costs to break the norm towards everyone. A rule that does not speak of
        ``others`` is broken towards everyone or no one.
    name
        What a lambda is to be called; any other rule has a name of its own.

    Notes
    -----
    A rule is never broken in respect of an action that was not taken: a rule that speaks of
    ``own`` or ``others`` binds only where there was such an action in the round before. A rule
    that speaks of ``action`` alone binds from the first round on.

    The default is the duty of `deontological`, Tennant et al. (2023). A reward with a function
    for a rule prints with its name and cannot be read back from that text.

    Raises
    ------
    ValueError
        If the rule is not of that language; the message names what it does not know.

    Examples
    --------
    >>> norm("own == 0 and action > 0", penalty=2)
    norm("own == 0 and action > 0", penalty=2)
    >>> def no_first_strike(others, action):
    ...     return (action > 0) & (others == 0)
    >>> norm(no_first_strike)
    norm(no_first_strike, penalty=3)
    """
    variables, broken = _read(rule) if isinstance(rule, str) else (_variables(rule), rule)
    own = {"own": outcome.previous, "action": outcome.actions}

    def share(others: Array) -> Array:
        seen = {**own, "others": others}
        taken = reduce(operator.and_, (seen[variable] >= 0 for variable in variables), outcome.legal)
        found = broken(**{variable: seen[variable] for variable in variables})
        if "bool" not in str(found.dtype):
            raise TypeError(f"a norm's rule must say true or false of each action, got {found.dtype}")
        return outcome.number(taken & found)

    if "others" not in variables:
        return -penalty * share(outcome.previous)
    shares = sum(map(share, outcome.others(outcome.previous)), outcome.xp.zeros_like(outcome.payoffs))
    return -penalty * shares / max(outcome.game.players - 1, 1)


def _variables(rule: Condition) -> tuple[str, ...]:
    """Return which of `VARIABLES` a function takes."""
    for name in signature(rule).parameters:
        if name not in VARIABLES:
            raise unknown("parameter of a norm's rule", name, VARIABLES)
    return tuple(signature(rule).parameters)


@cache
def _read(rule: str) -> tuple[tuple[str, ...], Condition]:
    """Return which of `VARIABLES` a text speaks of, and the condition it states."""
    tree = expression(rule)
    if tree is None:
        raise ValueError(f"cannot read the rule {rule!r}; write for example {BETRAYAL!r}")
    condition = _condition(tree)
    spoken_of = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return tuple(name for name in VARIABLES if name in spoken_of), condition


def _condition(node: ast.expr) -> Condition:
    match node:
        case ast.BoolOp(op=op, values=values):
            join = operator.and_ if isinstance(op, ast.And) else operator.or_
            parts = [_condition(value) for value in values]
            return lambda **seen: reduce(join, (part(**seen) for part in parts))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            negated = _condition(operand)
            return lambda **seen: ~negated(**seen)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            links = [_comparison(a, op, b) for op, (a, b) in zip(ops, pairwise([left, *comparators]), strict=True)]
            return lambda **seen: reduce(operator.and_, (link(**seen) for link in links))
    raise ValueError(
        f"cannot read {ast.unparse(node)!r} in a rule; it is made of comparisons such as 'action > 0' "
        "joined with and, or, not"
    )


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
    if type(op) not in COMPARISONS:
        raise ValueError("a rule compares with ==, !=, <, <=, > and >= only")
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        raise ValueError(f"{ast.unparse(left)!r} and {ast.unparse(right)!r} are both numbers; a rule needs a name")
    compare, first, second = COMPARISONS[type(op)], _operand(left), _operand(right)
    return lambda **seen: compare(first(**seen), second(**seen))


def _operand(node: ast.expr) -> Condition:
    match node:
        case ast.Name(id=name):
            if name not in VARIABLES:
                raise unknown("name in a rule", name, VARIABLES)
            return lambda **seen: seen[name]
        case ast.Constant(value=int() as integer) if not isinstance(integer, bool) and integer < 2**31:
            return lambda **seen: integer
    raise ValueError(f"a rule compares {', '.join(VARIABLES)} and integers; cannot read {ast.unparse(node)!r}")
