"""The report as PDF for the archive (PDF/A-2a) that everybody can read (PDF/UA-1). Made by typst.

The template stands beside this file, and a program of its own sets it (`typesetter`). The report reaches it as data and
never as markup. Nothing is fetched, and no file outside this folder is opened. The same report gives the same bytes.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bridge.domain.callout.records import Attempt
from bridge.domain.kernel.language import Language
from bridge.reports.cells import one_line
from bridge.reports.report import Called, Report
from bridge.reports.told import Told

LONGEST_S: Final = 45.0
"""A document is given up after this. The longest list takes a few seconds."""
_PROGRAM: Final = Path(__file__).with_name("typesetter.py")
_NOWHERE: Final = "http://127.0.0.1:9"
_ENVIRONMENT: Final = {
    "PATH": os.defpath,
    "RAYON_NUM_THREADS": "1",
    "HTTPS_PROXY": _NOWHERE,
    "ALL_PROXY": _NOWHERE,
}
"""One thread. A template that names a package would have the typesetter fetch it: its way out leads nowhere."""
_MOST_WORDS: Final = 500
"""So much of the typesetter's words is kept."""
_CALL_HEADS: Final = "call number trunk began rang answered key ended result cause"
_LETTERS: Final = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x24F),
    (0x386, 0x386),
    (0x388, 0x38A),
    (0x38C, 0x38C),
    (0x38E, 0x3A1),
    (0x3A3, 0x3CE),
    (0x400, 0x45F),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x20AC, 0x20AC),
)
"""Code points, from and to, that the document's font can show. The standards take no text that it cannot."""
_WITHOUT: Final = re.compile("[^" + "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in _LETTERS) + "]")


class NotWritten(Exception):
    """The document cannot be made. The text is the typesetter's own."""


def document(report: Report, language: Language, timezone: str = "Europe/Stockholm") -> bytes:
    """The file. Blocking: call it in a thread.

    Args:
        report: The report.
        language: Of its words.
        timezone: Of its times, by its name in the IANA database.

    Raises:
        NotWritten: The typesetter refused, or could not be started.
        TimeoutError: It took longer than `LONGEST_S`, and was ended.
    """
    told = Told(language, timezone)
    return typeset("callout", content(report, told), report.latest_s)


def typeset(template: str, shown: dict[str, Any], at_s: float) -> bytes:
    """A template of this folder, filled with texts. Blocking: call it in a thread.

    Args:
        template: `callout` or `minutes`.
        shown: As the template asks for, with letters alone that the font has (`readable`).
        at_s: The document's date, seconds since 1970.

    Raises:
        NotWritten: The typesetter refused, or could not be started.
        TimeoutError: It took longer than `LONGEST_S`, and was ended.
    """
    asked = json.dumps({"template": template, "report": shown, "timestamp": int(at_s)}).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM)],
            input=asked,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
            env=_ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    except OSError as error:
        raise NotWritten(error.strerror or str(error)) from error
    if done.returncode != 0:
        raise NotWritten(done.stderr.decode("utf-8", "replace")[:_MOST_WORDS] or f"status {done.returncode}")
    return done.stdout


def content(report: Report, told: Told) -> dict[str, Any]:
    """All texts of the document, in its order. Each is text alone, of letters that the font has."""
    shown: dict[str, Any] = {
        "language": told.language.value,
        "title": told("title", list=report.activation.list_name),
        "exercise": told.exercise(report),
        "page": told("page"),
        "times": told("times", zone=told.timezone),
        "facts": [list(fact) for fact in told.facts(report)],
        "functions": {
            "title": told("functions"),
            "heads": [told(f"head_{name}") for name in _CALL_HEADS.split()],
            "empty": told("never_called"),
            "rows": [_function(priority, one, report, told) for priority, one in enumerate(report.called, 1)],
        },
        "late": _short_list(told, "late", [_late(one, report, told) for one in report.late]),
        "not_reached": _short_list(told, "not_reached", [_missed(one, told) for one in report.not_reached]),
        "talk": _short_list(
            told,
            "talk",
            [[told.speaker(one), told.duration(one.talked_s), str(one.times)] for one in report.talk],
        ),
    }
    return {name: readable(value) for name, value in shown.items()}


# --- inside ---


def _function(priority: int, one: Called, report: Report, told: Told) -> dict[str, Any]:
    why = "; ".join(text for text in (told.why(one), told.left_out(one)) if text)
    return {
        "priority": str(priority),
        "organisation": one.organisation,
        "function": one.function,
        "outcome": told("outcome", outcome=told.outcome(one), why=why) if why else told.outcome(one),
        "came": told("came", time=told.date_and_time(one.came_at_s)) if one.came_at_s is not None else "",
        "due": told("due_by", level=told.level(one.level), due=told.date_and_time(one.due_at_s))
        if len(report.levels) > 1
        else "",
        "calls": [_call(number, call, one.person_of(call), report, told) for number, call in enumerate(one.calls, 1)],
    }


def _call(number: int, call: Attempt, person: str, report: Report, told: Told) -> list[str]:
    since_s = report.activation.started_at_s
    rang, answered, ended = (
        told.time(at_s, since_s) for at_s in (call.ringing_at_s, call.answered_at_s, call.ended_at_s)
    )
    began, key = told.time(call.intent_at_s, since_s), told.key(call) or "–"
    rung = told("for_person", number=call.number, person=person) if person else call.number
    cells = [rung, call.trunk, began, rang, answered, key, ended]
    return [str(number), *cells, told.result(call), told.cause(call) or "–"]


def _late(one: Called, report: Report, told: Told) -> list[str]:
    after_s = (one.came_at_s or 0.0) - report.activation.started_at_s
    return [one.organisation, one.function, told.duration(after_s), told.why_late(one)]


def _missed(one: Called, told: Told) -> list[str]:
    return [one.organisation, one.function, told.outcome(one), told.why(one) or "–"]


_SHORT_HEADS: Final = {
    "late": "organisation function came_after why_late",
    "not_reached": "organisation function outcome why",
    "talk": "organisation talked times",
}


def _short_list(told: Told, name: str, rows: list[list[str]]) -> dict[str, Any]:
    heads = [told(f"head_{head}") for head in _SHORT_HEADS[name].split()]
    return {"title": told(f"title_{name}"), "heads": heads, "rows": rows, "empty": told(f"none_{name}")}


def readable(value: Any) -> Any:
    """The same, with every text in letters that the font has; another is shown as its code point."""
    match value:
        case str():
            return _WITHOUT.sub(lambda found: f"[U+{ord(found[0]):04X}]", one_line(value))
        case list():
            return [readable(one) for one in value]
        case dict():
            return {name: readable(one) for name, one in value.items()}
        case _:
            return value
