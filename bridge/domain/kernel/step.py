"""One step under construction: its changes so far, and its effects.

Outside, `bridge.domain.step.step` is a function of values. Inside, a `Step` gathers its result. A table is copied at
its first write, so the node that came in is never touched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bridge.domain.kernel.effects import Effect, StartTimer, StopTimer
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Reply
from bridge.domain.kernel.tables import Fact, Records, Table
from bridge.domain.kernel.timers import TimerKey, TimerKind

Mint = Callable[[str], str]
"""Makes a fresh id of a kind, see `bridge.domain.kernel.ids.PREFIXES`. A replay hands in one that repeats."""

Detail = str | int | float | bool | Reason
"""A reason is kept as its code and data, in one text."""

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
    """The result of a step: the next node, the records to commit, and the effects to do after that."""

    node: Node
    records: tuple[Record, ...]
    notes: tuple[Note, ...]
    audit: tuple[Audit, ...]
    effects: tuple[Effect, ...]
    seen: tuple[Seen, ...]
    reply: Reply | None


class Step:
    """The builder. Rules read `step.node` and write through the methods.

    Attributes:
        before: The node as it was when the step began.
        node: The node as it is now.
        at_s: When the event happened.
        mint: Makes fresh ids.
        reply: The answer to the command.
    """

    def __init__(self, node: Node, at_s: float, mint: Mint) -> None:
        self.before = node
        self.node = node
        self.at_s = at_s
        self.mint = mint
        self.reply: Reply | None = None
        self._tables: dict[Table[Any, Any], Mapping[Any, Any]] | None = None
        self._owned: dict[Table[Any, Any], dict[Any, Any]] = {}
        self._records: dict[tuple[type[Record], str], Record] = {}
        self._notes: list[Note] = []
        self._audit: list[Audit] = []
        self._effects: list[Effect] = []
        self._seen: dict[Seen, None] = {}

    # --- writing ---

    def put(self, record: Record) -> None:
        """Change a record; it is committed before the effects of this step are done."""
        self._records[(type(record), record.id)] = record
        self._show_record(record)

    def put_passing(self, record: Record, kind: str | None = None) -> None:
        """Change what is seen of a record without committing it, for what changes several times a second. `kind` names
        the change to those who look on; `None`: as any change of the record."""
        if (type(record), record.id) in self._records:
            self._records[(type(record), record.id)] = record
        self._show_record(record, kind)

    def forget(self, record: Record) -> None:
        """Let the node forget a finished record; the store keeps it."""
        self._own(self._table_of(record)).pop(record.id, None)

    def set_in(self, table: Table[K, V], key: K, value: V) -> None:
        """Write into a table of what passes."""
        self._own(table)[key] = value

    def drop_from(self, table: Table[K, Any], key: K) -> None:
        """Take out of a table of passing state. A missing key changes nothing."""
        if key in self.node[table]:
            del self._own(table)[key]

    def know(self, fact: Fact[V], value: V) -> None:
        """Set a fact."""
        self.node = replace(self.node, facts={**self.node.facts, fact: value})

    def do(self, *effects: Effect) -> None:
        self._effects.extend(effects)

    def start_timer(self, kind: TimerKind, subject: str, after_s: float) -> None:
        self._effects.append(StartTimer(TimerKey(kind, subject), after_s))

    def stop_timer(self, kind: TimerKind, subject: str) -> None:
        self._effects.append(StopTimer(TimerKey(kind, subject)))

    def note(
        self, conference: ConferenceId, kind: NoteKind, participant: ParticipantId | None = None, **detail: Detail
    ) -> None:
        self._notes.append(Note(conference, self.at_s, kind, participant, _plain(detail)))

    def audit(self, actor: str, action: str, subject: str, **detail: Detail | None) -> None:
        self._audit.append(Audit(self.at_s, actor, action, subject, _plain(detail)))

    def show(self, kind: str, subject: str, conference: ConferenceId | None = None) -> None:
        self._seen[Seen(kind, subject, conference)] = None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Those of this step so far, in order."""
        return tuple(self._effects)

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

    # --- inside ---

    def _table_of(self, record: Record) -> Records[Any, Any]:
        return self.node.kinds[type(record)]

    def _own(self, table: Table[K, V]) -> dict[K, V]:
        """The table as this step's own copy."""
        if self._tables is None:
            self._tables = dict(self.node.tables)
            self.node = replace(self.node, tables=self._tables)
        owned: dict[K, V] | None = self._owned.get(table)
        if owned is None:
            owned = self._owned[table] = self._tables[table] = dict(self.node[table])
        return owned

    def _show_record(self, record: Record, kind: str | None = None) -> None:
        table = self._table_of(record)
        self._own(table)[record.id] = record
        if table.shown_as is None:
            return
        own = ConferenceId(record.id) if table.shown_as == "conference" else None
        conference: ConferenceId | None = getattr(record, "conference", None)
        self.show(kind or table.shown_as, record.id, conference or own)


def _plain(detail: Mapping[str, Detail | None]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, str(value) if isinstance(value, Reason) else value) for name, value in detail.items())
