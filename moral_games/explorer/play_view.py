"""A match as HTML: the last round, what both have got, and what the opponent does in each of its states."""

from __future__ import annotations

from moral_games.envs.rendering.scene import number
from moral_games.explorer.game_view import payoff_table
from moral_games.explorer.markup import shown, table
from moral_games.explorer.match import Match, Played, memory_labels

ROUNDS_SHOWN = 12
"""How many of the latest rounds are listed."""

STATES_SHOWN = 40
"""How many of the opponent's states are listed."""


def last_round(match: Match) -> str:
    """Return the last round as a sentence."""
    if not match.rounds:
        return "Nothing has been played yet."
    played = match.rounds[-1]
    own, other = (_action(match, i, played) for i in (0, 1))
    paid, theirs = (number(payoff) for payoff in played.payoffs)
    over = " The match is over." if match.over else ""
    return (
        f"Round {len(match.rounds)}: you {own}, opponent {other}; payoffs {paid} and {theirs}; your moral reward "
        f"{number(played.reward)}.{over}"
    )


def board(match: Match) -> str:
    """Return the payoffs with the last joint action outlined, and the sums so far, as HTML."""
    played = match.rounds[-1].actions if match.rounds and min(match.rounds[-1].actions) >= 0 else None
    own, other, reward = map(number, match.totals())
    return (
        f"{payoff_table(match.game, played)}"
        f'<dl class="sums"><div><dt>Your payoffs</dt><dd>{own}</dd></div><div><dt>Opponent\'s payoffs</dt>'
        f"<dd>{other}</dd></div><div><dt>Your moral rewards</dt><dd>{reward}</dd></div></dl>"
    )


def rounds(match: Match) -> str:
    """Return the latest rounds as HTML, the last one first."""
    heads = ("Round", "You", "Opponent", "Payoffs", "Reward")
    listed = list(enumerate(match.rounds, 1))[: -ROUNDS_SHOWN - 1 : -1]
    rows = [
        (
            str(place),
            shown(_action(match, 0, played)),
            shown(_action(match, 1, played)),
            ", ".join(map(number, played.payoffs)),
            number(played.reward),
        )
        for place, played in listed
    ]
    if not rows:
        return ""
    hidden = len(match.rounds) - len(rows)
    more = f'<p class="soft">and {hidden} before.</p>' if hidden else ""
    return f"<h2>Rounds</h2>{table(heads, rows, 'The latest rounds, the last one first', 'rounds')}{more}"


def states(match: Match) -> str:
    """Return what the opponent does in each of its states as HTML; the one that it is in is marked."""
    game = match.game.seen_by(1)
    acting = match.opponent.with_illegal
    names = [*game.actions[0], "illegal"] if acting[:, -1].any() else list(game.actions[0])
    labels = memory_labels(match.opponent, game)
    first = max(0, min(match.memory - STATES_SHOWN // 2, len(labels) - STATES_SHOWN))
    rows = [
        (_state(labels[state], state == match.memory), *(_bar(p) for p in acting[state, : len(names)]))
        for state in range(first, min(first + STATES_SHOWN, len(labels)))
    ]
    hidden = len(labels) - len(rows)
    more = f'<p class="soft">and {hidden} more states.</p>' if hidden > 0 else ""
    windows = labels[0] == "start"
    told = "States are the rounds it remembers, the latest first, its own action first." if windows else ""
    caption = "Probability of each action of the opponent, by its state"
    heads = ("State", *map(shown, names))
    return (
        f"<h2>What {shown(match.opponent.name)} does</h2>{table(heads, rows, caption, 'states')}{more}"
        f'<p class="soft">The marked state is the one that it is in now. {told}</p>'
    )


def _action(match: Match, player: int, played: Played) -> str:
    action = played.actions[player]
    return "illegal answer" if action < 0 else match.game.actions[player][action]


def _state(label: str, current: bool) -> str:
    return f'<span class="now">▶ {shown(label)}<span class="unseen"> (now)</span></span>' if current else shown(label)


def _bar(probability: float) -> str:
    return f'<span class="bar" style="--p:{probability:.3f}">{probability:.2f}</span>'
