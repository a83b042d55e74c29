"""API tokens: kept as SHA-256 (256 random bits need no slow hash), shown once."""

import json
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, delete, or_, select, update

from bridge.domain.access.accounts import TokenHolder
from bridge.domain.kernel.journal import Audit
from bridge.ports import Clock, PortError
from bridge.storage.accounts import digest_of
from bridge.storage.database import Database
from bridge.storage.kinds import upsert
from bridge.storage.tables import accounts, sessions, tokens

_PREFIX: Final = "samband_"
"""So that a token that leaked into a text is recognised as one."""
_USED_EVERY_S: Final = 60.0
"""The last use is written at most so often."""
_COLUMNS: Final = (*(column for column in tokens.c if column.name != "owner"), accounts.c.name.label("owner"))


class SqlTokens:
    """`bridge.ports.Tokens` over the database. `actor` is who asks, for the audit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(
        self,
        name: str,
        actor: str = "samband",
        *,
        permissions: Iterable[str] | None = None,
        expires_at_s: float | None = None,
        owner: str | None = None,
    ) -> str:
        """A fresh token; an older token of the same name stops working, and so do its sessions. It cannot be read
        again.

        Args:
            name: Of its holder.
            actor: The one who asks.
            permissions: The acts that it is good for; `None`: an operator's.
            expires_at_s: When it stops working; `None`: when it is revoked.
            owner: The id of the account whose it is.
        """
        token = _PREFIX + secrets.token_urlsafe(32)
        now_s = self._clock.now_s()
        listed = None if permissions is None else sorted(set(permissions))
        values = {
            "name": name,
            "sha256": digest_of(token),
            "issued_at_s": now_s,
            "permissions": None if listed is None else json.dumps(listed),
            "expires_at_s": expires_at_s,
            "used_at_s": None,
            "owner": owner,
        }
        detail = () if listed is None else (("permissions", " ".join(listed)),)
        async with self._database.transaction() as connection:
            await connection.execute(delete(sessions).where(sessions.c.token == name))
            await connection.execute(upsert(tokens, self._database.dialect), values)
            await self._database.chain.append(connection, [Audit(now_s, actor, "token_issued", name, detail)])
        return token

    async def holder(self, token: str) -> TokenHolder | None:
        """Its holder, where it works. Found by its hash, so that timing tells nothing of the token."""
        if not token.startswith(_PREFIX):
            return None
        found = await self._one(tokens.c.sha256 == digest_of(token))
        now_s = self._clock.now_s()
        if found is not None and (found.used_at_s is None or now_s - found.used_at_s > _USED_EVERY_S):
            with suppress(PortError):  # a full disk locks nobody out
                async with self._database.transaction() as connection:
                    statement = update(tokens).where(tokens.c.name == found.name)
                    await connection.execute(statement.values(used_at_s=now_s))
        return found

    async def named(self, name: str) -> TokenHolder | None:
        """By its name, where it works."""
        return await self._one(tokens.c.name == name)

    async def who(self, token: str) -> str | None:
        """The name the token was issued to."""
        found = await self.holder(token)
        return None if found is None else found.name

    async def find(self) -> Sequence[TokenHolder]:
        """All, in order of name."""
        async with self._database.reading() as connection:
            query = select(*_COLUMNS).select_from(_JOINED).order_by(tokens.c.name)
            return [_holder(row) for row in (await connection.execute(query)).mappings()]

    async def names(self) -> list[str]:
        """The names of the tokens' holders."""
        return [one.name for one in await self.find()]

    async def revoke(self, name: str, actor: str = "samband") -> bool:
        """Whether there was one. It stops working at once, and its sessions end."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(sessions).where(sessions.c.token == name))
            gone = bool((await connection.execute(delete(tokens).where(tokens.c.name == name))).rowcount)
            if gone:
                await self._database.chain.append(
                    connection, [Audit(self._clock.now_s(), actor, "token_revoked", name)]
                )
        return gone

    async def owner_named(self, name: str) -> str | None:
        """The id of the account of this name, for a token of its person."""
        async with self._database.reading() as connection:
            query = select(accounts.c.id).where(accounts.c.name == name.casefold())
            return (await connection.execute(query)).scalar_one_or_none()

    async def _one(self, where: ColumnElement[bool]) -> TokenHolder | None:
        """A token of a person who is disabled works no more than they do."""
        query = (
            select(*_COLUMNS)
            .select_from(_JOINED)
            .where(where, accounts.c.disabled_at_s.is_(None))
            .where(or_(tokens.c.expires_at_s.is_(None), tokens.c.expires_at_s > self._clock.now_s()))
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else _holder(row)


_JOINED: Final = tokens.outerjoin(accounts, accounts.c.id == tokens.c.owner)


def _holder(row: RowMapping) -> TokenHolder:
    listed = row["permissions"]
    return TokenHolder(
        row["name"],
        row["issued_at_s"],
        None if listed is None else frozenset(json.loads(listed)),
        row["expires_at_s"],
        row["used_at_s"],
        row["owner"],
    )
