"""The API's own description tells a stranger what every request, parameter and member is, and what can go wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.api.region import Region

NAMES_IN_THE_BODY = {"POST /api/v1/activations", "POST /api/v1/sds"}
"""What they refer to may not be there, as what an address names."""


@pytest.fixture
def document(region: Region) -> dict[str, Any]:
    found: dict[str, Any] = region.app().openapi()
    return found


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
    units = ("_s", "_ms", "_dbfs", "_dbm", "_percent")
    counted = {
        "gssi",
        "issi",
        "issis",
        "talker",
        "talkgroup",
        "status",
        "cause",
        "position",
        "rounds",
        "tries",
        "sender",
    }
    counted |= {"receiver", "parts", "attempts_made", "first_bad_row", "to", "number"}
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
