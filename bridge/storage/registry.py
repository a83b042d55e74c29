"""Every kind of record that the database keeps, one entry each. An entry says what a node gets back at its start.

To add one: its dataclass in the domain, its entry here, and a migration.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, Double, Integer, Select, and_, false, or_, select

from bridge.domain.alarms.records import Alarm
from bridge.domain.callout.records import Activation, ActivationState, Attempt, AttemptState, CallTally, Target
from bridge.domain.conference.records import Conference, ConferenceState, Leg, Room, Seat, SeatState
from bridge.domain.decisions.records import Acknowledgement, Decision
from bridge.domain.directory.records import (
    ActivationList,
    AuditRow,
    Forum,
    Function,
    Organisation,
    Person,
    RotaEntry,
    Talkgroup,
)
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.guessing.records import FamiliarLines, Guesses
from bridge.domain.kernel.journal import Note
from bridge.domain.links.records import Link
from bridge.domain.mailings.records import Mailing, MailingState
from bridge.domain.notes import NOTE_KINDS
from bridge.domain.outbox.records import OutboxMessage
from bridge.domain.phoneorders.records import ConfirmedOrder
from bridge.domain.radio.records import Patch, PatchState
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.rollcall.records import RollCall, RollCallState, RollEntry
from bridge.domain.schedule.keeping import KEPT_S
from bridge.domain.schedule.records import Occurrence, Schedule
from bridge.domain.shortdata.records import Message
from bridge.domain.situation.records import SituationReport
from bridge.domain.speaking.records import Speaking
from bridge.storage.columns import Choice, CleanText
from bridge.storage.kinds import Extra, Kind, Kinds

# --- what is not finished, and is the node's own ---


def _conference(node: str) -> ColumnElement[bool]:
    """Not ended, or ended with people or a recording still in it."""
    conferences, people, recordings = _c(Conference), _c(Seat), _c(Recording)
    peopled = select(people.conference).where(people.state != SeatState.LEFT)
    recorded = select(recordings.conference).where(_is_on_its_way())
    return and_(
        conferences.node == node,
        or_(conferences.state != ConferenceState.ENDED, conferences.id.in_(peopled), conferences.id.in_(recorded)),
    )


def _room(node: str) -> ColumnElement[bool]:
    """Of a conference that comes back."""
    return and_(_c(Room).conference.in_(_live_ones(node)))


def _speaking(node: str) -> ColumnElement[bool]:
    """Of a conference that comes back."""
    return and_(_c(Speaking).conference.in_(_live_ones(node)))


def _participant(node: str) -> ColumnElement[bool]:
    people = _c(Seat)
    return and_(people.conference.in_(_live_ones(node)), people.state != SeatState.LEFT)


def _leg(node: str) -> ColumnElement[bool]:
    """The latest of each seat that comes back."""
    return and_(_c(Leg).id.in_(select(_c(Seat).leg).where(_participant(node))))


def _patch(node: str) -> ColumnElement[bool]:
    patches = _c(Patch)
    return and_(patches.conference.in_(_live_ones(node)), patches.state != PatchState.REMOVED)


def _activation(node: str) -> ColumnElement[bool]:
    """Open, or with a call up: that uses its trunk, whether or not its call-out has come to an end."""
    activations, attempts = _c(Activation), _c(Attempt)
    calling = select(attempts.activation).where(attempts.state != AttemptState.ENDED)
    return and_(
        activations.conference.in_(_all_of(node)),
        or_(activations.state == ActivationState.OPEN, activations.id.in_(calling)),
    )


def _target(node: str) -> ColumnElement[bool]:
    """Every one of a call-out that goes on."""
    return and_(_c(Target).activation.in_(select(_c(Activation).id).where(_activation(node))))


def _attempt(node: str) -> ColumnElement[bool]:
    attempts, activations = _c(Attempt), _c(Activation)
    own = select(activations.id).where(activations.conference.in_(_all_of(node)))
    return and_(attempts.state != AttemptState.ENDED, attempts.activation.in_(own))


def _recording(node: str) -> ColumnElement[bool]:
    return and_(_is_on_its_way(), _c(Recording).conference.in_(_all_of(node)))


def _message(node: str) -> ColumnElement[bool]:
    """It still awaits something. One outside every meeting is read by whoever starts."""
    messages = _c(Message)
    return and_(
        messages.ended_at_s.is_(None), or_(messages.conference.is_(None), messages.conference.in_(_all_of(node)))
    )


def _outbox(node: str) -> ColumnElement[bool]:
    """It still awaits something. Another node's is never sent from here."""
    return and_(_c(OutboxMessage).ended_at_s.is_(None), _c(OutboxMessage).node == node)


def _guesses(node: str) -> ColumnElement[bool]:
    """Each node counts its own, and reads those of the others while it runs."""
    return and_(_c(Guesses).node == node)


def _tally(node: str) -> ColumnElement[bool]:
    """Each node counts its own calls."""
    return and_(_c(CallTally).node == node)


