"""How the archive's meetings are found: words without case and marks, and what a search may ask for. Pure."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import ConferenceId

MOST_WORDS: Final = 10
"""So many words of a search count. The others are left out."""
MOST_LABELS: Final = 20
"""Of one meeting."""
_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "ł": "l", "ð": "d", "þ": "th"})
"""Letters that have no mark to take away."""


def folded(text: str) -> str:
    """Without case and marks, so that `AKE` finds Åke. White space is one blank, and line breaks stay apart."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return "\n".join(" ".join(line.split()) for line in kept.splitlines())


def words_of(text: str) -> tuple[str, ...]:
    """The words that a meeting must have, each once, folded."""
    return tuple(dict.fromkeys(folded(text).split()))[:MOST_WORDS]


MOST_LETTERS: Final = 40
"""A part of a word is looked up by so many of its letters."""
LONGEST_WORD: Final = 200
"""A word that has no blank for longer is found by its first so many letters."""


def endings(word: str) -> tuple[str, ...]:
    """The word from each of its letters on, cut. A part of the word is the beginning of one of them."""
    cut = word[:LONGEST_WORD]
    return tuple(dict.fromkeys(cut[at : at + MOST_LETTERS] for at in range(len(cut))))


@dataclass(frozen=True, slots=True)
class MeetingQuery:
    """A search in the archive. All that is given must hold.

    Attributes:
        text: Words that are found anywhere in a meeting's names, functions, decisions, agenda, labels and reports.
        since_s: It began then or later, in seconds since 1970.
        until_s: It began before then.
        forum: The id of its forum.
        organisation: A part of the name of an organisation that was there.
        talker: A part of the name of somebody who spoke.
        exercise: Exercises alone, or none of them; `None`: both.
        label: One of its labels, as a whole.
        reads_secrets: Whether words may find what is under secrecy.
        after: The last meeting of the page before.
        limit: At most so many.
    """

    text: str = ""
    since_s: float | None = None
    until_s: float | None = None
    forum: str | None = None
    organisation: str = ""
    talker: str = ""
    exercise: bool | None = None
    label: str = ""
    reads_secrets: bool = False
    after: ConferenceId | None = None
    limit: int = 50

    @property
    def asks_for_words(self) -> bool:
        """Whether an answer tells something of what was said or who was there."""
        return bool(self.text or self.organisation or self.talker or self.label)
