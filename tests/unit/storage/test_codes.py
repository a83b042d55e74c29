"""The codes of conferences: hard to guess, readable to the host alone, worth nothing without the key."""

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bridge.domain.ids import ConferenceId
from bridge.domain.model import Role
from bridge.files import replace_file
from bridge.ports import CodeRefused, CodesUnavailable, PortError
from bridge.storage import Database, SealedCodes, SqlAudit
from bridge.storage.codes import draw, has_pattern
from bridge.storage.keys import make_key, read_key
from tests.unit.storage.conftest import FixedClock

ONE, OTHER = ConferenceId("cnf-1"), ConferenceId("cnf-2")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "codes.key"


@pytest.fixture
async def codes(database: Database, clock: FixedClock, key_file: Path) -> SealedCodes:
    made = SealedCodes(database, clock, key_file)
    await made.start()
    return made


async def test_the_codes_lead_to_the_conference_in_their_roles(codes: SealedCodes) -> None:
    code, host_code = await codes.issue(ONE)
    assert len(code) == len(host_code) == 8
    assert await codes.resolve(code) == (ONE, Role.PARTICIPANT)
    assert await codes.resolve(host_code) == (ONE, Role.HOST)
    assert await codes.read(ONE) == (code, host_code)


async def test_a_conference_that_has_codes_keeps_them(codes: SealedCodes) -> None:
    assert await codes.issue(ONE) == await codes.issue(ONE)
    assert await codes.issue(ONE) != await codes.issue(OTHER)


async def test_withdrawn_codes_open_nothing(codes: SealedCodes) -> None:
    code, host_code = await codes.issue(ONE)
    await codes.withdraw(ONE)
    await codes.withdraw(ONE)
    assert await codes.resolve(code) is None
    assert await codes.resolve(host_code) is None
    assert await codes.read(ONE) is None


@pytest.mark.parametrize(
    "digits", ["", "123", "1234567890123", "1234 678", "١٢٣٤٥٦٧٨", "12345678\n", "' OR 1", "1\x00234"]
)
async def test_what_is_no_code_is_nobodys(codes: SealedCodes, digits: str) -> None:
    await codes.issue(ONE)
    assert await codes.resolve(digits) is None


async def test_an_operator_may_choose_the_codes(codes: SealedCodes) -> None:
    await codes.issue(ONE)
    await codes.set_codes(ONE, "5555", "998877")
    assert await codes.read(ONE) == ("5555", "998877")
    assert await codes.resolve("5555") == (ONE, Role.PARTICIPANT)
    await codes.set_codes(ONE, "5555", "112233")
    assert await codes.resolve("998877") is None


@pytest.mark.parametrize(
    ("code", "host_code", "field"),
    [
        ("5555", "5555", "host_code"),
        ("555", "998877", "code"),
        ("5555", "1234567890123", "host_code"),
        ("55a5", "998877", "code"),
        ("５５５５", "998877", "code"),
        ("7777", "998877", "code"),
        ("5555", "7777", "host_code"),
    ],
)
async def test_codes_that_cannot_be_used_are_refused(codes: SealedCodes, code: str, host_code: str, field: str) -> None:
    await codes.set_codes(OTHER, "7777", "8888")
    with pytest.raises(CodeRefused) as refused:
        await codes.set_codes(ONE, code, host_code)
    assert refused.value.field == field
    assert code not in str(refused.value)
    assert await codes.read(ONE) is None


async def test_the_codes_are_in_no_table_and_no_log(codes: SealedCodes, database: Database, audit: SqlAudit) -> None:
    pair = await codes.issue(ONE)
    async with database.transaction() as connection:
        rows = (await connection.execute(text("SELECT * FROM codes"))).all()
    lines = await audit.rows()
    for code in pair:
        assert code not in repr(rows)
        assert code.encode() not in b"".join(bytes(row.sealed) for row in rows)
        assert code not in repr(lines)
    assert [line.action for line in lines] == ["codes_issued"]


