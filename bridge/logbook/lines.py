"""One line of the log: read, chosen and shown. Nothing in it can drive the terminal that it is shown on."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bridge.domain.kernel.language import Language
from bridge.words import section

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
LONGEST: Final = 65_536
"""Characters of a line; what is longer is no line of ours, and is read in pieces."""
_SHOWN: Final = 2000
_CALLS: Final = frozenset({"channel", "caller", "number", "participant", "who", "leg"})
_MEETINGS: Final = frozenset({"conference", "conference_id"})
_ACTORS: Final = frozenset({"by", "actor", "principal"})
_PLAIN: Final = frozenset({"event", "level", "logger", "timestamp", "exception", "color_message"})
_SHORTEST_NUMBER: Final = 6
"""Digits of a telephone number that are compared by its end, whichever way it is written."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        at: When it was written; None where it does not say, and none before it in its file does.
        level: One of `LEVELS`; empty where it does not say.
        event: Its name, or the whole text of a line that is no JSON.
        detail: The rest, by name.
        raw: As it stands in the file.
    """

    at: datetime | None
    level: str
    event: str
    detail: Mapping[str, Any]
    raw: str

    @classmethod
    def of(cls, raw: str, latest: datetime | None = None) -> "Line":
        """Any text is a line. One that is no JSON, such as a traceback's, has the time of the one before it."""
        try:
            found = json.loads(raw) if raw.startswith("{") else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or "event" not in found:
            return cls(latest, "", raw.rstrip(), {}, raw)
        level = str(found.get("level", "")).lower()
        return cls(
            _time(found.get("timestamp")) or latest,
            level if level in LEVELS else "",
            str(found["event"]),
            {str(name): value for name, value in found.items()},
            raw,
        )


@dataclass
class Wish:
    """Which lines are wanted. Of a call and a meeting it learns more names as lines go by, so ask them in their order.

    Attributes:
        since, until: Between these; None: from the first, to the last.
        level: This and above. A line that tells none is always wanted: it is a program's last words.
        words: All of them stand in the line, or in what is shown of it.
        call: A channel, or a telephone number however it is written.
        meeting: Its id, the beginning of one, or its name.
        actor: The name of the one who did it.
    """

    since: datetime | None = None
    until: datetime | None = None
    level: str = ""
    words: Sequence[str] = ()
    call: str = ""
    meeting: str = ""
    actor: str = ""
    language: Language = Language.EN
    _calls: set[str] = field(default_factory=set)
    _meetings: set[str] = field(default_factory=set)

    def wants(self, line: Line) -> bool:
        """Whether it is one of them."""
        chosen = self._of_the_call(line) and self._of_the_meeting(line)
        return chosen and self._in_time(line) and self._is_loud(line) and self._is_by(line) and self._says(line)

    def _in_time(self, line: Line) -> bool:
        if line.at is None:
            return self.since is None and self.until is None
        return (self.since is None or line.at >= self.since) and (self.until is None or line.at <= self.until)

    def _is_loud(self, line: Line) -> bool:
        if not self.level or not line.level:
            return True
        return LEVELS.index(line.level) >= LEVELS.index(self.level)

    def _is_by(self, line: Line) -> bool:
        return not self.actor or self.actor.casefold() in {one.casefold() for one in _values(line, _ACTORS)}

    def _says(self, line: Line) -> bool:
        if not self.words:
            return True
        text = f"{line.raw} {_decoded(line)} {title(line, self.language)}".casefold()
        return all(word.casefold() in text for word in self.words)

    def _of_the_call(self, line: Line) -> bool:
        """A number leads to its channels and its seat, and these to the lines that tell no number. A channel leads to
        its caller."""
        if not self.call:
            return True
        values = _values(line, _CALLS)
        known = {self.call, *self._calls}
        if not any(one in known or any(_same_number(one, other) for other in known) for one in values):
            return False
        learnt = ("channel", "participant", "caller")
        self._calls |= {str(line.detail[name]) for name in learnt if line.detail.get(name)}
        return True

    def _of_the_meeting(self, line: Line) -> bool:
        """A name leads to the meeting's id, from the line of its opening."""
        if not self.meeting:
            return True
        subject = str(line.detail.get("subject", ""))
        if line.detail.get("act") == "conference.open" and _named(line, self.meeting):
            self._meetings.add(subject)
        about = [*_values(line, _MEETINGS), subject]
        wanted = self.meeting.lower()
        whole = "-" in wanted and len(wanted) > len("cnf-")
        return any(one in self._meetings or (whole and one.lower().startswith(wanted)) for one in about if one)


def title(line: Line, language: Language) -> str:
    """The line's event in words, where there are any; else its name."""
    act = line.detail.get("act")
    if line.event in ("order", "by_itself") and isinstance(act, str):
        return section(language, "audit_act").get(act, act)
    own = section(language, "log_event").get(line.event)
    return own or section(language, "console").get(f"note_{line.event}", line.event)


def shown(line: Line, language: Language) -> Iterator[str]:
    """`12:40:37 Call in caller=0701740605 …`, and a traceback's lines below it. Times are this machine's."""
    at = "        " if line.at is None else line.at.astimezone().strftime("%H:%M:%S")
    loud = line.level in LEVELS[LEVELS.index("warning") :]
    level = f"{section(language, 'log_level').get(line.level, line.level).upper()} " if loud else ""
    by_title = {"act"} if line.event in ("order", "by_itself") else set()
    told = [
        f"{name}={_value(value)}"
        for name, value in line.detail.items()
        if name not in _PLAIN and name not in by_title and value is not None
    ]
    yield harmless(" ".join([at, f"{level}{title(line, language)}", *told]))
    for one in str(line.detail.get("exception") or "").splitlines():
        yield f"         {harmless(one)}"


def as_json(line: Line) -> str:
    """One line of JSON in ASCII, whatever stood there."""
    found = dict(line.detail) or {"event": line.event, "timestamp": line.at.isoformat() if line.at else None}
    return json.dumps(found)


def harmless(text: str) -> str:
    """Signs that are none to be seen (controls, directions of writing, half a surrogate) are written out."""
    cut = text[:_SHOWN] + ("…" if len(text) > _SHOWN else "")
    return cut if cut.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in cut)


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _decoded(line: Line) -> str:
    return " ".join(str(one) for one in line.detail.values())


def _values(line: Line, names: frozenset[str]) -> list[str]:
    return [str(line.detail[name]) for name in names if line.detail.get(name)]


def _named(line: Line, name: str) -> bool:
    return str(line.detail.get("name", "")).casefold() == name.casefold()


def _same_number(one: str, other: str) -> bool:
    first, second = (re.sub(r"^(\+46|0046|0)", "", re.sub(r"[\s()./-]", "", text)) for text in (one, other))
    return first == second and first.isascii() and first.isdigit() and len(first) >= _SHORTEST_NUMBER


def _time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
