"""A probed terminal as a file that the tests replay, with the identities taken out where that is wished."""

import json
import re
from dataclasses import replace
from typing import Any, Final

from bridge.rakel.pei.identity import parse_identity
from bridge.rakel.probe import Exchange, Probed

FORMAT: Final = "samband-pei-probe/1"
FIRST_ANONYMOUS_SSI: Final = 1_000_001
_IDENTITY: Final = re.compile(r"(?<=,)\d{1,17}(?=,|$)")
"""The second field of `<type>,<identity>[,<name>]`."""
_NAMED: Final = re.compile(r"^([^,]*,\d{1,17}),.*\S.*$")
_SERVICE: Final = frozenset({16_777_184, 16_777_214, 16_777_215})
"""Addresses that every terminal has; and the top of the range."""
_WITH_IDENTITIES: Final = ("+CNUMF", "+CNUMS", "+CNUMD", "+CTGS", "AT+CNUMF?", "AT+CNUMS?", "AT+CNUMD?", "AT+CTGS?")
_LISTS: Final = ("AT+CNUMS?", "AT+CNUMD?")


def as_json(probed: Probed) -> str:
    """One fixture."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "profile": probed.profile,
        "line": str(probed.speed) if probed.speed is not None else "",
        "exchanges": [
            {"command": one.command, "answer": list(one.answer), "took_ms": one.took_ms} for one in probed.exchanges
        ],
        "unasked": probed.unasked,
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def from_json(text: str) -> Probed:
    """Read a fixture.

    Raises:
        ValueError: it is none.
    """
    told = json.loads(text)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"not a file of {FORMAT}")
    exchanges = [Exchange(one["command"], tuple(one["answer"]), one["took_ms"]) for one in told["exchanges"]]
    return Probed(told["profile"], None, (), exchanges, list(told["unasked"]))


def anonymous(probed: Probed) -> Probed:
    """Hide whose terminal it is. Every ISSI and GSSI becomes another, always the same one, and the names of talkgroups
    become numbers. The location area and the terminal's unasked lines are left out."""
    names: dict[int, int] = {}
    exchanges = [
        replace(one, answer=tuple(_line(one.command, line, names) for line in one.answer))
        for one in probed.exchanges
        if one.command != "AT+GCLI?"
    ]
    return replace(probed, exchanges=exchanges, unasked=[])


def _line(command: str, line: str, names: dict[int, int]) -> str:
    if command == "AT+CREG?":
        return re.sub(r"(\+CREG:\s*\d+,)\d+", r"\g<1>1", line)
    if command not in _WITH_IDENTITIES:
        return line
    hidden = _IDENTITY.sub(lambda found: _hidden(found.group(), names), line, count=1)
    return _unnamed(hidden) if command in _LISTS else hidden


def _hidden(digits: str, names: dict[int, int]) -> str:
    identity = parse_identity(digits)
    if identity is None:
        return "0" * len(digits)
    if identity.ssi in _SERVICE:
        return digits
    other = names.setdefault(identity.ssi, FIRST_ANONYMOUS_SSI + len(names))
    return f"{identity.mni}{other:08}" if identity.mni else str(other)


def _unnamed(row: str) -> str:
    """`<type>,<identity>,<name>`: the name becomes the identity's last digits."""
    return _NAMED.sub(lambda found: f"{found[1]},TG {found[1][-4:]}", row)