async def test_a_code_moved_to_another_conference_in_the_database_does_not_open(
    codes: SealedCodes, database: Database
) -> None:
    await codes.issue(ONE)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE codes SET conference = 'cnf-2'"))
    assert await codes.read(OTHER) == (None, None)


# --- a lost key ---


async def restarted(codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path) -> SealedCodes:
    del codes
    again = SealedCodes(database, clock, key_file)
    await again.start()
    return again


def content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


LOSSES: dict[str, Callable[[Path], object]] = {
    "missing": lambda key_file: key_file.rename(key_file.with_name("kept")),
    "emptied": lambda key_file: (
        key_file.with_name("kept").write_bytes(key_file.read_bytes()),
        key_file.write_bytes(b""),
    ),
    "torn": lambda key_file: (
        key_file.with_name("kept").write_bytes(key_file.read_bytes()),
        key_file.write_bytes(key_file.read_bytes()[:7]),
    ),
    "another": lambda key_file: (key_file.rename(key_file.with_name("kept")), make_key(key_file)),
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_lost_key_is_told_and_the_next_meeting_has_codes_all_the_same(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path, loss: str
) -> None:
    code, _ = await codes.issue(ONE)
    LOSSES[loss](key_file)
    kept = content(key_file)
    again = await restarted(codes, database, clock, key_file)

    assert "restore it from the backup, or give it up with `samband codes renew`" in again.health()["codes"]
    assert await again.read(ONE) == (None, None)
    assert content(key_file) == kept, "nothing took its place in silence"
    with pytest.raises(CodesUnavailable):
        await again.resolve(code)

    fresh, fresh_host = await again.issue(OTHER)
    assert await again.resolve(fresh) == (OTHER, Role.PARTICIPANT)
    assert await again.read_many([ONE, OTHER]) == {ONE: (None, None), OTHER: (fresh, fresh_host)}


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_key_that_is_restored_is_taken_up_by_the_running_program(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path, loss: str
) -> None:
    pair = await codes.issue(ONE)
    LOSSES[loss](key_file)
    again = await restarted(codes, database, clock, key_file)
    fresh = await again.issue(OTHER)
    key_file.with_name("kept").replace(key_file)

    assert await again.resolve(pair[0]) == (ONE, Role.PARTICIPANT)
    assert await again.read(ONE) == pair
    if loss != "another":
        assert await again.read(OTHER) == fresh
        assert again.health() == {"codes": "ok"}


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_key_that_is_given_up_leaves_every_meeting_with_codes_that_open(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path, audit: SqlAudit, loss: str
) -> None:
    old, _ = await codes.issue(ONE)
    LOSSES[loss](key_file)
    running = await restarted(codes, database, clock, key_file)

    command = SealedCodes(database, clock, key_file)
    assert await command.renew("cli") == [ONE]
    assert await command.renew("cli") == []

    pair = await running.read(ONE)
    assert pair is not None
    assert pair[0] is not None
    assert await running.resolve(pair[0]) == (ONE, Role.PARTICIPANT)
    assert await running.resolve(old) is None
    assert running.health() == {"codes": "ok"}
    assert (await restarted(codes, database, clock, key_file)).health() == {"codes": "ok"}
    actions = [row.action for row in await audit.rows()]
    assert actions.count("codes_key_renewed") == (loss != "another")


async def test_one_code_that_does_not_open_spoils_no_other(codes: SealedCodes, database: Database) -> None:
    pair, other = await codes.issue(ONE), await codes.issue(OTHER)
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE codes SET sealed = :rubbish WHERE conference = 'cnf-1' AND role = 'host'"),
            {"rubbish": b"rubbish"},
        )
    assert await codes.read_many([ONE, OTHER]) == {ONE: (pair[0], None), OTHER: other}


async def test_without_codes_a_damaged_key_is_replaced_and_what_was_there_is_kept(
    database: Database, clock: FixedClock, key_file: Path
) -> None:
    replace_file(key_file, b"short")
    codes = SealedCodes(database, clock, key_file)
    await codes.start()
    assert codes.health() == {"codes": "ok"}
    assert [path.read_bytes() for path in key_file.parent.glob("codes.key.damaged-*")] == [b"short"]


