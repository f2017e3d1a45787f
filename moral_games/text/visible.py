"""Text from others, as it can be shown: nothing in it moves a cursor, colours a line or turns writing round."""

from __future__ import annotations

import re

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Control characters but for tab and line feed, signs of no width, marks of direction, and halves of characters."""


def visible(text: str) -> str:
    r"""Return a text in which every character that does not print is told as its code.

    Parameters
    ----------
    text
        Anything; tabs and line feeds stay.

    Examples
    --------
    >>> visible("plain\n\x1b[31mred, \u202egnp")
    'plain\n\\x1b[31mred, \\u202egnp'
    """
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
