"""The documentation of a meeting as PDF/A-2a and PDF/UA-1, by typst."""

from collections.abc import Sequence
from typing import Any, Final

from bridge.domain.kernel.language import Language
from bridge.reports.paper import readable, typeset
from bridge.words import word

MOST_LINES: Final = 2000
"""Of the timeline. All are in the files beside the document."""


def paper(
    language: Language,
    title: str,
    exercise: str | None,
    facts: Sequence[tuple[str, str]],
    parts: Sequence[dict[str, Any]],
    timezone: str,
    made_at_s: float,
) -> bytes:
    """The file. Blocking: call it in a thread.

    Args:
        language: Of its words.
        title: Its title.
        exercise: Stands on every page of an exercise.
        facts: Name and value.
        parts: Each with `title`, `lines`, `heads`, `columns` (0: as narrow as it can be) and `rows`.
        timezone: Of its times.
        made_at_s: Its date, seconds since 1970.

    Raises:
        NotWritten: The typesetter refused, or could not be started.
        TimeoutError: It took too long, and was ended.
    """
    shown = {
        "language": language.value,
        "title": title,
        "exercise": exercise,
        "page": word(language, "report", "page"),
        "times": word(language, "report", "times", zone=timezone),
        "facts": [list(fact) for fact in facts],
        "parts": list(parts),
    }
    made: dict[str, Any] = readable(shown)
    return typeset("minutes", made, made_at_s)
