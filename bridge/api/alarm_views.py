"""Alarms as they are shown."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.alarms.counts import Counts
from bridge.domain.alarms.figures import Figures
from bridge.domain.alarms.kinds import Priority
from bridge.domain.alarms.records import Alarm, AlarmState
from bridge.domain.kernel.language import Language
from bridge.words import entry, word

NOBODY: Final[Mapping[int, str]] = MappingProxyType({})
RUNBOOK: Final = "/runbook"
"""The page of the console that tells for each kind of alarm what to do."""


class AlarmOut(Output):
    """An alarm: what is wrong, what follows from it, and what to do."""

    id: str
    """Made by us."""
    key: str
    """Its cause by name: the same fault again is the same alarm while it is not over."""
    kind: str
    """Its row of the runbook."""
    priority: str
    """`P1`, `P2` or `P3`."""
    state: str
    """`new`, `acknowledged`, `returned` (over, and not acknowledged), `shelved` or `ended`."""
    standing: bool
    """The fault is there now."""
    name: str
    """The kind in words."""
    source: str
    """The part, or what people call the thing that it is about; empty where the kind says it all."""
    cause: str | None
    """Why, in the language asked for."""
    cause_code: str | None
    """The same for programs."""
    cause_data: dict[str, Any] | None
    """The values that the cause shows, by name."""
    consequence: str
    """The harm that follows from it, in words."""
    act: str
    """The act that it asks for, in one sentence (*Gör så här*)."""
    runbook: str
    """The address of its page in the console."""
    radio_user: str | None
    """Of an emergency: the function whose radio it is, as the directory has it; none where it does not know."""
    emergency: bool
    """A radio emergency: it stands over every page until somebody acknowledges it."""
    exercise: bool
    """It belongs to an exercise: it is silent, and in no count."""
    effects: int
    """So many others are hidden behind it now."""
    times: int
    """So often it came."""
    since: str | None
    """RFC 3339, UTC."""
    last_at: str | None
    """When it last came (RFC 3339, UTC)."""
    cleared_at: str | None
    """Since when it is over (RFC 3339, UTC)."""
    acknowledged_by: str | None
    """The name of the token; none while nobody has."""
    acknowledged_at: str | None
    """RFC 3339, UTC."""
    acknowledged_reason: str
    """In free words; may be empty."""
    shelved_by: str | None
    """The name of the token; none while it is not parked."""
    shelved_until: str | None
    """RFC 3339, UTC."""
    shelved_reason: str
    """In free words."""
    conference_id: str | None
    """The meeting that it is about, if it is about one."""


class CountsOut(Output):
    """Of one priority."""

    active: int
    """Rows that are not parked: those that stand, and those that are over and not acknowledged."""
    unacknowledged: int
    """Those of them that nobody has acknowledged."""


class AlarmsOut(Output):
    """The list, and its counts."""

    counts: dict[str, CountsOut]
    """By priority. Alarms of exercises are in none."""
    alarms: list[AlarmOut]
    """The ones that matter most come first."""


class SourceOut(Output):
    """A source of alarms."""

    key: str
    """Its cause by name."""
    kind: str
    """Its row of the runbook."""
    name: str
    """In words."""
    times: int
    """So often it came."""


class AlarmFiguresOut(Output):
    """The figures of EEMUA 191 over a stretch of time."""

    since: str | None
    """RFC 3339, UTC."""
    until: str | None
    """RFC 3339, UTC."""
    total: int
    """Alarms that came, each time counted."""
    latest: int
    """Those of the last 10 min."""
    per_10_min: float
    """On average."""
    flood_percent: float
    """The share of the periods of 10 min with more than 10 alarms."""
    shares: dict[str, float]
    """Priority → percent of all."""
    standing: int
    """Alarms that have stood for a day."""
    noisiest: list[SourceOut]
    """The ten sources that came most often."""


def alarm_out(alarm: Alarm, language: Language, radio_users: Mapping[int, str] = NOBODY) -> AlarmOut:
    kind = alarm.kind.value
    is_parked = alarm.state is AlarmState.SHELVED
    return AlarmOut(
        id=alarm.id,
        key=alarm.key,
        kind=kind,
        priority=alarm.priority.value,
        state=alarm.state.value,
        standing=alarm.standing,
        name=word(language, "alarm_kind", kind),
        source=entry(language, "part", alarm.subject),
        cause=words(alarm.cause, language),
        cause_code=code(alarm.cause),
        cause_data=data(alarm.cause),
        consequence=word(language, "alarm_consequence", kind),
        act=word(language, "alarm_act", kind),
        runbook=f"{RUNBOOK}#{kind}",
        radio_user=_radio_user(alarm, radio_users),
        emergency=alarm.is_emergency,
        exercise=alarm.exercise,
        effects=alarm.effects,
        times=alarm.times,
        since=when(alarm.raised_at_s),
        last_at=when(alarm.last_at_s),
        cleared_at=when(alarm.cleared_at_s),
        acknowledged_by=alarm.acknowledged_by,
        acknowledged_at=when(alarm.acknowledged_at_s),
        acknowledged_reason=alarm.acknowledged_reason,
        shelved_by=alarm.shelved_by if is_parked else None,
        shelved_until=when(alarm.shelved_until_s) if is_parked else None,
        shelved_reason=alarm.shelved_reason if is_parked else "",
        conference_id=alarm.conference,
    )


def _radio_user(alarm: Alarm, radio_users: Mapping[int, str]) -> str | None:
    issi = alarm.cause.get("issi")
    return radio_users.get(issi) if alarm.is_emergency and isinstance(issi, int) else None


def counts_out(found: Mapping[Priority, Counts]) -> dict[str, CountsOut]:
    return {
        priority.value: CountsOut(active=one.active, unacknowledged=one.unacknowledged)
        for priority, one in found.items()
    }


def figures_out(found: Figures, language: Language) -> AlarmFiguresOut:
    return AlarmFiguresOut(
        since=when(found.from_s),
        until=when(found.to_s),
        total=found.total,
        latest=found.latest,
        per_10_min=found.per_period,
        flood_percent=found.flood_percent,
        shares={priority.value: share for priority, share in found.shares.items()},
        standing=found.standing,
        noisiest=[
            SourceOut(
                key=one.key,
                kind=one.kind,
                name=f"{word(language, 'alarm_kind', one.kind)} {entry(language, 'part', one.subject)}".strip(),
                times=one.times,
            )
            for one in found.noisiest
        ],
    )