def _familiar(node: str) -> ColumnElement[bool]:
    """Each node keeps those that gave it a right code, and reads those of the others while it runs."""
    return and_(_c(FamiliarLines).node == node)


def _roll_call(node: str) -> ColumnElement[bool]:
    roll_calls = _c(RollCall)
    return and_(roll_calls.state != RollCallState.ENDED, roll_calls.conference.in_(_live_ones(node)))


def _roll_entry(node: str) -> ColumnElement[bool]:
    """Every one of a roll call that goes on."""
    return and_(_c(RollEntry).roll_call.in_(select(_c(RollCall).id).where(_roll_call(node))))


def _decision(node: str) -> ColumnElement[bool]:
    """Every one of a conference that comes back: they are numbered, and late answers are taken."""
    return and_(_c(Decision).conference.in_(_live_ones(node)))


def _acknowledgement(node: str) -> ColumnElement[bool]:
    return and_(_c(Acknowledgement).decision.in_(select(_c(Decision).id).where(_decision(node))))


def _schedule(node: str) -> ColumnElement[bool]:
    """The node that it was made on keeps it, so that no two open a meeting of it."""
    schedules = _c(Schedule)
    return and_(schedules.node == node, schedules.removed_at_s.is_(None))


def _occurrence(node: str) -> ColumnElement[bool]:
    """Every one that a rule could still name, and those whose conference goes on."""
    occurrences, schedules = _c(Occurrence), _c(Schedule)
    from_at_s = select(schedules.from_at_s).where(schedules.id == occurrences.schedule).scalar_subquery()
    named = and_(
        occurrences.schedule.in_(select(schedules.id).where(_schedule(node))),
        occurrences.decided_at_s >= from_at_s - KEPT_S,
    )
    return or_(named, occurrences.conference.in_(_live_ones(node)))


def _mailing(node: str) -> ColumnElement[bool]:
    """It is being written. Another node's is written there."""
    return and_(_c(Mailing).state == MailingState.WRITING, _c(Mailing).node == node)


def _alarm(node: str) -> ColumnElement[bool]:
    """It is not over, or nobody has acknowledged it. Each node has its own."""
    return and_(_c(Alarm).ended_at_s.is_(None), _c(Alarm).node == node)


def _link(node: str) -> ColumnElement[bool]:
    return and_(_c(Link).ended_at_s.is_(None), _c(Link).node == node)


def _confirmed_order(node: str) -> ColumnElement[bool]:
    return and_(_c(ConfirmedOrder).ended_at_s.is_(None), _c(ConfirmedOrder).node == node)


def _never(node: str) -> ColumnElement[bool]:
    """The node decides nothing by them."""
    return and_(false())


_DONE: Final = (ArchiveState.ARCHIVED, ArchiveState.FAILED, ArchiveState.DROPPED, ArchiveState.DISPOSED)


def _is_on_its_way() -> ColumnElement[bool]:
    """To the archive."""
    return and_(_c(Recording).state.not_in(_DONE))


def _live_ones(node: str) -> Select[tuple[str]]:
    return select(_c(Conference).id).where(_conference(node))


def _all_of(node: str) -> Select[tuple[str]]:
    return select(_c(Conference).id).where(_c(Conference).node == node)


def _c(record: type[Any]) -> Any:
    """The columns of a kind."""
    return RECORDS[record].table.c


# --- the registry ---


def _searched(*words: str | None) -> str:
    """The text in which the archive is searched."""
    return "\n".join(word for word in words if word).casefold()


_SEARCH: Final = "search"
_CONFERENCES: Final = "conferences.id"
_ROOMS: Final = "rooms.id"

