"""The results of some steps, between the domain and the disk."""

from dataclasses import dataclass, field

from bridge.domain.kernel.effects import Effect
from bridge.domain.kernel.events import Commanded, Event
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Reply
from bridge.domain.kernel.step import Result, Seen
from bridge.ports import RecordsRefused


@dataclass
class Batch:
    """The changes, effects and answers of some events in order; of a record the latest form."""

    records: dict[tuple[type[Record], str], Record] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    audit: list[Audit] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    replies: list[tuple[Commanded, Reply]] = field(default_factory=list)
    steps: list[tuple[Node, Event, Result]] = field(default_factory=list)
    """The node before, the event and the result, for the onlooker."""

    def add(self, result: Result) -> None:
        for record in result.records:
            self.records[(type(record), record.id)] = record
        self.notes.extend(result.notes)
        self.audit.extend(result.audit)
        self.effects.extend(result.effects)
        self.seen.extend(result.seen)

    def merge(self, newer: "Batch") -> None:
        """Take what came later: of a record the newer one, of notes and audit lines all in order."""
        self.records.update(newer.records)
        self.notes.extend(newer.notes)
        self.audit.extend(newer.audit)

    def drop(self, refused: RecordsRefused) -> bool:
        """Take out what the database will never take; tells whether any of it was here."""
        here = [record for record in refused.records if self.records.get((type(record), record.id)) == record]
        for record in here:
            del self.records[(type(record), record.id)]
        before = len(self.notes) + len(self.audit)
        self.notes = [note for note in self.notes if note not in refused.notes]
        self.audit = [line for line in self.audit if line not in refused.audit]
        return bool(here) or len(self.notes) + len(self.audit) < before

    @property
    def must_be_saved(self) -> bool:
        return bool(self.records or self.audit)
