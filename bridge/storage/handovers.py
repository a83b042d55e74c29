"""Packages that are made in the background. A change and its line of the audit log are one commit."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import Form, Handover, HandoverState, Step
from bridge.domain.handover.rules import after_restart, taken_away
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import Reason
from bridge.domain.recording.records import Recording
from bridge.domain.recording.release import Release
from bridge.ports import Clock
from bridge.storage.database import Database
from bridge.storage.order import newest_first, oldest_first
from bridge.storage.registry import RECORDS
from bridge.storage.tables import disposal_recordings, disposals, handovers

_RECORDINGS: Final = RECORDS[Recording].table
_ROW: Final = handovers.c


class SqlHandovers:
    """`bridge.ports.Handovers` over the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(
        self,
        actor: str,
        conference: ConferenceId,
        form: Form,
        place: str,
        rule: Callable[[int], Reason | None],
        release: Release | None = None,
    ) -> Handover | Reason:
        """One that waits, or why the rule refuses another one. `release`: parts are taken out of it."""
        now_s, node = self._clock.now_s(), self._database.node
        made = Handover(f"pkg-{secrets.token_hex(6)}", conference, form, actor, now_s, node, place, release=release)
        open_ones = _ROW.state.in_((HandoverState.WAITING, HandoverState.MAKING))
        count = select(func.count()).select_from(handovers).where(open_ones, _ROW.node == node)
        async with self._database.transaction() as connection:
            if (reason := rule((await connection.execute(count)).scalar_one())) is not None:
                return reason
            await connection.execute(insert(handovers).values(**_values(made)))
            await self._tell(connection, made, actor, "package.asked")
        return made

    async def get(self, key: str) -> Handover | None:
        async with self._database.reading() as connection:
            return await _one(connection, key)

    async def find(self, conference: ConferenceId | None = None, limit: int = 100) -> Sequence[Handover]:
        """The newest first."""
        query = select(handovers).order_by(*newest_first(_ROW.asked_at_s, _ROW.id)).limit(limit)
        if conference is not None:
            query = query.where(_ROW.conference == conference)
        async with self._database.reading() as connection:
            return [Handover(**row) for row in (await connection.execute(query)).mappings()]

    async def claim(self) -> Handover | None:
        """The oldest that waits on this node, which is being made from now on."""
        waits = select(handovers).where(_ROW.state == HandoverState.WAITING, _ROW.node == self._database.node)
        async with self._database.transaction() as connection:
            query = waits.order_by(*oldest_first(_ROW.asked_at_s, _ROW.id)).limit(1)
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            found = Handover(**row)
            claimed = replace(
                found,
                state=HandoverState.MAKING,
                step=Step.PROVING,
                done=0,
                of=0,
                tries=found.tries + 1,
                began_at_s=self._clock.now_s(),
            )
            await self._put(connection, claimed)
        return claimed

    async def resume(self) -> int:
        """Those in whose making the program ended wait again, or are given up. Gives how many there were."""
        making = select(handovers).where(_ROW.state == HandoverState.MAKING, _ROW.node == self._database.node)
        async with self._database.transaction() as connection:
            found = [Handover(**row) for row in (await connection.execute(making)).mappings()]
            for one in found:
                state = after_restart(one)
                if state is HandoverState.FAILED:
                    reason = HandoverReason.GAVE_UP(tries=one.tries)
                    ended = replace(one, state=state, reason=reason, ended_at_s=self._clock.now_s())
                    await self._put(connection, ended)
                    await self._tell(connection, ended, "samband", "package.failed")
                else:
                    await self._put(connection, replace(one, state=state))
        return len(found)

    async def progress(self, key: str, step: Step, done: int, of: int) -> bool:
        """How far its making is. `False`: it is not to be made any more."""
        now = update(handovers).where(_ROW.id == key, _ROW.state == HandoverState.MAKING)
        async with self._database.transaction() as connection:
            return bool((await connection.execute(now.values(step=step, done=done, of=of))).rowcount)

    async def ready(self, key: str, name: str, length: int, sha256: str, kept_s: float) -> bool:
        """It is made, and kept for so long. `False`: it is not wanted any more."""
        now_s = self._clock.now_s()
        async with self._database.transaction() as connection:
            found = await _one(connection, key)
            if found is None or found.state is not HandoverState.MAKING:
                return False
            made = replace(
                found,
                state=HandoverState.READY,
                name=name,
                length=length,
                sha256=sha256,
                ended_at_s=now_s,
                expires_at_s=now_s + kept_s,
            )
            await self._put(connection, made)
            await self._tell(connection, made, "samband", "package.made", sha256=sha256)
        return True

    async def failed(self, key: str, reason: Reason) -> None:
        """It was not made. One that was cancelled meanwhile stays so."""
        async with self._database.transaction() as connection:
            found = await _one(connection, key)
            if found is None or found.state is not HandoverState.MAKING:
                return
            ended = replace(found, state=HandoverState.FAILED, reason=reason, ended_at_s=self._clock.now_s())
            await self._put(connection, ended)
            await self._tell(connection, ended, "samband", "package.failed")

    async def take_away(self, actor: str, key: str) -> Handover | None:
        """Cancel it, or remove its file; `None`: there is none. One that is over stays as it is."""
        async with self._database.transaction() as connection:
            found = await _one(connection, key)
            state = taken_away(found) if found is not None else None
            if found is None or state is None:
                return found
            gone = replace(found, state=state, ended_at_s=self._clock.now_s())
            await self._put(connection, gone)
            action = "package.cancelled" if state is HandoverState.CANCELLED else "package.removed"
            await self._tell(connection, gone, actor, action)
        return gone

    async def fetched(self, actor: str, job: Handover) -> None:
        """Somebody gets the file: a line of the audit log."""
        async with self._database.transaction() as connection:
            await self._tell(connection, job, actor, "package.fetched", sha256=job.sha256)

    async def kept(self) -> Sequence[str]:
        """The ids of those whose file lies on this node. Those that have expired are no more among them.

        A package expires when its time is over, and when something of its meeting was disposed of.
        """
        now_s = self._clock.now_s()
        ready = and_(_ROW.state == HandoverState.READY, _ROW.node == self._database.node)
        destroyed = (
            select(disposal_recordings.c.disposal)
            .join(disposals, disposals.c.id == disposal_recordings.c.disposal)
            .join(_RECORDINGS, _RECORDINGS.c.id == disposal_recordings.c.recording)
            .where(_RECORDINGS.c.conference == _ROW.conference, disposals.c.state.in_(("decided", "carried_out")))
            .where(disposals.c.decided_at_s >= _ROW.began_at_s)
            .exists()
        )
        async with self._database.reading() as connection:
            over = select(handovers).where(ready, or_(_ROW.expires_at_s <= now_s, destroyed)).limit(100)
            expired = [Handover(**row) for row in (await connection.execute(over)).mappings()]
        if expired:
            async with self._database.transaction() as connection:
                for one in expired:
                    await self._put(connection, replace(one, state=HandoverState.EXPIRED))
                    await self._tell(connection, one, "samband", "package.expired")
        async with self._database.reading() as connection:
            return list(await connection.scalars(select(_ROW.id).where(ready)))

    # --- inside ---

    async def _put(self, connection: AsyncConnection, job: Handover) -> None:
        await connection.execute(update(handovers).where(_ROW.id == job.id).values(**_values(job)))

    async def _tell(self, connection: AsyncConnection, job: Handover, actor: str, action: str, **more: Any) -> None:
        release = () if job.release is None else (("ground", job.release.ground), ("receiver", job.release.receiver))
        detail = (("package", job.id), ("form", job.form.value), *release, *more.items())
        line = Audit(self._clock.now_s(), actor, action, job.conference, detail)
        await self._database.chain.append(connection, [line])


def _values(job: Handover) -> dict[str, Any]:
    return {one.name: getattr(job, one.name) for one in fields(job)}


async def _one(connection: AsyncConnection, key: str) -> Handover | None:
    row = (await connection.execute(select(handovers).where(_ROW.id == key))).mappings().first()
    return None if row is None else Handover(**row)
