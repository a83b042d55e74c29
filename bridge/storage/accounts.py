"""Accounts of people, their factors and invitations. Secrets are kept as hashes, or sealed by a key of its own file."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.access.accounts import MOST_ACCOUNTS, Account, Factor, FactorKind
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import AccessRole
from bridge.ports import Clock, Passkey
from bridge.storage.database import Database
from bridge.storage.order import oldest_first
from bridge.storage.tables import account_factors as factors
from bridge.storage.tables import account_invitations as invitations
from bridge.storage.tables import accounts, sessions, tokens

INVITATION: Final = "invite_"
"""So that a secret that leaked into a text is recognised as one."""
_WRITTEN: Final = (
    "name", "shown", "break_glass", "disabled_at_s", "issuer", "subject", "language", "theme", "sound", "login_at_s",
)  # fmt: skip


class SqlAccounts:
    """`bridge.ports.Accounts` over the database. `actor` is who asks, for the audit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self) -> Sequence[Account]:
        """All, in order of name."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(accounts).order_by(accounts.c.name).limit(MOST_ACCOUNTS))
            return [_account(row) for row in rows.mappings()]

    async def get(self, key: str) -> Account | None:
        """By id."""
        return await self._one(accounts.c.id == key)

    async def named(self, name: str) -> Account | None:
        """By the name that is typed."""
        return await self._one(accounts.c.name == name.casefold())

    async def of_provider(self, issuer: str, subject: str) -> Account | None:
        """By the identity at a provider."""
        return await self._one((accounts.c.issuer == issuer) & (accounts.c.subject == subject))

    async def make(self, actor: str, account: Account, *, first: bool = False) -> bool:
        """Whether it was made. `first`: only where there is none yet, whoever asks at the same time.

        Raises:
            IntegrityConflict: The name is taken, or the identity at the provider.
        """
        async with self._database.transaction() as connection:
            if first and (await connection.execute(select(func.count()).select_from(accounts))).scalar_one():
                return False
            await connection.execute(insert(accounts).values(_row(account) | {"id": account.id, "password": None}))
            await self._tell(connection, actor, "account.made", account, roles=_words(account.roles))
        return True

    async def change(self, actor: str, account: Account, *, action: str = "account.changed") -> None:
        """Put it in the place of what is kept. Of a person who is disabled, or has other roles, no session goes on."""
        async with self._database.transaction() as connection:
            found = await connection.execute(select(accounts).where(accounts.c.id == account.id))
            former = _account(found.mappings().one())
            await connection.execute(update(accounts).where(accounts.c.id == account.id).values(_row(account)))
            if account.disabled_at_s is not None or _reach(former) != _reach(account):
                await connection.execute(delete(sessions).where(sessions.c.account == account.id))
            await self._tell(connection, actor, action, account, roles=_words(account.roles))

    async def prefer(self, key: str, *, language: str | None, theme: str, sound: int) -> None:
        """How the console looks to them: no matter of the audit log."""
        async with self._database.transaction() as connection:
            chosen = {"language": language, "theme": theme, "sound": sound}
            await connection.execute(update(accounts).where(accounts.c.id == key).values(chosen))

    async def remove(self, actor: str, account: Account) -> None:
        """With its factors, sessions and tokens. The audit log keeps its name."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(tokens).where(tokens.c.owner == account.id))
            await connection.execute(delete(accounts).where(accounts.c.id == account.id))
            await self._tell(connection, actor, "account.removed", account)

    async def logged_in(self, account: Account, way: str) -> None:
        """A login is told in the audit log: it stands there before anything is done with it."""
        async with self._database.transaction() as connection:
            values = {"login_at_s": self._clock.now_s()}
            await connection.execute(update(accounts).where(accounts.c.id == account.id).values(values))
            action = "break_glass.used" if account.break_glass else "account.logged_in"
            await self._tell(connection, account.name, action, account, by=way)

    # --- passwords and factors ---

    async def password_of(self, key: str) -> str | None:
        """Its hash."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(accounts.c.password).where(accounts.c.id == key))
            return found.scalar_one_or_none()

    async def set_password(self, actor: str, account: Account, hashed: str, *, action: str) -> None:
        """`action`: as the audit log calls it."""
        async with self._database.transaction() as connection:
            await connection.execute(update(accounts).where(accounts.c.id == account.id).values(password=hashed))
            await self._tell(connection, actor, action, account)

    async def factors(self, key: str) -> Sequence[Factor]:
        """The oldest first."""
        async with self._database.reading() as connection:
            query = (
                select(factors)
                .where(factors.c.account == key)
                .order_by(*oldest_first(factors.c.made_at_s, factors.c.id))
            )
            return [_factor(row) for row in (await connection.execute(query)).mappings()]

    async def totp(self, key: str) -> Sequence[tuple[str, str, int]]:
        """Factor, its sealed secret, and the last step that was used."""
        async with self._database.reading() as connection:
            query = select(factors).where(factors.c.account == key, factors.c.kind == FactorKind.TOTP.value)
            return [(row["id"], row["sealed"], row["step"]) for row in (await connection.execute(query)).mappings()]

    async def use_step(self, factor: str, step: int) -> bool:
        """Whether this step is used now, and not before: of two at the same time one is told so."""
        return await self._use(factor, factors.c.step < step, step=step)

    async def passkeys(self, key: str | None = None) -> Sequence[Passkey]:
        """Those of an account."""
        async with self._database.reading() as connection:
            query = select(factors).where(factors.c.kind == FactorKind.PASSKEY.value, factors.c.account == key)
            return [_passkey(row) for row in (await connection.execute(query)).mappings()]

    async def passkey(self, credential: str) -> Passkey | None:
        """By its credential id, base64url."""
        async with self._database.reading() as connection:
            query = select(factors).where(factors.c.credential == credential)
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else _passkey(row)

    async def use_passkey(self, key: Passkey, count: int) -> bool:
        """Keep the count of its signatures. A count that did not grow, of a key that counts, is a copy."""
        return await self._use(key.id, (factors.c.step < count) | (factors.c.step == 0), step=count)

    async def use_recovery(self, key: str, typed: str) -> bool:
        """Whether it is a code on paper of this account that was not used; it is used now."""
        digest = digest_of(typed)
        async with self._database.transaction() as connection:
            query = select(factors).where(factors.c.account == key, factors.c.kind == FactorKind.RECOVERY.value)
            row = (await connection.execute(query.with_for_update())).mappings().first()
            left = json.loads(row["codes"]) if row is not None else []
            if row is None or digest not in left:
                return False
            left.remove(digest)
            values = {"codes": json.dumps(left), "used_at_s": self._clock.now_s()}
            await connection.execute(update(factors).where(factors.c.id == row["id"]).values(values))
        return True

    async def add_factor(
        self,
        actor: str,
        account: Account,
        kind: FactorKind,
        name: str,
        *,
        sealed: str | None = None,
        step: int = 0,
        passkey: tuple[str, str] | None = None,
        codes: Iterable[str] | None = None,
    ) -> Factor:
        """Keep a factor. New codes on paper take the place of the former.

        Args:
            actor: The one who asks.
            account: Its owner's.
            kind: Its kind.
            name: As its owner calls it.
            sealed: The secret of codes by time.
            step: The last step that was used, or the count of a passkey's signatures.
            passkey: Its credential id and public key, base64url.
            codes: Codes on paper; their hashes are kept.

        Raises:
            IntegrityConflict: The passkey is somebody's already.
        """
        now_s = self._clock.now_s()
        row = {
            "id": f"fac-{secrets.token_hex(8)}",
            "account": account.id,
            "kind": kind.value,
            "name": name,
            "made_at_s": now_s,
            "used_at_s": None,
            "sealed": sealed,
            "step": step,
            "credential": passkey[0] if passkey is not None else None,
            "public_key": passkey[1] if passkey is not None else None,
            "codes": json.dumps([digest_of(one) for one in codes]) if codes is not None else None,
        }
        async with self._database.transaction() as connection:
            if kind is FactorKind.RECOVERY:
                former = (factors.c.account == account.id) & (factors.c.kind == kind.value)
                await connection.execute(delete(factors).where(former))
            await connection.execute(insert(factors).values(row))
            await self._tell(connection, actor, "account.factor_added", account, kind=kind.value)
        return _factor(row)

    async def remove_factor(self, actor: str, account: Account, factor: Factor) -> None:
        """It is good for nothing from now on."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(factors).where(factors.c.id == factor.id))
            await self._tell(connection, actor, "account.factor_removed", account, kind=factor.kind.value)

    # --- invitations ---

    async def invite(self, actor: str, account: Account, lasts_s: float) -> str:
        """The secret of an invitation, which is told here alone. A former one of the account is good for nothing."""
        secret = f"{INVITATION}{secrets.token_urlsafe(32)}"
        row = {
            "sha256": digest_of(secret),
            "account": account.id,
            "made_by": actor,
            "expires_at_s": self._clock.now_s() + lasts_s,
        }
        async with self._database.transaction() as connection:
            await connection.execute(delete(invitations).where(invitations.c.account == account.id))
            await connection.execute(insert(invitations).values(row))
            await self._tell(connection, actor, "account.invited", account)
        return secret

    async def invited(self, secret: str) -> Account | None:
        """The account of an invitation that is good."""
        now_s = self._clock.now_s()
        query = (
            select(accounts)
            .join(invitations, invitations.c.account == accounts.c.id)
            .where(invitations.c.sha256 == digest_of(secret), invitations.c.expires_at_s > now_s)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else _account(row)

    async def accept(
        self, secret: str, account: Account, hashed: str, *, sealed: str, step: int, codes: Iterable[str]
    ) -> bool:
        """Use an invitation: password and factors are set in one commit, in the place of all former ones. Whether it
        was good until now. No session of before goes on."""
        now_s = self._clock.now_s()
        common: dict[str, Any] = {"account": account.id, "made_at_s": now_s, "used_at_s": None, "credential": None}
        async with self._database.transaction() as connection:
            good = (invitations.c.sha256 == digest_of(secret)) & (invitations.c.expires_at_s > now_s)
            if not (await connection.execute(delete(invitations).where(good))).rowcount:
                return False
            await connection.execute(update(accounts).where(accounts.c.id == account.id).values(password=hashed))
            await connection.execute(delete(factors).where(factors.c.account == account.id))
            await connection.execute(delete(sessions).where(sessions.c.account == account.id))
            for row in (
                {"kind": FactorKind.TOTP.value, "name": "", "sealed": sealed, "step": step, "codes": None},
                {
                    "kind": FactorKind.RECOVERY.value,
                    "name": "",
                    "sealed": None,
                    "step": 0,
                    "codes": json.dumps([digest_of(one) for one in codes]),
                },
            ):
                key = f"fac-{secrets.token_hex(8)}"
                await connection.execute(insert(factors).values(common | row | {"id": key, "public_key": None}))
            await self._tell(connection, account.name, "account.accepted", account)
        return True

    # --- inside ---

    async def _one(self, where: Any) -> Account | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(accounts).where(where))).mappings().first()
            return None if row is None else _account(row)

    async def _use(self, factor: str, where: Any, **values: Any) -> bool:
        now_s = self._clock.now_s()
        statement = update(factors).where(factors.c.id == factor, where).values(used_at_s=now_s, **values)
        async with self._database.transaction() as connection:
            return bool((await connection.execute(statement)).rowcount)

    async def _tell(
        self, connection: AsyncConnection, actor: str, action: str, account: Account, **detail: str
    ) -> None:
        line = Audit(self._clock.now_s(), actor, action, account.name, tuple(detail.items()))
        await self._database.chain.append(connection, [line])


