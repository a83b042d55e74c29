"""One step under construction: what has changed so far, and what shall be done.

Outside, `step` is a function of values. Inside, a `Turn` gathers its result: maps are copied at the first write, so the
node that came in is never touched.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

from bridge.domain.commands import Reply
from bridge.domain.effects import Effect, StartTimer, StopTimer
from bridge.domain.events import TimerKey, TimerKind
from bridge.domain.ids import ChannelId, ConferenceId, ParticipantId, PatchId
from bridge.domain.model import (
    Activation,
    Attempt,
    Audit,
    Conference,
    Message,
    Note,
    NoteKind,
    Participant,
    ParticipantState,
    Patch,
    PatchState,
    Record,
    Recording,
    Target,
)
from bridge.domain.node import Node

Mint = Callable[[str], str]
"""Makes a fresh id of a kind, see `bridge.domain.ids.PREFIXES`. A replay hands in one that repeats."""

Detail = str | int | float | bool

_MAPS: Final[dict[type[Any], str]] = {
    Conference: "conferences",
    Participant: "participants",
    Patch: "patches",
    Activation: "activations",
    Target: "targets",
    Attempt: "attempts",
    Recording: "recordings",
    Message: "messages",
}
KINDS: Final[dict[type[Any], str]] = {
    Conference: "conference",
    Participant: "participant",
    Patch: "patch",
    Activation: "activation",
    Target: "target",
    Attempt: "attempt",
    Recording: "recording",
    Message: "sds",
}

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Seen:
    """Something a person may be looking at has changed."""

    kind: str
    subject: str
    conference: ConferenceId | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a step gives: the next node, what to commit, and what to do after that."""

    node: Node
    records: tuple[Record, ...]
    notes: tuple[Note, ...]
    audit: tuple[Audit, ...]
    effects: tuple[Effect, ...]
    seen: tuple[Seen, ...]
    reply: Reply | None


class Turn:
    """The builder. Rules read `turn.node` and write through the methods."""

    def __init__(self, node: Node, at_s: float, mint: Mint) -> None:
        self.node = node
        self.at_s = at_s
        self.mint = mint
        self.reply: Reply | None = None
        self._owned: set[str] = set()
        self._records: dict[tuple[str, str], Record] = {}
        self._notes: list[Note] = []
        self._audit: list[Audit] = []
        self._effects: list[Effect] = []
        self._seen: dict[Seen, None] = {}

    # --- writing ---

    def put(self, record: Record) -> None:
        """Change a record; it is committed before the effects of this step are done."""
        name = _MAPS[type(record)]
        self._set(name, record.id, record)
        self._records[(name, record.id)] = record
        self._look(record)

    def put_passing(self, record: Record) -> None:
        """Change what is seen of a record without committing it, for what changes several times a second."""
        name = _MAPS[type(record)]
        self._set(name, record.id, record)
        if (name, record.id) in self._records:
            self._records[(name, record.id)] = record
        self._look(record)

    def forget(self, record: Record) -> None:
        """Let the node forget a finished record; the store keeps it."""
        self._drop(_MAPS[type(record)], record.id)

    def set_in(self, name: str, key: object, value: object) -> None:
        """Write into one of the node's passing maps."""
        self._set(name, key, value)

    def drop_from(self, name: str, key: object) -> None:
        if key in getattr(self.node, name):
            self._drop(name, key)

    def set_node(self, **changes: Any) -> None:
        self.node = replace(self.node, **changes)

    def do(self, *effects: Effect) -> None:
        self._effects.extend(effects)

    def start_timer(self, kind: TimerKind, subject: str, after_s: float) -> None:
        self._effects.append(StartTimer(TimerKey(kind, subject), after_s))

    def stop_timer(self, kind: TimerKind, subject: str) -> None:
        self._effects.append(StopTimer(TimerKey(kind, subject)))

    def note(
        self, conference: ConferenceId, kind: NoteKind, participant: ParticipantId | None = None, **detail: Detail
    ) -> None:
        self._notes.append(Note(conference, self.at_s, kind, participant, tuple(detail.items())))

    def audit(self, actor: str, action: str, subject: str, **detail: Detail | None) -> None:
        self._audit.append(Audit(self.at_s, actor, action, subject, tuple(detail.items())))

    def show(self, kind: str, subject: str, conference: ConferenceId | None = None) -> None:
        self._seen[Seen(kind, subject, conference)] = None

    def result(self) -> Result:
        return Result(
            self.node,
            tuple(self._records.values()),
            tuple(self._notes),
            tuple(self._audit),
            tuple(self._effects),
            tuple(self._seen),
            self.reply,
        )

    # --- reading ---

    def present(self, conference: ConferenceId) -> Iterable[Participant]:
        """Everybody in the meeting now, radio included."""
        return [
            participant
            for participant in self.node.participants.values()
            if participant.conference == conference and participant.state is ParticipantState.PRESENT
        ]

    def patches_of(self, conference: ConferenceId) -> Iterable[Patch]:
        return [
            patch
            for patch in self.node.patches.values()
            if patch.conference == conference and patch.state is not PatchState.REMOVED
        ]

    def seat(self, channel: ChannelId) -> Participant | None:
        """Who sits on this channel, admitted or present."""
        participant = self.node.seats.get(channel)
        return self.node.participants.get(participant) if participant else None

    def patch_of(self, patch: PatchId) -> Patch | None:
        """A patch that is not removed."""
        found = self.node.patches.get(patch)
        return found if found is not None and found.state is not PatchState.REMOVED else None

    # --- inside ---

    def _set(self, name: str, key: object, value: object) -> None:
        self._own(name)[key] = value

    def _drop(self, name: str, key: object) -> None:
        self._own(name).pop(key, None)

    def _own(self, name: str) -> dict[object, object]:
        current: Mapping[object, object] = getattr(self.node, name)
        if name not in self._owned:
            current = dict(current)
            changes: dict[str, Any] = {name: current}
            self.node = replace(self.node, **changes)
            self._owned.add(name)
        return cast("dict[object, object]", current)

    def _look(self, record: Record) -> None:
        conference = record.id if isinstance(record, Conference) else getattr(record, "conference", None)
        self.show(KINDS[type(record)], record.id, conference)
