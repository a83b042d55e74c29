"""The verdict of a trial (`bridge.main.trial`), as its reader finds it: one line of JSON in what was printed."""

import json
from typing import Any, Final

WHAT: Final = "the new version"
"""The part that a failure of an upgrade is told of."""
_VERDICT: Final = "verdict"


def printed_verdict(found: dict[str, Any]) -> str:
    """The line."""
    return json.dumps({_VERDICT: found})


def verdict_of(printed: str) -> dict[str, Any]:
    """The verdict in what a trial printed; empty where it came to none."""
    for line in reversed(printed.splitlines()):
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and isinstance(told.get(_VERDICT), dict):
            verdict: dict[str, Any] = told[_VERDICT]
            return verdict
    return {}
