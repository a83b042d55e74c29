"""The codes of conferences: found by keyed hash, readable to the host by decryption, never in a log."""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.conference.codes import DRAWN, ORDERS, fault_of, is_prefix_free, pattern_of
from bridge.domain.conference.reasons import CodeReason
from bridge.domain.conference.records import Conference, ConferenceState, Holder, Role
from bridge.domain.directory.records import Function
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import (
    Clock,
    CodeOwner,
    CodeRefused,
    CodesUnavailable,
    IntegrityConflict,
    PersonalCode,
    PortError,
    ReadCodes,
)
from bridge.storage.database import Database
from bridge.storage.keys import KeyRing
from bridge.storage.order import oldest_first
from bridge.storage.reasons import StorageReason
from bridge.storage.registry import ENTRIES, RECORDS
from bridge.storage.tables import codes, personal_codes

log = structlog.get_logger(__name__)

_TABLES: Final = (codes, personal_codes)
PATIENCE_S: Final = 1.0
"""A caller who has keyed a code hears nothing meanwhile."""
_ON_ITS_WAY_S: Final = 60.0
"""So long after a conference was given codes another node may still be about to commit it."""
_NOT_STARTED: Final = "the codes have not been looked at yet"
_REMEDY: Final = "restore it from the backup, or give it up with `samband codes renew`"

_SHAPE: Final = re.compile(r"[0-9]{4,12}", re.ASCII)
"""Of a code that opens: codes of four digits were once chosen, and go on opening."""
_TRIES: Final = 20


