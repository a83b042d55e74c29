"""The codes of conferences: found by keyed hash, readable to the host by decryption, never in a log."""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.ids import ConferenceId
from bridge.domain.model import Audit, Role
from bridge.ports import Clock, CodeRefused, CodesUnavailable, IntegrityConflict, PortError, ReadCodes
from bridge.storage.database import Database
from bridge.storage.keys import KeyRing
from bridge.storage.tables import codes

log = structlog.get_logger(__name__)
_Owner = tuple[ConferenceId, Role]

PATIENCE_S: Final = 1.0
"""A caller who has keyed a code hears nothing meanwhile."""
_NOT_STARTED: Final = "the codes have not been looked at yet"
_REMEDY: Final = "restore it from the backup, or give it up with `samband codes renew`"

_SHAPE: Final = re.compile(r"[0-9]{4,12}", re.ASCII)
_LENGTH: Final = 8
_TRIES: Final = 20
_DATE: Final = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])[0-3]\d|[0-3]\d(0[1-9]|1[0-2])(19|20)\d\d")


class SealedCodes:
    """`bridge.ports.Codes` over the database and a key file.

    What the database holds is worth nothing without the key: 8 digits behind a bare hash fall in seconds. Where codes
    are kept and their key is gone, nothing takes its place in silence: a substitute is made in a file beside it, so
    that new meetings have codes, and `health` tells of it until the key is restored or `renew` is called.
    """

    def __init__(self, database: Database, clock: Clock, key_file: Path) -> None:
        self._database = database
        self._clock = clock
        self._keys = KeyRing(key_file)
        self._fault = _NOT_STARTED
        self._unreadable: frozenset[ConferenceId] = frozenset()
        self._known: dict[str, _Owner] = {}
        """Keyed hash → whose code it is, of every open conference: for the time when the database does not answer."""
        self._hanging: asyncio.Task[_Owner | None] | None = None

    async def start(self) -> None:
        """Take the key, or make it where no code depends on one, and learn which codes there are.

        Raises:
            PortError: The database does not answer, or no key can be read or made.
        """
        query = select(codes.c.conference, codes.c.role, codes.c.lookup, codes.c.sealed)
        async with self._database.reading() as connection:
            kept = (await connection.execute(query)).all()
        try:
            substituted = await asyncio.to_thread(self._keys.load, needed=bool(kept))
        except PortError as error:
            self._fault = error.message
            raise
        if substituted:
            await self._told("codes_key_substituted", self._keys.fault)
        fault = self._keys.fault and f"{self._keys.fault}: {_REMEDY}"
        self._known = {row.lookup: (ConferenceId(row.conference), row.role) for row in kept}
        unreadable = {row.conference for row in kept if self._keys.open(row.conference, row.role, row.sealed) is None}
        self._unreadable = frozenset(map(ConferenceId, unreadable))
        if unreadable and not fault:
            fault = f"the codes of {len(unreadable)} conferences were sealed with another key: {_REMEDY}"
        if fault and fault != self._fault:
            log.error("codes_cannot_be_read", reason=fault, conferences=sorted(unreadable))
        self._fault = fault

    def health(self) -> Mapping[str, str]:
        """`codes`: whether every code can be read."""
        return {"codes": self._fault or "ok"}

    async def resolve(self, digits: str) -> tuple[ConferenceId, Role] | None:
        """Whose code it is. Anything but 4…12 ASCII digits is nobody's."""
        if not _SHAPE.fullmatch(digits):
            return None
        try:
            await self._look_again()
            found = await self._asked(self._keys.lookups(digits))
        except PortError as error:
            known = map(self._known.get, self._keys.lookups(digits))
            found = next((owner for owner in known if owner is not None), None)
            if found is None:
                raise CodesUnavailable(error.device, error.message, retry=True, evidence=error.evidence) from error
        if found is None and self._unreadable:
            raise CodesUnavailable("disk", self._fault, retry=False)
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
            except IntegrityConflict:
                continue  # in use by an open conference, or this one was given codes meanwhile
            return code, host_code
        raise PortError("database", "no free code was found", retry=True)

    async def set_codes(self, conference: ConferenceId, code: str, host_code: str, actor: str = "samband") -> None:
        """Use codes that an operator chose, 4…12 digits, in place of those the conference has.

        Raises:
            CodeRefused: Not digits, too short or long, the same for both, or in use by another open conference.
        """
        await self._look_again()
        for field, value in (("code", code), ("host_code", host_code)):
            if not _SHAPE.fullmatch(value):
                raise CodeRefused(field, "a code is 4 to 12 digits")
        if code == host_code:
            raise CodeRefused("host_code", "the host's code must differ from the participants'")
        for field, value in (("code", code), ("host_code", host_code)):
            owner = await self._lookup(self._keys.lookups(value))
            if owner is not None and owner[0] != conference:
                raise CodeRefused(field, "another open conference has this code")
        try:
            await self._keep(conference, code, host_code, actor)
        except IntegrityConflict:
            raise CodeRefused("code", "another open conference has one of these codes") from None

    async def read(self, conference: ConferenceId) -> ReadCodes | None:
        """Participant code and host code, for the host's eyes; `None` in place of one that does not open."""
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
            if (await connection.execute(delete(codes).where(codes.c.conference == conference))).rowcount:
                await self._tell(connection, "codes_withdrawn", conference, "samband")
        self._forget(conference)

    async def renew(self, actor: str = "samband") -> Sequence[ConferenceId]:
        """The lost key is given up: its substitute takes its place, what is left of it is kept beside, and every
        conference whose codes cannot be read is given new ones. Gives those; none when nothing is lost.

        Raises:
            PortError: The database or the key's disk takes nothing now.
        """
        await self.start()
        renewed = sorted(self._unreadable)
        for conference in renewed:
            await self.issue(conference)
        if await asyncio.to_thread(self._keys.put_substitute_in_place):
            await self._told("codes_key_renewed", f"{len(renewed)} conferences", actor)
        await self.start()
        return renewed

    async def _look_again(self) -> None:
        """While something is lost: it may have been restored meanwhile."""
        if self._fault:
            await self.start()

    # --- the database ---

    async def _asked(self, hashes: Sequence[str]) -> _Owner | None:
        """The database's answer, if it comes before a caller would notice. While one question hangs
        no other is put."""
        if self._hanging is not None and not self._hanging.done():
            raise PortError("database", "it does not answer", retry=True)
        question = asyncio.create_task(self._lookup(hashes))
        question.add_done_callback(_taken)
        done, _ = await asyncio.wait({question}, timeout=PATIENCE_S)
        if not done:
            self._hanging = question
            raise PortError("database", f"it did not answer within {PATIENCE_S:g} s", retry=True)
        return question.result()

    async def _lookup(self, hashes: Sequence[str]) -> _Owner | None:
        query = select(codes.c.conference, codes.c.role, codes.c.lookup).where(codes.c.lookup.in_(hashes))
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).first()
        for one in hashes:
            self._known.pop(one, None)
        if found is None:
            return None
        owner = self._known[found.lookup] = (ConferenceId(found.conference), found.role)
        return owner

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
            await connection.execute(insert(codes), rows)
            await self._tell(connection, "codes_issued", conference, actor)
        self._forget(conference)
        self._known.update({key.lookup(digits): (conference, role) for role, digits in pair})

    def _forget(self, conference: ConferenceId) -> None:
        self._known = {one: owner for one, owner in self._known.items() if owner[0] != conference}

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


def _taken(question: "asyncio.Task[_Owner | None]") -> None:
    """The answer to a question that nobody waits for any more; what it failed with is told by the next one."""
    if not question.cancelled():
        question.exception()


def draw() -> str:
    """8 random digits that nobody would guess first."""
    while has_pattern(code := f"{secrets.randbelow(10**_LENGTH):0{_LENGTH}d}"):
        pass
    return code


def has_pattern(code: str) -> bool:
    """Few different digits, four in a row that repeat or count, a repeated block, a mirror, or a date."""
    steps = [ord(after) - ord(before) for before, after in pairwise(code)]
    runs = zip(steps, steps[1:], steps[2:], strict=False)
    return (
        len(set(code)) < 4
        or any(first == second == third and abs(first) <= 1 for first, second, third in runs)
        or code in (code + code)[1:-1]
        or code == code[::-1]
        or _DATE.fullmatch(code) is not None
    )
