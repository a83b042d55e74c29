"""The house: whatever a room declares has a rule, and nothing is declared twice."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final, get_args

import bridge.domain
from bridge.domain.effects import KnownEffect
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import Commanded, Event, TimerDue
from bridge.domain.kernel.records import Record
from bridge.domain.notes import NOTE_KINDS
from bridge.domain.step import CAPABILITIES

MIGRATIONS: Final = Path(bridge.__file__).parent / "storage" / "migrations" / "versions"


def modules() -> Iterator[object]:
    for found in pkgutil.walk_packages(bridge.domain.__path__, "bridge.domain."):
        yield importlib.import_module(found.name)


def leaves(kind: type) -> set[type]:
    """The frozen dataclasses of a kind, in whichever room: those that there are values of."""
    values = (value for module in modules() for value in vars(module).values() if isinstance(value, type))
    return {value for value in values if issubclass(value, kind) and hasattr(value, "__dataclass_fields__")}


def timers() -> set[StrEnum]:
    kinds = (value for module in modules() for value in vars(module).values() if isinstance(value, type))
    return {
        member for kind in kinds if issubclass(kind, StrEnum) and kind.__name__.endswith("Timer") for member in kind
    }


def test_every_event_has_a_rule_in_some_room() -> None:
    heeded = {kind for room in CAPABILITIES for kind, _ in room.heed}
    assert leaves(Event) - heeded == {Commanded, TimerDue}


def test_every_command_has_exactly_one_rule() -> None:
    ruled = Counter(kind for room in CAPABILITIES for kind, _ in room.commands)
    assert set(ruled) == leaves(Command)
    assert max(ruled.values()) == 1


def test_every_timer_has_a_rule_and_no_two_rooms_have_a_timer_of_one_name() -> None:
    ruled = {kind for room in CAPABILITIES for kind, _ in room.timers}
    assert ruled == timers()
    assert len({kind.value for kind in ruled}) == len(ruled)


def test_every_effect_has_a_rule_for_its_failure() -> None:
    """`bridge.domain.joint.failures` is total over this union; mypy names an effect in it that has no rule."""
    assert leaves(DeviceEffect) == set(get_args(KnownEffect))


def test_every_record_has_exactly_one_table() -> None:
    tables = Counter(table.kind for room in CAPABILITIES for table in room.records)
    assert set(tables) == leaves(Record)
    assert max(tables.values()) == 1


def test_no_role_has_two_rules_for_a_key_and_no_two_rooms_a_line_of_the_timeline_of_one_name() -> None:
    keys = Counter((role, key.sequence) for room in CAPABILITIES for key in room.keys for role in key.roles)
    assert max(keys.values()) == 1
    notes = Counter(note.value for kinds in NOTE_KINDS for note in kinds)
    assert max(notes.values()) == 1


def test_every_room_is_in_the_list() -> None:
    rooms = {name for _, name, is_package in pkgutil.iter_modules(bridge.domain.__path__) if is_package}
    assert {room.name for room in CAPABILITIES} == rooms - {
        "kernel",
        "telephony",
        "directory",
        "access",
        "proof",
        "retention",
        "handover",
    }


def test_each_migration_has_a_number_of_its_own() -> None:
    """Two of one number leave no single way to today's schema, and no start succeeds."""
    numbers = [file.name[:5] for file in sorted(MIGRATIONS.glob("v*.py"))]
    assert numbers == [f"v{number:04d}" for number in range(1, len(numbers) + 1)]