async def test_a_key_that_cannot_be_made_is_told_and_taken_up_when_it_can(
    database: Database, clock: FixedClock, key_file: Path
) -> None:
    key_file.parent.write_text("no folder")
    codes = SealedCodes(database, clock, key_file)
    with pytest.raises(PortError, match="cannot be"):
        await codes.issue(ONE)
    assert str(key_file) in codes.health()["codes"]
    key_file.parent.unlink()
    code, _ = await codes.issue(ONE)
    assert await codes.resolve(code) == (ONE, Role.PARTICIPANT)
    assert codes.health() == {"codes": "ok"}


# --- the database away ---


async def test_codes_of_open_meetings_open_them_while_the_database_is_away(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    withdrawn, _ = await codes.issue(OTHER)
    before, _ = await codes.issue(ConferenceId("cnf-3"))
    again = await restarted(codes, database, clock, key_file)
    code, host_code = await again.issue(ONE)
    await again.withdraw(OTHER)
    await database.close()

    assert await again.resolve(before) == (ConferenceId("cnf-3"), Role.PARTICIPANT)
    assert await again.resolve(code) == (ONE, Role.PARTICIPANT)
    assert await again.resolve(host_code) == (ONE, Role.HOST)
    for unknown in (withdrawn, "12345678"):
        with pytest.raises(CodesUnavailable) as unavailable:
            await again.resolve(unknown)
        assert unavailable.value.retry
        assert unknown not in str(unavailable.value)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_a_database_that_hangs_keeps_no_caller_waiting(
    codes: SealedCodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = await codes.issue(ONE)
    monkeypatch.setattr("bridge.storage.codes.PATIENCE_S", 0.05)
    with closing(sqlite3.connect(tmp_path / "samband.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with asyncio.timeout(2):
            assert await codes.resolve(code) == (ONE, Role.PARTICIPANT)
            for _ in range(3):
                with pytest.raises(CodesUnavailable):
                    await codes.resolve("12345678")
        other.execute("ROLLBACK")
    await wait_for_an_answer(codes)


async def wait_for_an_answer(codes: SealedCodes) -> None:
    """The question that hung is answered some time after the lock is gone; then the database is asked again."""
    async with asyncio.timeout(10):
        while True:
            try:
                assert await codes.resolve("12345678") is None
            except CodesUnavailable:
                await asyncio.sleep(0.02)
            else:
                return


async def test_many_callers_at_once_are_all_answered_by_the_database(codes: SealedCodes) -> None:
    code, _ = await codes.issue(ONE)
    answers = await asyncio.gather(*(codes.resolve(digits) for digits in [code, "12345678"] * 20))
    assert answers == [(ONE, Role.PARTICIPANT), None] * 20


# --- the key file ---


def test_the_key_is_made_once_and_only_its_owner_reads_it(key_file: Path) -> None:
    key = make_key(key_file)
    assert len(key) == 32
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert list(key_file.parent.iterdir()) == [key_file]
    assert make_key(key_file) == read_key(key_file) == key


async def test_the_codes_are_readable_after_a_restart(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    pair = await codes.issue(ONE)
    assert await SealedCodes(database, clock, key_file).read(ONE) == pair


def test_a_key_that_others_could_read_is_closed_to_them(key_file: Path) -> None:
    key = make_key(key_file)
    key_file.chmod(0o640)
    assert read_key(key_file) == key
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "code", ["11111111", "12345678", "98765432", "12341234", "12121212", "11223312", "12344321", "20261122", "24121998"]
)
def test_what_people_would_try_first_is_never_drawn(code: str) -> None:
    assert has_pattern(code)


@given(st.integers(0, 200))
def test_drawn_codes_are_eight_digits_without_a_pattern(_: int) -> None:
    code = draw()
    assert len(code) == 8
    assert code.isascii()
    assert code.isdigit()
    assert not has_pattern(code)
