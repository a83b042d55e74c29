"""Codes that are hard to guess. Pure: the codes themselves are kept by `bridge.storage`.

Eight random digits are drawn for everybody. A code that somebody chooses has at least `SHORTEST_CHOSEN` digits and no
pattern that a guesser would try first.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Final

from bridge.domain.conference.reasons import CodeReason
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.reasons import Reason

ORDERS: Final = ConferenceId("orders")
"""In the place of a conference: the personal codes by which functions start call-outs by telephone."""
DRAWN: Final = 8
"""Digits of a code that is made."""
SHORTEST_CHOSEN: Final = 6
LONGEST: Final = 12
_CHOSEN: Final = re.compile(rf"[0-9]{{{SHORTEST_CHOSEN},{LONGEST}}}", re.ASCII)
_FEW: Final = 4
"""Fewer different digits than this are few."""
_RUN: Final = 3
"""So many equal steps in a row, which is four digits, are a run."""

_DAY, _MONTH, _YEAR = "(0[1-9]|[12][0-9]|3[01])", "(0[1-9]|1[0-2])", "(19|20)[0-9]{2}"
_SHORT_DATE: Final = re.compile(
    f"{_DAY}{_MONTH}[0-9][0-9]|{_MONTH}{_DAY}[0-9][0-9]|[0-9][0-9]{_MONTH}{_DAY}|{_YEAR}[0-9]*|[0-9]*{_YEAR}"
)
"""Of six or seven digits a year leaves two or three to guess."""
_LONG_DATE: Final = re.compile(
    f"{_DAY}{_MONTH}{_YEAR}.*|{_MONTH}{_DAY}{_YEAR}.*|{_YEAR}{_MONTH}{_DAY}.*|{_YEAR}{_YEAR}|[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{4}}"
)
"""Eight digits and more: a whole date, two years, or a date of birth with its four digits."""

_ROWS: Final = ("123", "456", "789", "147", "258", "369", "159", "357", "580", "2580")
_LINES: Final = frozenset(line for row in _ROWS for line in (row, row[::-1]))
"""Keys that lie in a line on the telephone."""
_BESIDE_LINES: Final = 2
"""A code of lines has at most so many digits beside them."""


def fault_of(code: str) -> Reason | None:
    """Why nobody may choose this code; `None` where they may. The reason never holds the code."""
    if not _CHOSEN.fullmatch(code):
        return CodeReason.SHAPE()
    return pattern_of(code)


def pattern_of(code: str) -> Reason | None:
    """The pattern of a code of digits, if it has one."""
    if _repeats(code):
        return CodeReason.REPEATS()
    if _counts(code):
        return CodeReason.COUNTS()
    if _is_mirrored(code):
        return CodeReason.MIRRORED()
    if (_SHORT_DATE if len(code) < DRAWN else _LONG_DATE).fullmatch(code):
        return CodeReason.DATE()
    if len(code) - _in_lines(code) <= _BESIDE_LINES:
        return CodeReason.LINES()
    return None


def is_prefix_free(code: str, others: Iterable[str]) -> bool:
    """Whether neither this code begins any of the others, nor one of them this code. Then nobody
    who keys a long code falls into another meeting on the way."""
    return not any(code.startswith(other) or other.startswith(code) for other in others)


def _repeats(code: str) -> bool:
    """Few different digits, a block that comes again, or each digit twice."""
    return len(set(code)) < _FEW or code in (code + code)[1:-1] or code[::2] == code[1::2]


def _counts(code: str) -> bool:
    """Four digits in a row that are alike, or count by ones or twos; or equal steps all the way. 0 follows 9."""
    steps = [(int(after) - int(before)) % 10 for before, after in pairwise(code)]
    runs = (steps[at : at + _RUN] for at in range(len(steps) - _RUN + 1))
    return len(set(steps)) == 1 or any(len(set(run)) == 1 and run[0] in (0, 1, 2, 8, 9) for run in runs)


def _is_mirrored(code: str) -> bool:
    """The same from behind, by digits or by pairs."""
    pairs = [code[at : at + 2] for at in range(0, len(code), 2)]
    return code == code[::-1] or pairs == pairs[::-1]


def _in_lines(code: str) -> int:
    """The most digits that lie in lines of the keypad, each digit counted once."""

    @cache
    def most(at: int) -> int:
        if at >= len(code):
            return 0
        lines = (line for line in (code[at : at + 3], code[at : at + 4]) if line in _LINES)
        return max((most(at + 1), *(len(line) + most(at + len(line)) for line in lines)))

    return most(0)
