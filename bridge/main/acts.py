"""The log of what people did and what came of it. It has a line for every call and every act. The log alone answers
"who answered at 12:40?".

`acts` is a pure function of one step: what was, what happened, what came of it. No code, no digit and no text of a
message is ever in a line. Telephone numbers, names and identities are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGET_DONE,
    TARGETS,
    Activation,
    ActivationState,
    Attempt,
    AttemptState,
    Target,
)
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import ENTRIES
from bridge.domain.conference.records import PARTICIPANTS
from bridge.domain.kernel.events import Commanded, Event
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Refused
from bridge.domain.kernel.step import Result
from bridge.domain.radio.notes import RadioNote
from bridge.domain.telephony.events import CallArrived, LegEnded

log = structlog.get_logger("samband.acts")

Value = str | int | float | bool | None

_TOO_MANY: Final = frozenset({ConferenceNote.TALK_STARTED, ConferenceNote.TALK_STOPPED, RadioNote.PATCH_STATE})
"""These come with every sentence that is spoken."""
_HIDDEN: Final = frozenset({"text", "code", "host_code", "digits"})
_TAKEN: Final = frozenset({"event", "level", "logger", "timestamp"})
"""Names that the log itself uses."""
SYSTEM: Final = "samband"


@dataclass(frozen=True, slots=True)
class Act:
    """One line: what was done, and to whom, by whom, how."""

    name: str
    detail: Mapping[str, Value]


def tell(before: Node, event: Event, result: Result) -> None:
    """Write the lines of one step. A line that cannot be made is logged and costs no step."""
    try:
        for act in acts(before, event, result):
            log.info(act.name, **act.detail)
    except Exception as error:
        log.error("act_not_told", event_kind=type(event).__name__, exc_info=error)


def acts(before: Node, event: Event, result: Result) -> Iterator[Act]:
    """The lines of one step, in the order in which people would tell it."""
    yield from _of_event(before, event, result)
    for audit in result.audit:
        if audit.actor != SYSTEM or not result.notes:  # else its note says the same
            yield _of_audit(audit)
    for record in result.records:
        yield from _of_record(before, record, result.node)
    for note in result.notes:
        if note.kind not in _TOO_MANY:
            yield _of_note(before, note, result.node)


# --- what happened ---


def _of_event(before: Node, event: Event, result: Result) -> Iterator[Act]:
    match event:
        case CallArrived():
            yield Act(
                "call_in",
                {"caller": event.caller, "number": event.number, "trunk": event.trunk, "channel": event.channel},
            )
        case CodeResolved():
            yield from _of_code(before, event)
        case LegEnded() if (entry := before[ENTRIES].get(event.channel)) is not None:
            yield Act("call_in_ended", {"caller": entry.caller, "cause": event.cause, "channel": event.channel})
        case Commanded() if isinstance(result.reply, Refused):
            asked = type(event.command).__name__
            reason = str(result.reply.reason)
            yield Act(
                "order_refused", {"by": event.actor.name, "asked": asked, "why": result.reply.code, "said": reason}
            )
        case _:
            return


def _of_code(before: Node, event: CodeResolved) -> Iterator[Act]:
    entry = before[ENTRIES].get(event.channel)
    if entry is None:
        return
    caller: dict[str, Value] = {"caller": entry.caller, "channel": event.channel}
    if event.conference is None:
        yield Act("wrong_code", {**caller, "tries": entry.tries + 1})
    else:
        yield Act("right_code", {**caller, "conference": event.conference, "role": event.role.value})


# --- what was ordered ---


def _of_audit(audit: Audit) -> Act:
    about: dict[str, Value] = {"by": str(audit.actor), "act": audit.action, "subject": audit.object}
    return Act("order" if audit.actor != SYSTEM else "by_itself", {**about, **_plain(audit.detail, about)})


# --- what came of it ---


def _of_record(before: Node, record: Record, after: Node) -> Iterator[Act]:
    match record:
        case Attempt():
            yield from _of_attempt(before, record, after)
        case Target() if record.state in TARGET_DONE and _was(before[TARGETS].get(record.id)) != record.state:
            told = {"function": record.function, "organisation": record.organisation, "state": record.state.value}
            yield Act("called_in", {**told, "attempts": record.attempts_made, "reason": _words(record.reason)})
        case Activation() if record.state is not ActivationState.OPEN:
            if _was(before[ACTIVATIONS].get(record.id)) != record.state:
                told = {"list": record.list_name, "state": record.state.value}
                yield Act("activation_ended", {**told, "activation": record.id, "conference": record.conference})
        case _:
            return


def _of_attempt(before: Node, attempt: Attempt, after: Node) -> Iterator[Act]:
    known = before[ATTEMPTS].get(attempt.id)
    target = after[TARGETS].get(attempt.target) or before[TARGETS].get(attempt.target)
    whom: dict[str, Value] = {"number": attempt.number, "trunk": attempt.trunk, "channel": attempt.id}
    if target is not None:
        whom = {"function": target.function, "organisation": target.organisation, **whom}
    if known is None and attempt.state is AttemptState.INTENT:
        yield Act("call_out", whom)
    elif _was(known) != attempt.state:
        ended = {"result": attempt.result.value if attempt.result else None, "cause": attempt.cause}
        yield Act(f"call_out_{attempt.state.value}", {**whom, **(ended if attempt.ended_at_s else {})})


def _of_note(before: Node, note: Note, after: Node) -> Act:
    about: dict[str, Value] = {"conference": note.conference}
    if note.participant is not None:
        person = after[PARTICIPANTS].get(note.participant) or before[PARTICIPANTS].get(note.participant)
        about |= {"participant": note.participant, "who": person.name if person else None}
        if person is not None and note.kind is ConferenceNote.JOINED:
            about |= {"role": person.role.value, "number": person.number}
    return Act(note.kind.value, {**about, **_plain(note.detail, about)})


def _plain(detail: tuple[tuple[str, Value], ...], taken: Mapping[str, Value]) -> dict[str, Value]:
    """The details that a line may hold, under names that are free in it."""
    found: dict[str, Value] = {}
    for key, value in detail:
        if key not in _HIDDEN:
            found[f"{key}_" if key in taken or key in _TAKEN else key] = value
    return found


def _was(record: object) -> object:
    return getattr(record, "state", None)


def _words(reason: object) -> str | None:
    return None if reason is None else str(reason)
