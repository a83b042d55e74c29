"""Disposals with their protocol, legal holds and labels. A decision and its lines of the audit log are one commit."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import Reason
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.retention.records import Disposal, DisposalState, Hold, Kept, Label, RemoteCopy
from bridge.ports import Clock, DisposalRule, SettleRule
from bridge.storage.database import Database
from bridge.storage.kinds import upsert
from bridge.storage.order import newest_first
from bridge.storage.registry import RECORDS
from bridge.storage.tables import disposal_recordings, disposals, holds, restrictions, sound_copies

_RECORDINGS: Final = RECORDS[Recording].table
_MOST: Final = 1000


class SqlKeeping:
    """`bridge.ports.Keeping` over the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- holds ---

    async def holds(self, *, in_force: bool = False) -> Sequence[Hold]:
        """The newest first."""
        query = select(holds).order_by(*newest_first(holds.c.placed_at_s, holds.c.id)).limit(_MOST)
        if in_force:
            query = query.where(holds.c.lifted_at_s.is_(None))
        async with self._database.reading() as connection:
            return [Hold(**row) for row in (await connection.execute(query)).mappings()]

    async def place(self, actor: str, conference: str, ground: str) -> Hold:
        """A hold on a conference.

        Raises:
            IntegrityConflict: There is no such conference.
        """
        now_s = self._clock.now_s()
        hold = Hold(f"hold-{secrets.token_hex(6)}", conference, ground, actor, now_s)
        async with self._database.transaction() as connection:
            await connection.execute(insert(holds).values(**_values(hold)))
            line = Audit(now_s, actor, "hold.placed", conference, (("hold", hold.id), ("ground", ground)))
            await self._database.chain.append(connection, [line])
        return hold

    async def lift(self, actor: str, hold: str) -> Hold | None:
        """The hold, in force no more; `None`: there is none. To lift a lifted one changes nothing."""
        now_s = self._clock.now_s()
        async with self._database.transaction() as connection:
            lifts = update(holds).where(holds.c.id == hold, holds.c.lifted_at_s.is_(None))
            done = await connection.execute(lifts.values(lifted_by=actor, lifted_at_s=now_s))
            row = (await connection.execute(select(holds).where(holds.c.id == hold))).mappings().first()
            if row is not None and done.rowcount:
                line = Audit(now_s, actor, "hold.lifted", row["conference"], (("hold", hold),))
                await self._database.chain.append(connection, [line])
        return None if row is None else Hold(**row)

    # --- labels ---

    async def labels(self, recordings: Sequence[str] | None = None) -> Mapping[str, Label]:
        """Recording → its label; of these, or of all."""
        query = select(restrictions).limit(_MOST)
        if recordings is not None:
            query = query.where(restrictions.c.recording.in_(recordings))
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings()
            return {row["recording"]: Label(**row) for row in rows}

    async def restrict(self, actor: str, recording: str, label: str | None) -> None:
        """Give a recording a label, or take it away."""
        now_s = self._clock.now_s()
        values = {"recording": recording, "label": label, "by": actor, "at_s": now_s}
        gone = delete(restrictions).where(restrictions.c.recording == recording)
        change = gone if label is None else upsert(restrictions, self._database.dialect)
        async with self._database.transaction() as connection:
            await connection.execute(change, *([] if label is None else [values]))
            line = Audit(now_s, actor, "recording.restricted", recording, (("label", label),))
            await self._database.chain.append(connection, [line])

    # --- disposals ---

    async def disposals(self, state: DisposalState | None = None) -> Sequence[Disposal]:
        """The newest first."""
        query = select(disposals).order_by(*newest_first(disposals.c.proposed_at_s, disposals.c.id)).limit(_MOST)
        if state is not None:
            query = query.where(disposals.c.state == state.value)
        async with self._database.reading() as connection:
            return await _read(connection, query)

    async def disposal(self, disposal: str) -> Disposal | None:
        async with self._database.reading() as connection:
            found = await _read(connection, select(disposals).where(disposals.c.id == disposal))
        return found[0] if found else None

    async def propose(
        self, actor: str, recordings: Sequence[str], ground: str, decision: str, rule: DisposalRule
    ) -> Disposal | Reason:
        """A disposal that waits for another person, or why the rule refuses it."""
        now_s = self._clock.now_s()
        key = f"dsp-{secrets.token_hex(6)}"
        made = Disposal(key, ground, decision, actor, now_s, tuple(dict.fromkeys(recordings)))
        async with self._database.transaction() as connection:
            if (reason := rule(await _kept(connection, made.recordings))) is not None:
                return reason
            values = {name: value for name, value in _values(made).items() if name not in {"recordings", "copies"}}
            await connection.execute(insert(disposals).values(**values))
            rows = [{"disposal": key, "recording": one, "disposed_at_s": None} for one in made.recordings]
            await connection.execute(insert(disposal_recordings), rows)
            detail = (("ground", ground), ("decision", decision), ("recordings", len(rows)))
            await self._database.chain.append(connection, [Audit(now_s, actor, "disposal.proposed", key, detail)])
        return made

    async def settle(self, actor: str, disposal: str, rule: SettleRule, *, decided: bool) -> Disposal | Reason | None:
        """Decide on it, or withdraw it. Where it is decided, its recordings are tombstones from now on.

        Returns:
            The disposal as it is now; why the rule refuses; `None`: there is none.
        """
        now_s = self._clock.now_s()
        state = DisposalState.DECIDED if decided else DisposalState.WITHDRAWN
        async with self._database.transaction() as connection:
            found = await _read(connection, select(disposals).where(disposals.c.id == disposal).with_for_update())
            if not found:
                return None
            [known] = found
            if (reason := rule(known, await _kept(connection, known.recordings, but=known.id))) is not None:
                return reason
            change = update(disposals).where(disposals.c.id == disposal)
            await connection.execute(change.values(state=state.value, decided_by=actor, decided_at_s=now_s))
            lines = [Audit(now_s, actor, f"disposal.{state.value}", disposal, (("decision", known.decision),))]
            if decided:
                these = _RECORDINGS.c.id.in_(known.recordings)
                rows = select(_RECORDINGS.c.id, _RECORDINGS.c.sha256, _RECORDINGS.c.manifest_sha256).where(these)
                for row in (await connection.execute(rows.order_by(_RECORDINGS.c.id))).mappings():
                    detail = tuple((name, row[name]) for name in ("sha256", "manifest_sha256"))
                    detail = (*detail, ("disposal", disposal), ("decision", known.decision))
                    lines.append(Audit(now_s, actor, "recording.disposed", row["id"], detail))
                await connection.execute(update(_RECORDINGS).where(these).values(state=ArchiveState.DISPOSED))
            await self._database.chain.append(connection, lines)
        return await self.disposal(disposal)

    async def left(self) -> Sequence[tuple[str, Recording]]:
        """Disposal and recording: those that were decided on and not destroyed yet."""
        query = (
            select(disposal_recordings.c.disposal, _RECORDINGS)
            .join(_RECORDINGS, _RECORDINGS.c.id == disposal_recordings.c.recording)
            .join(disposals, disposals.c.id == disposal_recordings.c.disposal)
            .where(disposals.c.state == DisposalState.DECIDED.value, disposal_recordings.c.disposed_at_s.is_(None))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.limit(_MOST))).mappings()
            return [(row["disposal"], RECORDS[Recording].read(row)) for row in rows]

    async def destroyed(self, disposal: str, recording: str) -> None:
        """Its files are gone. With the last one the disposal is carried out."""
        now_s = self._clock.now_s()
        both = (disposal_recordings.c.disposal == disposal, disposal_recordings.c.recording == recording)
        waiting = select(disposal_recordings.c.recording).where(
            disposal_recordings.c.disposal == disposal, disposal_recordings.c.disposed_at_s.is_(None)
        )
        async with self._database.transaction() as connection:
            copied = select(sound_copies.c.recording).where(
                sound_copies.c.recording == recording,
                sound_copies.c.uploaded_at_s.is_not(None),
                sound_copies.c.upload_fault.is_(None),
            )
            has_copy = (await connection.execute(copied)).first() is not None
            values = {"disposed_at_s": now_s, "has_copy": has_copy}
            await connection.execute(update(disposal_recordings).where(*both).values(**values))
            if (await connection.execute(waiting.limit(1))).first() is None:
                done = update(disposals).where(disposals.c.id == disposal)
                await connection.execute(done.values(state=DisposalState.CARRIED_OUT.value, done_at_s=now_s))
                await self._database.chain.append(
                    connection, [Audit(now_s, "samband", "disposal.carried_out", disposal)]
                )

    # --- copies in the object store ---

    async def copies_left(self) -> Sequence[tuple[str, Recording]]:
        """Disposal and recording: those whose copy in the object store is outstanding."""
        query = (
            select(disposal_recordings.c.disposal, _RECORDINGS)
            .join(_RECORDINGS, _RECORDINGS.c.id == disposal_recordings.c.recording)
            .where(disposal_recordings.c.has_copy, disposal_recordings.c.copy_gone_at_s.is_(None))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.limit(_MOST))).mappings()
            return [(row["disposal"], RECORDS[Recording].read(row)) for row in rows]

    async def copy_remains(
        self, disposal: str, recording: str, locked_until_s: float | None, fault: str | None
    ) -> None:
        """It was tried, and lies there still. A first lock is a line of the audit log."""
        both = (disposal_recordings.c.disposal == disposal, disposal_recordings.c.recording == recording)
        values: dict[str, Any] = {"copy_fault": fault}
        if locked_until_s is not None:
            values["copy_locked_until_s"] = locked_until_s
        async with self._database.transaction() as connection:
            known = (await connection.execute(select(disposal_recordings).where(*both))).mappings().first()
            await connection.execute(update(disposal_recordings).where(*both).values(**values))
            if known is not None and locked_until_s is not None and known["copy_locked_until_s"] != locked_until_s:
                detail = (("disposal", disposal), ("locked_until_s", locked_until_s))
                line = Audit(self._clock.now_s(), "samband", "recording.copy_locked", recording, detail)
                await self._database.chain.append(connection, [line])

    async def copy_gone(self, disposal: str, recording: str) -> None:
        """No version of it is left."""
        now_s = self._clock.now_s()
        both = (disposal_recordings.c.disposal == disposal, disposal_recordings.c.recording == recording)
        async with self._database.transaction() as connection:
            gone = update(disposal_recordings).where(*both).values(copy_gone_at_s=now_s, copy_fault=None)
            await connection.execute(gone)
            line = Audit(now_s, "samband", "recording.copy_removed", recording, (("disposal", disposal),))
            await self._database.chain.append(connection, [line])


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__slots__}