class SealedCodes:
    """`bridge.ports.Codes` over the database and a key file.

    The database's copy is worth nothing without the key: 8 digits behind a bare hash fall in seconds. Where codes are
    kept and their key is gone, nothing takes its place in silence. A substitute is made in a file beside it, so that
    new meetings have codes. `health` reports it until the key is restored or `renew` is called.
    """

    def __init__(self, database: Database, clock: Clock, key_file: Path) -> None:
        self._database = database
        self._clock = clock
        self._keys = KeyRing(key_file)
        self._fault = _NOT_STARTED
        self._why = StorageReason.CODES_KEY_UNUSABLE(file=str(key_file), evidence=_NOT_STARTED)
        self._unreadable: frozenset[ConferenceId] = frozenset()
        self._known: dict[str, CodeOwner] = {}
        """Keyed hash → whose code it is, of every open conference: for the time when the database does not answer."""
        self._hanging: asyncio.Task[CodeOwner | None] | None = None

    async def start(self) -> None:
        """Withdraw what opens no conference, and learn which codes there are. The key is taken, or made where no code
        depends on one. Called before anything here gives a conference codes.

        Raises:
            PortError: The database does not answer, or no key can be read or made.
        """
        await self._withdraw_orphans()
        await self._learn()

    async def _withdraw_orphans(self) -> None:
        """Codes of a conference that was never committed, or has ended: a crash came between the two steps. Codes that
        cannot be withdrawn now are withdrawn at the next start."""
        conferences = RECORDS[Conference].table
        is_open = select(conferences.c.id).where(conferences.c.state != ConferenceState.ENDED)
        found: set[str] = set()
        async with self._database.reading() as connection:
            for table in _TABLES:
                query = select(table.c.conference).where(table.c.conference.not_in(is_open)).distinct()
                query = query.where(table.c.conference != ORDERS)
                if self._database.is_shared:
                    query = query.where(table.c.issued_at_s < self._clock.now_s() - _ON_ITS_WAY_S)
                found.update((await connection.execute(query)).scalars())
        orphans = sorted(found)
        try:
            for conference in orphans:
                await self.withdraw(ConferenceId(conference))
        except PortError as error:
            log.error("codes_without_a_conference_kept", conferences=orphans, reason=str(error))
            return
        if orphans:
            log.warning("codes_without_a_conference_withdrawn", conferences=orphans)

    async def _learn(self) -> None:
        async with self._database.reading() as connection:
            kept = [row for table in _TABLES for row in await connection.execute(select(table))]
        try:
            substituted = await asyncio.to_thread(self._keys.load, needed=bool(kept))
        except PortError as error:
            self._fault = error.message
            self._why = StorageReason.CODES_KEY_UNUSABLE(file=str(self._keys.file), evidence=error.message)
            raise
        if substituted:
            await self._told("codes_key_substituted", self._keys.fault)
        fault = self._keys.fault and f"{self._keys.fault}: {_REMEDY}"
        why = StorageReason.CODES_KEY_UNUSABLE(file=str(self._keys.file), evidence=fault)
        self._known = {row.lookup: _owner_of(row) for row in kept}
        unreadable = {row.conference for row in kept if self._keys.open(row.conference, row.role, row.sealed) is None}
        self._unreadable = frozenset(map(ConferenceId, unreadable))
        if unreadable and not fault:
            fault = f"the codes of {len(unreadable)} conferences were sealed with another key: {_REMEDY}"
            why = StorageReason.CODES_SEALED_OTHERWISE(count=len(unreadable), evidence=fault)
        if fault and fault != self._fault:
            log.error("codes_cannot_be_read", reason=fault, conferences=sorted(unreadable))
        self._fault, self._why = fault, why

    def health(self) -> Mapping[str, Reason]:
        """`codes`: whether every code can be read."""
        return {"codes": self._why if self._fault else WELL}

    async def resolve(self, digits: str) -> CodeOwner | None:
        """The conference, role and function of a code. A text other than 4…12 ASCII digits belongs to none."""
        if not _SHAPE.fullmatch(digits):
            return None
        try:
            await self._look_again()
            found = await self._asked(self._keys.lookups(digits))
        except PortError as error:
            known = map(self._known.get, self._keys.lookups(digits))
            found = next((owner for owner in known if owner is not None), None)
            if found is None:
                raise CodesUnavailable(error.device, error.reason, retry=True) from error
        if found is None and self._unreadable:
            raise CodesUnavailable("disk", self._why, retry=False)
        return found

    async def issue(self, conference: ConferenceId) -> tuple[str, str]:
        """Participant code and host code, 8 random digits each. A conference that has codes keeps them, unless nobody
        can read them any more."""
        await self._look_again()
        for _ in range(_TRIES):
            existing = await self.read(conference)
            if existing is not None and existing[0] is not None and existing[1] is not None:
                return existing[0], existing[1]
            code, host_code = draw(), draw()
            if code == host_code:
                continue
            try:
                await self._keep(conference, code, host_code, "samband")
            except (CodeRefused, IntegrityConflict):
                continue  # in use by an open conference, or this one was given codes meanwhile
            return code, host_code
        raise PortError("database", StorageReason.NO_FREE_CODE(), retry=True)

    async def set_codes(self, conference: ConferenceId, code: str, host_code: str, actor: str = "samband") -> None:
        """Use codes that an operator chose, 6…12 digits without a pattern, in place of those the conference has.

        Raises:
            CodeRefused: Not digits, too short or long, with a pattern, alike, or one that begins as another open code.
        """
        await self._look_again()
        current = await self.read(conference) or (None, None)
        for field, value, own in (("code", code, current[0]), ("host_code", host_code, current[1])):
            fault = fault_of(value) if value != own else None
            if fault is not None:
                raise CodeRefused(field, fault)
        if not is_prefix_free(code, [host_code]):
            raise CodeRefused("host_code", CodeReason.ALIKE())
        try:
            await self._keep(conference, code, host_code, actor)
        except IntegrityConflict:
            raise CodeRefused("code", CodeReason.TAKEN()) from None

    async def read(self, conference: ConferenceId) -> ReadCodes | None:
        """Participant code and host code, for the host's eyes; `None` in place of a code that does not open."""
        return (await self.read_many([conference])).get(conference)

    async def read_many(self, conferences: Sequence[ConferenceId]) -> Mapping[ConferenceId, ReadCodes]:
        """As `read`, for many at once. Those without codes are left out."""
        if self._fault:
            await self._look_again()
        query = select(codes.c.conference, codes.c.role, codes.c.sealed).where(codes.c.conference.in_(conferences))
        found: dict[ConferenceId, dict[Role, str | None]] = {}
        async with self._database.reading() as connection:
            for row in await connection.execute(query):
                read = found.setdefault(ConferenceId(row.conference), {})
                read[row.role] = self._keys.open(row.conference, row.role, row.sealed)
        return {conference: (read.get(Role.PARTICIPANT), read.get(Role.HOST)) for conference, read in found.items()}

    async def withdraw(self, conference: ConferenceId) -> None:
        """The codes open nothing from now on, and are free for others."""
        async with self._database.transaction() as connection:
            gone = 0
            for table in _TABLES:
                gone += (await connection.execute(delete(table).where(table.c.conference == conference))).rowcount
            if gone:
                await self._tell(connection, "codes_withdrawn", conference, "samband")
        self._forget(conference)

    # --- personal codes ---

    async def issue_personal(
        self, conference: ConferenceId, function_id: str, owner: Holder, role: Role, actor: str
    ) -> tuple[PersonalCode, str]:
        """A function's own code, in place of the one it has. The digits are given here and nowhere else."""
        await self._look_again()
        key = self._keys.first
        for _ in range(_TRIES):
            digits = draw()
            row = {
                "id": f"cod-{secrets.token_hex(13)}",
                "conference": conference,
                "function_id": function_id,
                "function": owner.function,
                "organisation": owner.organisation,
                "role": role,
                "lookup": key.lookup(digits),
                "sealed": key.close(conference, role, digits),
                "issued_at_s": self._clock.now_s(),
            }
            try:
                async with self._database.transaction() as connection:
                    await self._must_be_free(connection, {"code": digits})
                    before = await self._delete_personal(connection, conference, function_id=function_id)
                    await connection.execute(insert(personal_codes), [row])
                    await self._tell_personal(connection, "personal_code_issued", conference, owner, actor)
            except (CodeRefused, IntegrityConflict):
                continue  # taken meanwhile
            for lookup in before:
                self._known.pop(lookup, None)
            self._known[key.lookup(digits)] = CodeOwner(conference, role, owner, function_id)
            made = PersonalCode(str(row["id"]), conference, function_id, owner, role, self._clock.now_s())
            return made, digits
        raise PortError("database", StorageReason.NO_FREE_CODE(), retry=True)

    async def personal(self, conference: ConferenceId) -> Sequence[PersonalCode]:
        """The personal codes of a conference, without their digits, the oldest first."""
        query = select(personal_codes).where(personal_codes.c.conference == conference)
        async with self._database.reading() as connection:
            rows = (
                await connection.execute(
                    query.order_by(*oldest_first(personal_codes.c.issued_at_s, personal_codes.c.id))
                )
            ).all()
        return [
            PersonalCode(
                row.id, conference, row.function_id, Holder(row.function, row.organisation), row.role, row.issued_at_s
            )
            for row in rows
        ]

    async def withdraw_personal(self, conference: ConferenceId, code: str, actor: str) -> bool:
        """It opens nothing from now on. False: there is none of this id in this conference."""
        found = next((one for one in await self.personal(conference) if one.id == code), None)
        if found is None:
            return False
        async with self._database.transaction() as connection:
            gone = await self._delete_personal(connection, conference, function_id=found.function_id)
            await self._tell_personal(connection, "personal_code_withdrawn", conference, found.owner, actor)
        for lookup in gone:
            self._known.pop(lookup, None)
        return True

    async def _delete_personal(
        self, connection: AsyncConnection, conference: ConferenceId, function_id: str
    ) -> Sequence[str]:
        """Take a function's code away; gives the keyed hashes of what is gone."""
        where = (personal_codes.c.conference == conference) & (personal_codes.c.function_id == function_id)
        gone = list((await connection.execute(select(personal_codes.c.lookup).where(where))).scalars())
        await connection.execute(delete(personal_codes).where(where))
        return gone

    async def _tell_personal(
        self, connection: AsyncConnection, action: str, conference: ConferenceId, owner: Holder, actor: str
    ) -> None:
        detail = {"function": owner.function, "organisation": owner.organisation}
        await self._tell(connection, action, conference, actor, detail)

    async def _withdraw_unreadable(self, actor: str) -> None:
        """Personal codes that nobody can open were shown once: their functions must be given new ones."""
        async with self._database.transaction() as connection:
            for row in (await connection.execute(select(personal_codes))).all():
                if self._keys.open(row.conference, row.role, row.sealed) is None:
                    conference, owner = ConferenceId(row.conference), Holder(row.function, row.organisation)
                    await self._delete_personal(connection, conference, row.function_id)
                    await self._tell_personal(connection, "personal_code_withdrawn", conference, owner, actor)

    async def renew(self, actor: str = "samband") -> Sequence[ConferenceId]:
        """Give the lost key up. Its substitute takes its place, and the remains of the old file are kept beside it.
        Every conference with unreadable codes gets new ones. Gives those conferences; none when nothing is lost.

        Raises:
            PortError: The database or the key's disk takes nothing now.
        """
        await self._learn()
        renewed = sorted(self._unreadable - {ORDERS})
        await self._withdraw_unreadable(actor)
        for conference in renewed:
            await self.issue(conference)
        if await asyncio.to_thread(self._keys.put_substitute_in_place):
            await self._told("codes_key_renewed", f"{len(renewed)} conferences", actor)
        await self._learn()
        return renewed

    async def _look_again(self) -> None:
        """While something is lost: it may have been restored meanwhile."""
        if self._fault:
            await self._learn()

    # --- the database ---

    async def _asked(self, hashes: Sequence[str]) -> CodeOwner | None:
        """The database's answer, if it comes before a caller would notice. While one question hangs
        no other is put."""
        if self._hanging is not None and not self._hanging.done():
            raise PortError("database", StorageReason.NO_ANSWER(), retry=True)
        question = asyncio.create_task(self._lookup(hashes))
        question.add_done_callback(_taken)
        done, _ = await asyncio.wait({question}, timeout=PATIENCE_S)
        if not done:
            self._hanging = question
            said = f"no answer within {PATIENCE_S:g} s"
            raise PortError("database", StorageReason.NO_ANSWER(), retry=True, evidence=said)
        return question.result()

    async def _lookup(self, hashes: Sequence[str]) -> CodeOwner | None:
        found = None
        async with self._database.reading() as connection:
            for table in _TABLES:
                found = (await connection.execute(select(table).where(table.c.lookup.in_(hashes)))).first()
                if found is not None:
                    break
        for one in hashes:
            self._known.pop(one, None)
        if found is None:
            return None
        owner = self._known[found.lookup] = _owner_of(found)
        if owner.conference != ORDERS:
            return owner
        functions = ENTRIES[Function].table
        async with self._database.reading() as connection:
            query = select(functions.c.language).where(functions.c.id == owner.function_id)
            return replace(owner, language=(await connection.execute(query)).scalar())

    async def _keep(self, conference: ConferenceId, code: str, host_code: str, actor: str) -> None:
        key = self._keys.first
        pair = ((Role.PARTICIPANT, code), (Role.HOST, host_code))
        rows = [
            {
                "conference": conference,
                "role": role,
                "lookup": key.lookup(digits),
                "sealed": key.close(conference, role, digits),
                "issued_at_s": self._clock.now_s(),
            }
            for role, digits in pair
        ]
        async with self._database.transaction() as connection:
            await connection.execute(delete(codes).where(codes.c.conference == conference))
            await self._must_be_free(connection, {"code": code, "host_code": host_code})
            await connection.execute(insert(codes), rows)
            await self._tell(connection, "codes_issued", conference, actor)
        for lookup in [
            one for one, owner in self._known.items() if owner.conference == conference and not owner.holder
        ]:
            del self._known[lookup]
        self._known.update({key.lookup(digits): CodeOwner(conference, role) for role, digits in pair})

    async def _must_be_free(self, connection: AsyncConnection, wanted: Mapping[str, str]) -> None:
        """Compare with every live code; one that cannot be read opens nothing, and is left out.

        Raises:
            CodeRefused: A wanted code begins as a live one, or the other way round.
        """
        rows = [row for table in _TABLES for row in await connection.execute(select(table))]
        opened = (self._keys.open(row.conference, row.role, row.sealed) for row in rows)
        live = [digits for digits in opened if digits is not None]
        for field, digits in wanted.items():
            if not is_prefix_free(digits, live):
                raise CodeRefused(field, CodeReason.TAKEN())

    def _forget(self, conference: ConferenceId) -> None:
        self._known = {one: owner for one, owner in self._known.items() if owner.conference != conference}

    async def _tell(
        self,
        connection: AsyncConnection,
        action: str,
        subject: str,
        actor: str,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        line = Audit(self._clock.now_s(), actor, action, subject, tuple((detail or {}).items()))
        await self._database.chain.append(connection, [line])

    async def _told(self, action: str, reason: str, actor: str = "samband") -> None:
        async with self._database.transaction() as connection:
            await self._tell(connection, action, "codes.key", actor, {"reason": reason})


def _owner_of(row: Row[Any]) -> CodeOwner:
    """The row's, of whichever table it is."""
    found = row._mapping  # noqa: SLF001  SQLAlchemy's own name of it
    holder = Holder(found["function"], found["organisation"]) if "function" in found else None
    return CodeOwner(ConferenceId(found["conference"]), found["role"], holder, found.get("function_id"))


def _taken(question: "asyncio.Task[CodeOwner | None]") -> None:
    """The answer to a question that nobody waits for any more; the next question reports its failure."""
    if not question.cancelled():
        question.exception()


def draw() -> str:
    """8 random digits that nobody would guess first."""
    while pattern_of(code := f"{secrets.randbelow(10**DRAWN):0{DRAWN}d}") is not None:
        pass
    return code
