"""Sessions: logins of browsers. The reference token (256 random bits) is kept as its hash."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from bridge.domain.access.accounts import Limits, LoginBy, Session
from bridge.domain.kernel.journal import Audit
from bridge.ports import Clock, PortError
from bridge.storage.accounts import digest_of
from bridge.storage.database import Database
from bridge.storage.order import newest_first
from bridge.storage.tables import sessions

_LONGEST_AGENT = 200


class SqlSessions:
    """`bridge.ports.Sessions` over the database. `actor` is who asks, for the audit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.ended = asyncio.Event()
        """Set, and replaced by a new one, each time that this program has ended a session."""

    async def begin(
        self,
        *,
        account: str | None = None,
        token: str | None = None,
        by: LoginBy,
        address: str,
        agent: str,
        factor_at_s: float | None = None,
        made_at_s: float | None = None,
        instead_of: str | None = None,
    ) -> str:
        """The reference token of a new session, which is told here alone. `instead_of`: the session that it takes the
        place of, in the same commit."""
        secret = secrets.token_urlsafe(32)
        now_s = self._clock.now_s()
        row = {
            "id": f"ses-{secrets.token_hex(8)}",
            "sha256": digest_of(secret),
            "account": account,
            "token": token,
            "by": by.value,
            "made_at_s": now_s if made_at_s is None else made_at_s,
            "seen_at_s": now_s,
            "factor_at_s": now_s if factor_at_s is None else factor_at_s,
            "address": address,
            "agent": "".join(one for one in agent if one.isprintable())[:_LONGEST_AGENT],
        }
        async with self._database.transaction() as connection:
            if instead_of is not None:
                await connection.execute(delete(sessions).where(sessions.c.id == instead_of))
            await connection.execute(insert(sessions).values(row))
        return secret

    async def who(self, secret: str) -> Session | None:
        """The session of a reference token, whether or not it is too old."""
        return await self._one(sessions.c.sha256 == digest_of(secret))

    async def get(self, key: str) -> Session | None:
        """By id."""
        return await self._one(sessions.c.id == key)

    async def touch(self, key: str) -> None:
        """Its person did something."""
        with suppress(PortError):  # a full disk locks nobody out
            async with self._database.transaction() as connection:
                values = {"seen_at_s": self._clock.now_s()}
                await connection.execute(update(sessions).where(sessions.c.id == key).values(values))

    async def find(self, *, account: str | None = None, limit: int = 1000) -> Sequence[Session]:
        """The newest first; of one account, or of all."""
        query = select(sessions).order_by(*newest_first(sessions.c.made_at_s, sessions.c.id)).limit(limit)
        if account is not None:
            query = query.where(sessions.c.account == account)
        async with self._database.reading() as connection:
            return [_session(row) for row in (await connection.execute(query)).mappings()]

    async def end(self, actor: str, found: Sequence[Session], *, why: str) -> int:
        """So many of them were still there. They are refused at once, and their streams end."""
        if not found:
            return 0
        async with self._database.transaction() as connection:
            keys = [one.id for one in found]
            gone = (await connection.execute(delete(sessions).where(sessions.c.id.in_(keys)))).rowcount
            lines = [Audit(self._clock.now_s(), actor, "session.ended", one.id, (("why", why),)) for one in found]
            await self._database.chain.append(connection, lines)
        self.tell()
        return gone

    async def forget(self, limits: Limits) -> None:
        """Remove those that are over."""
        now_s = self._clock.now_s()
        over = (sessions.c.made_at_s <= now_s - limits.absolute_s) | (sessions.c.seen_at_s <= now_s - limits.idle_s)
        async with self._database.transaction() as connection:
            await connection.execute(delete(sessions).where(over))

    def tell(self) -> None:
        """Streams look now whether their session is still there."""
        ended, self.ended = self.ended, asyncio.Event()
        ended.set()

    async def _one(self, where: Any) -> Session | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(sessions).where(where))).mappings().first()
            return None if row is None else _session(row)


def _session(row: RowMapping) -> Session:
    return Session(
        row["id"],
        row["account"],
        row["token"],
        LoginBy(row["by"]),
        row["made_at_s"],
        row["seen_at_s"],
        row["factor_at_s"],
        row["address"],
        row["agent"],
    )