RECORDS: Final = Kinds(
    Kind(
        Conference,
        "conferences",
        indexes=("state", "created_at_s"),
        order=("created_at_s", "id"),
        extras=(
            Extra(Column(_SEARCH, CleanText, nullable=False), lambda one, _: _searched(one.name)),
            Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),
        ),
        unfinished=_conference,
    ),
    Kind(Room, "rooms", refers={"conference": _CONFERENCES}, indexes=("conference",), unfinished=_room),
    Kind(Speaking, "speaking", refers={"conference": _CONFERENCES}, unfinished=_speaking),
    Kind(
        Seat,
        "participants",
        refers={"conference": _CONFERENCES, "room": _ROOMS},
        indexes=("conference",),
        extras=(
            Extra(
                Column(_SEARCH, CleanText, nullable=False),
                lambda one, _: _searched(one.name, one.organisation, one.function),
            ),
        ),
        unfinished=_participant,
    ),
    Kind(Leg, "legs", refers={"seat": "participants.id"}, indexes=("seat",), unfinished=_leg),
    Kind(Patch, "patches", refers={"conference": _CONFERENCES}, indexes=("conference",), unfinished=_patch),
    Kind(Activation, "activations", refers={"conference": _CONFERENCES}, indexes=("state",), unfinished=_activation),
    Kind(
        Target,
        "targets",
        refers={"activation": "activations.id"},
        indexes=("activation",),
        order=("activation", "position"),
        unfinished=_target,
    ),
    Kind(
        Attempt,
        "attempts",
        refers={"target": "targets.id", "activation": "activations.id"},
        indexes=("activation",),
        unfinished=_attempt,
    ),
    Kind(
        Recording,
        "recordings",
        refers={"conference": _CONFERENCES, "room": _ROOMS},
        indexes=("conference", "started_at_s", "state"),
        unfinished=_recording,
    ),
    Kind(
        Message,
        "messages",
        refers={"conference": _CONFERENCES},
        indexes=("created_at_s", "conference", "ended_at_s"),
        unfinished=_message,
    ),
    Kind(
        OutboxMessage,
        "outbox",
        refers={"activation": "activations.id", "target": "targets.id"},
        indexes=("created_at_s", "activation", "ended_at_s", "mailing", "package"),
        extras=(Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),),
        unfinished=_outbox,
    ),
    Kind(
        Guesses,
        "guesses",
        extras=(Extra(Column("node", CleanText, primary_key=True), lambda _, node: node),),
        unfinished=_guesses,
    ),
    Kind(
        CallTally,
        "call_tally",
        extras=(Extra(Column("node", CleanText, primary_key=True), lambda _, node: node),),
        unfinished=_tally,
    ),
    Kind(
        FamiliarLines,
        "familiar_lines",
        extras=(Extra(Column("node", CleanText, primary_key=True), lambda _, node: node),),
        unfinished=_familiar,
    ),
    Kind(RollCall, "roll_calls", refers={"conference": _CONFERENCES}, indexes=("conference",), unfinished=_roll_call),
    Kind(
        RollEntry,
        "roll_entries",
        refers={"roll_call": "roll_calls.id"},
        indexes=("roll_call",),
        order=("roll_call", "position", "id"),
        unfinished=_roll_entry,
    ),
    Kind(
        Decision,
        "decisions",
        refers={"conference": _CONFERENCES},
        indexes=("conference",),
        order=("conference", "begun_at_s", "id"),
        unfinished=_decision,
    ),
    Kind(
        Acknowledgement,
        "acknowledgements",
        refers={"decision": "decisions.id"},
        indexes=("decision",),
        order=("decision", "id"),
        unfinished=_acknowledgement,
    ),
    Kind(
        Schedule,
        "schedules",
        order=("created_at_s", "id"),
        extras=(Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),),
        unfinished=_schedule,
    ),
    Kind(
        Occurrence,
        "occurrences",
        refers={"schedule": "schedules.id"},
        indexes=("schedule", "conference"),
        order=("starts_at_s", "id"),
        unfinished=_occurrence,
    ),
    Kind(
        Mailing,
        "mailings",
        indexes=("schedule", "activation", "conference", "state"),
        order=("created_at_s", "id"),
        extras=(Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),),
        unfinished=_mailing,
    ),
    Kind(
        Link,
        "links",
        indexes=("ended_at_s",),
        extras=(Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),),
        unfinished=_link,
    ),
    Kind(
        Alarm,
        "alarms",
        indexes=("ended_at_s", "last_at_s"),
        order=("raised_at_s", "id"),
        extras=(Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),),
        unfinished=_alarm,
    ),
    Kind(
        ConfirmedOrder,
        "confirmed_orders",
        indexes=("ended_at_s",),
        extras=(Extra(Column("node", CleanText, nullable=False), lambda _, node: node, is_kept=True),),
        unfinished=_confirmed_order,
    ),
    Kind(Evaluation, "evaluations", indexes=("conference",), order=("id",), unfinished=_never),
    Kind(SituationReport, "situation_reports", indexes=("meeting",), order=("id",), unfinished=_never),
)
"""The records that a step may change and a restart must find again."""

ENTRIES: Final = Kinds(
    Kind(Organisation, "organisations"),
    Kind(
        Function,
        "functions",
        refers={"organisation_id": "organisations.id"},
        indexes=("organisation_id",),
        extras=(Extra(Column("confirmed_at_s", Double, nullable=True), is_kept=True),),
    ),
    Kind(ActivationList, "activation_lists", elsewhere=("function_ids",)),
    Kind(Forum, "forums", refers={"activation_list_id": "activation_lists.id"}),
    Kind(Talkgroup, "talkgroups", key="gssi"),
    Kind(Person, "persons", refers={"organisation_id": "organisations.id"}, indexes=("organisation_id",)),
)
"""The region's own data."""

ROTA: Final = Kind(
    RotaEntry,
    "rota",
    refers={"function_id": "functions.id", "person_id": "persons.id"},
    indexes=("function_id", "person_id", "ends_at_s"),
)
"""Persons on duty."""

NOTES: Final = Kind(
    Note,
    "notes",
    key=None,
    refers={"conference": _CONFERENCES},
    indexes=("conference",),
    types={"kind": Choice(NOTE_KINDS)},
    extras=(Extra(Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)),),
)
"""The timeline: lines are added, and never changed."""

AUDIT: Final = Kind(AuditRow, "audit", key="number", types={"number": BigInteger()})
"""The chain, see `bridge.storage.chain`."""
