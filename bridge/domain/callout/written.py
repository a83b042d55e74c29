"""Answers to a call-out as people write them on a telephone."""

import re
from typing import Final

from bridge.domain.callout.written_answers import Written, WrittenAnswer

MOST_CHARACTERS: Final = 200
"""A longer text is read no further."""
MOST_MINUTES: Final = 1440

_ANSWER: Final = re.compile(
    r"([a-zåäö]{1,10}|[0-9])"
    r"(?:[ \t,.:;/-]{1,5}(?:om |in )?([0-9]{1,4}) ?(?:m|min|minuter|minutes)?)?[ \t.!]{0,5}",
    re.ASCII,
)
_WORDS: Final = {
    "1": WrittenAnswer.COMES,
    "ja": WrittenAnswer.COMES,
    "j": WrittenAnswer.COMES,
    "yes": WrittenAnswer.COMES,
    "y": WrittenAnswer.COMES,
    "kommer": WrittenAnswer.COMES,
    "2": WrittenAnswer.LATER,
    "senare": WrittenAnswer.LATER,
    "later": WrittenAnswer.LATER,
    "3": WrittenAnswer.CANNOT,
    "nej": WrittenAnswer.CANNOT,
    "n": WrittenAnswer.CANNOT,
    "no": WrittenAnswer.CANNOT,
}


def read_written(text: str) -> Written | None:
    """`1`, `2`, `2 30`, `3`, `ja`, `nej` → the answer; `None`: it is none of them.

    The first line that holds anything counts: telephones put a signature below. Minutes are told with a 2 alone, and
    are 1…1440.
    """
    lines = (line.strip() for line in text[:MOST_CHARACTERS].casefold().splitlines())
    found = _ANSWER.fullmatch(next((line for line in lines if line), ""))
    answer = _WORDS.get(found[1]) if found is not None else None
    if found is None or answer is None:
        return None
    if found[2] is None:
        return Written(answer)
    minutes = int(found[2])
    if answer is not WrittenAnswer.LATER or not 1 <= minutes <= MOST_MINUTES:
        return None
    return Written(answer, minutes)


def read_coded(text: str) -> Written | None:
    """`1`, `2`, `2 30`, `3`, `4` by radio → the answer; `None`: it is none of them.

    Words are orders there (`bridge.service.orders.grammar`), so that only digits answer.
    """
    if text.strip() == WrittenAnswer.DEPUTY.value:
        return Written(WrittenAnswer.DEPUTY)
    return read_written(text) if text.strip()[:1].isdigit() else None