async def _read(connection: AsyncConnection, query: Select[Any]) -> list[Disposal]:
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    parts = select(disposal_recordings).where(disposal_recordings.c.disposal.in_([row["id"] for row in rows]))
    named: dict[str, list[str]] = {}
    copies: dict[str, list[RemoteCopy]] = {}
    for part in (await connection.execute(parts.order_by(disposal_recordings.c.recording))).mappings():
        named.setdefault(part["disposal"], []).append(part["recording"])
        if part["has_copy"]:
            told = (part["copy_locked_until_s"], part["copy_gone_at_s"], part["copy_fault"])
            copies.setdefault(part["disposal"], []).append(RemoteCopy(part["recording"], *told))
    return [
        Disposal(
            **{
                **row,
                "state": DisposalState(row["state"]),
                "recordings": tuple(named.get(row["id"], ())),
                "copies": tuple(copies.get(row["id"], ())),
            }
        )
        for row in rows
    ]


async def _kept(connection: AsyncConnection, recordings: Sequence[str], but: str = "") -> list[Kept]:
    """Each of them, in their order. `but`: the disposal that it may be in."""
    query = select(_RECORDINGS.c.id, _RECORDINGS.c.conference, _RECORDINGS.c.state)
    rows = await connection.execute(query.where(_RECORDINGS.c.id.in_(recordings)))
    known = {row["id"]: row for row in rows.mappings()}
    held = select(holds.c.conference, holds.c.id).where(holds.c.lifted_at_s.is_(None))
    on = {row[0]: row[1] for row in await connection.execute(held)}
    other = select(disposal_recordings.c.recording, disposal_recordings.c.disposal).join(
        disposals, disposals.c.id == disposal_recordings.c.disposal
    )
    open_ones = other.where(disposals.c.state == DisposalState.PROPOSED.value, disposals.c.id != but)
    proposed = {row[0]: row[1] for row in await connection.execute(open_ones)}
    return [
        Kept(
            one,
            one in known and known[one]["state"] is ArchiveState.ARCHIVED,
            on.get(known[one]["conference"]) if one in known else None,
            proposed.get(one),
        )
        for one in recordings
    ]
