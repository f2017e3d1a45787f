"""The picture on the first page: a game, what a value makes of it, and a player judged by that value."""

from __future__ import annotations

from writing import payoffs

from moral_games import evaluate, games, opponents, rewards
from moral_games.repeated import state_labels

ARROW = '<span aria-hidden="true">→</span>'

GAME, VALUE, PLAYER, OTHER, DISCOUNT = "ipd", "utilitarian", "tit_for_tat", "random", 0.9


def picture() -> str:
    """Return the picture as HTML; its numbers are worked out here."""
    value = f"<code>{VALUE}</code>"
    game = games.get(GAME)
    after = rewards.transform(game, VALUE)
    regret = evaluate(PLAYER, OTHER, game, VALUE, DISCOUNT).moral_regret
    parts = (
        _part("A game", payoffs(game), f"{game.title}. Best replies are underlined, the equilibrium is shaded."),
        _part("under a value", payoffs(after), f"If both are {value}, there is no dilemma: {after.kind}."),
        _part(
            "judges a player",
            _policy(),
            f"What {PLAYER} does. Against {OTHER} play its moral regret is {regret:.2f}, exactly.",
        ),
    )
    return f'<div class="picture">{ARROW.join(parts)}</div>'


def _part(title: str, drawn: str, said: str) -> str:
    return f"<div><p><strong>{title}</strong></p>{drawn}<p>{said}</p></div>"


def _policy() -> str:
    """Return a table of what the player does in each state."""
    game = games.get(GAME)
    cooperates = opponents.get(PLAYER)(game).probabilities[:, 0]
    heads = "".join(f'<th scope="col">{label}</th>' for label in state_labels(game))
    cells = "".join(f"<td>{p:g}</td>" for p in cooperates)
    return (
        f'<div class="payoffs"><table class="payoffs"><tr><td></td>{heads}</tr>'
        f'<tr><th scope="row">P(cooperate)</th>{cells}</tr></table></div>'
    )
