"""Accounts, factors, invitations and sessions are kept, each secret as a hash, and what works once works once."""

import asyncio

import pytest

from bridge.domain.access.accounts import Account, FactorKind, Limits, LoginBy
from bridge.domain.kernel.principal import AccessRole
from bridge.storage import Database, IntegrityConflict, SqlAccounts, SqlAudit, SqlSessions, SqlTokens
from tests.unit.storage.conftest import FixedClock

ANNA = Account("acc-1", "anna", "Anna", frozenset({AccessRole.HOST}), 1.0, "samband", forums=frozenset({"f"}))


@pytest.fixture
def accounts(database: Database, clock: FixedClock) -> SqlAccounts:
    return SqlAccounts(database, clock)


@pytest.fixture
def sessions(database: Database, clock: FixedClock) -> SqlSessions:
    return SqlSessions(database, clock)


async def test_an_account_is_read_back_as_it_was_made(accounts: SqlAccounts) -> None:
    assert await accounts.make("samband", ANNA)
    assert await accounts.get("acc-1") == await accounts.named("ANNA") == ANNA
    with pytest.raises(IntegrityConflict):
        await accounts.make("samband", Account("acc-2", "anna", "A", ANNA.roles, 1.0, "samband"))


async def test_an_invitation_that_two_use_at_once_is_one_persons(accounts: SqlAccounts) -> None:
    await accounts.make("samband", ANNA)
    secret = await accounts.invite("kent", ANNA, 100.0)
    assert await accounts.invited(secret) == ANNA
    used = await asyncio.gather(
        *(accounts.accept(secret, ANNA, "hash", sealed="s", step=1, codes=["a", "b"]) for _ in range(2))
    )
    assert sorted(used) == [False, True]
    assert [one.kind for one in await accounts.factors("acc-1") if one.kind is FactorKind.TOTP] == [FactorKind.TOTP]


async def test_a_step_and_a_code_on_paper_are_used_once_also_at_the_same_time(accounts: SqlAccounts) -> None:
    await accounts.make("samband", ANNA)
    totp = await accounts.add_factor("anna", ANNA, FactorKind.TOTP, "telefon", sealed="s", step=1)
    await accounts.add_factor("anna", ANNA, FactorKind.RECOVERY, "", codes=["one", "two"])
    assert sorted(await asyncio.gather(*(accounts.use_step(totp.id, 2) for _ in range(2)))) == [False, True]
    assert sorted(await asyncio.gather(*(accounts.use_recovery("acc-1", "one") for _ in range(2)))) == [False, True]
    (paper,) = [one for one in await accounts.factors("acc-1") if one.kind is FactorKind.RECOVERY]
    assert paper.left == 1


async def test_the_sessions_of_an_account_go_with_its_roles_and_with_it(
    accounts: SqlAccounts, sessions: SqlSessions, database: Database, clock: FixedClock, audit: SqlAudit
) -> None:
    await accounts.make("samband", ANNA)

    async def begun() -> str:
        return await sessions.begin(account="acc-1", by=LoginBy.TOTP, address="10.0.0.1", agent="x\n" * 500)

    secret = await begun()
    found = await sessions.who(secret)
    assert found is not None
    assert ("\n" in found.agent, len(found.agent) <= 200) == (False, True)
    changed = Account("acc-1", "anna", "Anna", frozenset({AccessRole.AUDITOR}), 1.0, "samband")
    await accounts.change("kent", changed)
    assert await sessions.who(secret) is None
    secret = await begun()
    tokens = SqlTokens(database, clock)
    token = await tokens.issue("skript", "kent", owner="acc-1")
    await accounts.remove("kent", changed)
    assert (await sessions.who(secret), await tokens.who(token)) == (None, None)
    assert await audit.verify() is None


async def test_a_session_that_is_over_is_forgotten(
    sessions: SqlSessions, database: Database, clock: FixedClock
) -> None:
    await SqlTokens(database, clock).issue("operator")
    secret = await sessions.begin(token="operator", by=LoginBy.TOKEN, address="", agent="")
    await sessions.forget(Limits(idle_s=10, absolute_s=100))
    assert await sessions.who(secret) is not None
    await sessions.forget(Limits(idle_s=0, absolute_s=100))
    assert await sessions.who(secret) is None


async def test_a_token_that_is_issued_again_ends_the_sessions_of_the_former(
    sessions: SqlSessions, database: Database, clock: FixedClock
) -> None:
    tokens = SqlTokens(database, clock)
    await tokens.issue("operator")
    secret = await sessions.begin(token="operator", by=LoginBy.TOKEN, address="", agent="")
    await tokens.issue("operator")
    assert await sessions.who(secret) is None