def digest_of(secret: str) -> str:
    """SHA-256. Secrets that are hashed so have at least 80 random bits, and need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _words(roles: Iterable[AccessRole]) -> str:
    return " ".join(sorted(one.value for one in roles))


def _reach(account: Account) -> object:
    return account.roles, account.organisations, account.forums, account.meetings


def _row(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in _WRITTEN} | {
        "made_at_s": account.made_at_s,
        "made_by": account.made_by,
        "roles": json.dumps(sorted(one.value for one in account.roles)),
        "organisations": _listed(account.organisations),
        "forums": _listed(account.forums),
        "meetings": _listed(account.meetings),
    }


def _listed(scope: Iterable[str] | None) -> str | None:
    return None if scope is None else json.dumps(sorted(scope))


def _scope(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def _account(row: RowMapping) -> Account:
    known = {one.value for one in AccessRole}
    made = Account(
        id=row["id"],
        name=row["name"],
        shown=row["shown"],
        roles=frozenset(AccessRole(one) for one in json.loads(row["roles"]) if one in known),
        made_at_s=row["made_at_s"],
        made_by=row["made_by"],
        organisations=_scope(row["organisations"]),
        forums=_scope(row["forums"]),
        meetings=_scope(row["meetings"]),
        has_password=row["password"] is not None,
    )
    return replace(made, **{name: row[name] for name in _WRITTEN})


def _factor(row: Mapping[str, Any] | RowMapping) -> Factor:
    left = len(json.loads(row["codes"])) if row["codes"] is not None else 0
    kind = FactorKind(row["kind"])
    return Factor(row["id"], row["account"], kind, row["name"], row["made_at_s"], row["used_at_s"], left)


def _passkey(row: RowMapping) -> Passkey:
    return Passkey(row["id"], row["account"], row["credential"], row["public_key"], row["step"])
