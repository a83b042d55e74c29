"""The codes of conferences: found by keyed hash, readable to the host by decryption, never in a log."""

import hmac
import re
import secrets
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.ids import ConferenceId
from bridge.domain.model import Audit, Role
from bridge.ports import Clock, CodeRefused, IntegrityConflict, PortError
from bridge.storage.database import Database
from bridge.storage.keys import load_key
from bridge.storage.tables import codes

_SHAPE: Final = re.compile(r"[0-9]{4,12}", re.ASCII)
_LENGTH: Final = 8
_NONCE_BYTES: Final = 12
_TRIES: Final = 20
_DATE: Final = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])[0-3]\d|[0-3]\d(0[1-9]|1[0-2])(19|20)\d\d")


class SealedCodes:
    """`bridge.ports.Codes` over the database and a key file.

    What the database holds is worth nothing without the key: 8 digits behind a bare hash fall in seconds.
    """

    def __init__(self, database: Database, clock: Clock, key_file: Path) -> None:
        """Reads the key, or makes it at the first start.

        Raises:
            PortError: device `disk`, see `bridge.storage.keys.load_key`.
        """
        key = load_key(key_file)
        self._database = database
        self._clock = clock
        self._lookup_key = _derived(key, b"samband codes lookup")
        self._seal = AESGCM(_derived(key, b"samband codes seal"))

    async def resolve(self, digits: str) -> tuple[ConferenceId, Role] | None:
        """Whose code it is. Anything but 4…12 ASCII digits is nobody's."""
        if not _SHAPE.fullmatch(digits):
            return None
        query = select(codes.c.conference, codes.c.role).where(codes.c.lookup == self._lookup(digits))
        async with self._database.transaction() as connection:
            found = (await connection.execute(query)).one_or_none()
        return None if found is None else (ConferenceId(found.conference), found.role)

    async def issue(self, conference: ConferenceId) -> tuple[str, str]:
        """Participant code and host code, 8 random digits each. A conference that has codes keeps them."""
        for _ in range(_TRIES):
            if (existing := await self.read(conference)) is not None:
                return existing
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
        for field, value in (("code", code), ("host_code", host_code)):
            if not _SHAPE.fullmatch(value):
                raise CodeRefused(field, "a code is 4 to 12 digits")
        if code == host_code:
            raise CodeRefused("host_code", "the host's code must differ from the participants'")
        for field, value in (("code", code), ("host_code", host_code)):
            if (owner := await self.resolve(value)) is not None and owner[0] != conference:
                raise CodeRefused(field, "another open conference has this code")
        try:
            await self._keep(conference, code, host_code, actor)
        except IntegrityConflict:
            raise CodeRefused("code", "another open conference has one of these codes") from None

    async def read(self, conference: ConferenceId) -> tuple[str, str] | None:
        """Participant code and host code, for the host's eyes.

        Raises:
            PortError: They were sealed with another key than the one in the key file.
        """
        query = select(codes.c.role, codes.c.sealed).where(codes.c.conference == conference)
        async with self._database.transaction() as connection:
            sealed = {row.role: row.sealed for row in await connection.execute(query)}
        if not sealed:
            return None
        return self._open(conference, Role.PARTICIPANT, sealed), self._open(conference, Role.HOST, sealed)

    async def withdraw(self, conference: ConferenceId) -> None:
        """The codes open nothing from now on, and are free for others."""
        async with self._database.transaction() as connection:
            if (await connection.execute(delete(codes).where(codes.c.conference == conference))).rowcount:
                await self._tell(connection, "codes_withdrawn", conference, "samband")

    async def _keep(self, conference: ConferenceId, code: str, host_code: str, actor: str) -> None:
        rows = [
            {
                "conference": conference,
                "role": role,
                "lookup": self._lookup(digits),
                "sealed": self._close(conference, role, digits),
                "issued_at_s": self._clock.now_s(),
            }
            for role, digits in ((Role.PARTICIPANT, code), (Role.HOST, host_code))
        ]
        async with self._database.transaction() as connection:
            await connection.execute(delete(codes).where(codes.c.conference == conference))
            await connection.execute(insert(codes), rows)
            await self._tell(connection, "codes_issued", conference, actor)

    async def _tell(self, connection: AsyncConnection, action: str, conference: ConferenceId, actor: str) -> None:
        await self._database.chain.append(connection, [Audit(self._clock.now_s(), actor, action, conference)])

    def _lookup(self, digits: str) -> str:
        return hmac.new(self._lookup_key, digits.encode("ascii"), sha256).hexdigest()

    def _close(self, conference: ConferenceId, role: Role, digits: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, digits.encode("ascii"), _bound_to(conference, role))

    def _open(self, conference: ConferenceId, role: Role, sealed: dict[Role, bytes]) -> str:
        box = sealed[role]
        try:
            digits = self._seal.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _bound_to(conference, role))
        except InvalidTag:
            raise PortError(
                "database", "the codes were sealed with another key: restore keys/codes.key", retry=False
            ) from None
        return digits.decode("ascii")


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


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def _bound_to(conference: ConferenceId, role: Role) -> bytes:
    """What a sealed code belongs to, so that a row moved in the database does not open."""
    return f"{conference}|{role.value}".encode()
