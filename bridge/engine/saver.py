"""The engine's hand on the database, one commit at a time. A record that cannot be kept now waits. A record that can
never be kept is set aside with an audit line and an alarm.
"""

import asyncio
from typing import Final

import structlog

from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import WELL
from bridge.engine.batch import Batch
from bridge.engine.faults import Fault, Faults
from bridge.engine.reasons import EngineReason
from bridge.ports import Clock, PortError, RecordsRefused, Store

log = structlog.get_logger(__name__)

NOTES_S: Final = 0.5
"""Timeline lines alone wait at most this long for a commit. A crash may lose so much of a talk's timeline."""
RETRY_S: Final = 1.0
PROBE_S: Final = 5.0
"""So long after the latest proof that something can be written, it is proved again. `/readyz` must not find out
late."""


class Saver:
    """Commits batches. `state` is `WELL`, or why nothing can be written now."""

    def __init__(self, store: Store, clock: Clock, faults: Faults) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._unsaved = Batch()
        self._committing = asyncio.Lock()
        self._proved_at_s = clock.now_s()
        self.state = WELL

    def keep(self, batch: Batch) -> None:
        """These changes are facts: they are committed as soon as something can be written."""
        self._unsaved.merge(batch)

    async def save(self, batch: Batch) -> bool:
        """Commit it with all that waited; false when nothing can be written now.

        Raises:
            RecordsRefused: Something of `batch` will never be taken; nothing is committed.
        """
        async with self._committing:
            pending, self._unsaved = self._unsaved, Batch()
            try:
                await self._commit(pending, batch)
            except PortError as error:
                pending.merge(self._unsaved)  # what came while the commit was under way is the newer
                self._unsaved = pending
                if isinstance(error, RecordsRefused):
                    raise
                self.state = error.reason
                log.error("commit_failed", reason=str(error), records=len(batch.records))
                return False
        self._written()
        return True

    async def _commit(self, pending: Batch, batch: Batch) -> None:
        """Save the waiting and the new records in one transaction. A waiting record that will never be taken is set
        aside.

        Raises:
            RecordsRefused: Something of `batch` will never be taken.
            PortError: Nothing can be written now.
        """
        while True:
            records = {**pending.records, **batch.records}
            try:
                await self._store.commit(
                    list(records.values()), [*pending.notes, *batch.notes], [*pending.audit, *batch.audit]
                )
                return
            except RecordsRefused as refused:
                if not pending.drop(refused):
                    if not _holds(batch, refused):
                        raise PortError("database", EngineReason.REFUSED_NOTHING(), retry=True) from refused
                    raise
                self.set_aside(refused)

    def _written(self) -> None:
        self.state = WELL
        self._proved_at_s = self._clock.now_s()

    def set_aside(self, refused: RecordsRefused) -> None:
        """Report a record that the database will never take, and set it aside."""
        at_s = self._clock.now_s()
        names = [f"{type(record).__name__} {record.id}" for record in refused.records]
        self._faults.keep(
            Fault(at_s, "record refused", " ".join(names), refused.evidence, str(refused), "database", "")
        )
        log.error(
            "record_refused", records=names, notes=len(refused.notes), audit=len(refused.audit), error=str(refused)
        )
        for record in refused.records:
            detail = (("kind", type(record).__name__), ("reason", refused.evidence))
            self._unsaved.audit.append(Audit(at_s, "samband", "record.refused", record.id, detail))

    async def run(self) -> None:
        """Save what waits and prove that something can be written, until cancelled."""
        while True:
            await asyncio.sleep(NOTES_S if self.state == WELL else RETRY_S)
            try:
                await self.save_waiting()
                await self._prove_writing()
            except Exception:
                # The waiting records are promised: a slip of ours must not end the only task that saves them.
                log.exception("saver_crashed")

    async def _prove_writing(self) -> None:
        """While nothing is committed: can anything be? Also finds out that it can again."""
        if self.state == WELL and self._clock.now_s() - self._proved_at_s < PROBE_S:
            return
        async with self._committing:
            try:
                await self._store.probe()
            except PortError as error:
                self.state = error.reason
                log.warning("nothing_can_be_written", reason=str(error))
                return
        self._written()

    async def save_waiting(self) -> None:
        """Commit what waits, if anything does."""
        if self._unsaved.must_be_saved or self._unsaved.notes:
            await self.save(Batch())  # an empty batch holds nothing that could be refused


def _holds(batch: Batch, refused: RecordsRefused) -> bool:
    records = any(batch.records.get((type(one), one.id)) == one for one in refused.records)
    return (
        records or any(one in batch.notes for one in refused.notes) or any(one in batch.audit for one in refused.audit)
    )
