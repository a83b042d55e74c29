"""API tokens: kept as SHA-256 (256 random bits need no slow hash), shown once."""

import hashlib
import secrets
from typing import Final

from sqlalchemy import delete, select

from bridge.domain.kernel.journal import Audit
from bridge.ports import Clock
from bridge.storage.database import Database
from bridge.storage.kinds import upsert
from bridge.storage.tables import tokens

_PREFIX: Final = "samband_"
"""So that a token that leaked into a text is recognised as one."""


class SqlTokens:
    """`bridge.ports.Tokens` over the database. `actor` is who asks, for the audit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(self, name: str, actor: str = "samband") -> str:
        """A fresh token; an older token of the same name stops working. It cannot be read again."""
        token = _PREFIX + secrets.token_urlsafe(32)
        values = {"name": name, "sha256": _digest(token), "issued_at_s": self._clock.now_s()}
        async with self._database.transaction() as connection:
            await connection.execute(upsert(tokens, self._database.dialect), values)
            await self._database.chain.append(connection, [Audit(self._clock.now_s(), actor, "token_issued", name)])
        return token

    async def who(self, token: str) -> str | None:
        """The name the token was issued to. Found by its hash, so that timing tells nothing of the token."""
        if not token.startswith(_PREFIX):
            return None
        async with self._database.reading() as connection:
            found = await connection.execute(select(tokens.c.name).where(tokens.c.sha256 == _digest(token)))
            return found.scalar_one_or_none()

    async def names(self) -> list[str]:
        """The name of a token's holder."""
        async with self._database.reading() as connection:
            return list((await connection.execute(select(tokens.c.name).order_by(tokens.c.name))).scalars())

    async def revoke(self, name: str, actor: str = "samband") -> bool:
        """Whether there was one. It stops working at once."""
        async with self._database.transaction() as connection:
            gone = bool((await connection.execute(delete(tokens).where(tokens.c.name == name))).rowcount)
            if gone:
                await self._database.chain.append(
                    connection, [Audit(self._clock.now_s(), actor, "token_revoked", name)]
                )
        return gone


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
