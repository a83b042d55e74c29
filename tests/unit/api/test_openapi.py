"""The API's own description tells a stranger what every request, parameter and member is, and what can go wrong."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

from bridge.domain.callout.forecast import Limit
from bridge.domain.callout.records import ActivationState, AttemptResult, AttemptState, TargetState
from bridge.domain.conference.records import (
    ConferenceState,
    FloorMode,
    LegKind,
    RecordingState,
    Role,
    SeatState,
)
from bridge.domain.radio.events import TerminalState
from bridge.domain.radio.records import Keying, PatchState, Precedence
from bridge.domain.recording.records import ArchiveState
from bridge.domain.shortdata.records import MessageDirection
from tests.unit.api.region import Region

NAMES_IN_THE_BODY = {
    "POST /api/v1/activations",
    "POST /api/v1/sds",
    "POST /api/v1/alarms/acknowledge",
    "POST /api/v1/archive/holds",
    "POST /api/v1/archive/packages",
    "POST /api/v1/archive/packages/releases",
}
"""What they refer to may not be there, as what an address names."""


_made: dict[str, Any] = {}


@pytest.fixture
def document(region: Region) -> dict[str, Any]:
    """Made once: it takes a second, and no test changes it."""
    if not _made:
        _made.update(region.app().openapi())
    return _made


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/v1"):
                yield f"{method.upper()} {path}", operation


def test_every_request_says_what_it_does(document: dict[str, Any]) -> None:
    assert [name for name, operation in operations(document) if not operation.get("description")] == []


def test_every_parameter_says_what_it_is(document: dict[str, Any]) -> None:
    silent = [
        f"{name}: {parameter['name']}"
        for name, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert silent == []


def test_every_schema_and_each_of_its_members_says_what_it_is(document: dict[str, Any]) -> None:
    silent = []
    for name, schema in document["components"]["schemas"].items():
        members = schema.get("properties", {})
        silent += [name] if members and not schema.get("description") else []
        silent += [f"{name}.{member}" for member, told in members.items() if not told.get("description")]
    assert silent == []


def test_every_request_says_how_it_can_fail_and_in_what_form(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        errors = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        assert {"401", "503"} <= errors.keys(), name
        assert ("404" in errors) is ("{" in name or name in NAMES_IN_THE_BODY), name
        for status, answer in errors.items():
            form = answer["content"]["application/problem+json"]["schema"]
            assert form == {"$ref": "#/components/schemas/Problem"}, (name, status)
            assert answer["description"], (name, status)


def test_times_rates_and_lengths_have_a_unit_in_their_name_or_their_words(document: dict[str, Any]) -> None:
    """A number that is measured says in what."""
    units = ("_s", "_ms", "_db", "_lufs", "_dbfs", "_dbm", "_percent", "_bytes")
    counted = {
        "gssi",
        "issi",
        "issis",
        "talker",
        "talkgroup",
        "status",
        "cause",
        "position",
        "place",
        "minutes",
        "rounds",
        "tries",
        "sender",
    }
    counted |= {"receiver", "parts", "attempts_made", "first_bad_row", "to", "number"}
    counted |= {"quorum", "expected", "here", "characters", "sequence"}
    counted |= {"line", "rows_new", "rows_changed", "rows_same", "rows_refused"}
    counted |= {"active", "unacknowledged", "effects", "times", "total", "latest", "per_10_min", "standing"}
    counted |= {"came", "present"}
    counted |= {"rows", "of_rows", "recordings", "of_recordings", "heads", "more"}
    counted |= {"called", "answered", "left", "phone_number", "score"}
    counted |= {"channels_free", "trunks", "numbers"}
    counted |= {"functions", "joined", "missing", "meetings", "people", "recordings", "decisions", "activations"}
    counted |= {"evaluations", "count", "masks", "unnamed"}
    counted |= {"ended", "sound", "failures"}
    counted |= {"calls", "needed", "chance", "quorum_chance"}
    counted |= {"speed", "steps"}
    bare = [
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member, told in schema.get("properties", {}).items()
        if any(one.get("type") in ("number", "integer") for one in (told, *told.get("anyOf", ())))
        and not member.endswith(units)
        and member not in counted
        and not member.startswith("parts_")
    ]
    assert bare == []


LISTED: dict[str, tuple[type[StrEnum], set[str], set[str]]] = {
    "ParticipantOut.kind": (LegKind, set(), {"browser"}),
    "ParticipantOut.role": (Role, set(), set()),
    "ParticipantOut.state": (SeatState, set(), set()),
    "FloorOut.mode": (FloorMode, set(), set()),
    "ConferenceRecordingOut.state": (RecordingState, set(), set()),
    "ConferenceOut.state": (ConferenceState, set(), set()),
    "AttemptOut.state": (AttemptState, set(), set()),
    "AttemptOut.result": (AttemptResult, set(), set()),
    "TargetOut.state": (TargetState, set(), {"standby"}),
    "ActivationOut.state": (ActivationState, set(), set()),
    "ForecastOut.limit": (Limit, set(), set()),
    "PatchOut.state": (PatchState, {"closing"}, {"removed"}),
    "PatchOut.keying": (Keying, set(), set()),
    "PatchOut.precedence": (Precedence, set(), set()),
    "TerminalOut.state": (TerminalState, set(), set()),
    "RecordingOut.state": (ArchiveState, set(), set()),
    "MessageOut.direction": (MessageDirection, set(), set()),
}
"""Member → the values it can have, what is shown beside them, and what is never shown."""


@pytest.mark.parametrize("member", LISTED)
def test_a_description_that_lists_values_lists_those_that_there_are(document: dict[str, Any], member: str) -> None:
    """A value that is added or renamed without its description makes the description untrue."""
    schema, name = member.split(".")
    values, beside, hidden = LISTED[member]
    told = document["components"]["schemas"][schema]["properties"][name]["description"]
    listed = set(re.findall(r"`([a-z_]+)`", told))
    assert listed == ({one.value for one in values} | beside) - hidden
