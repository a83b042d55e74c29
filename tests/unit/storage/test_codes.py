"""The codes of conferences: hard to guess, readable to the host alone, worth nothing without the key."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bridge.domain.ids import ConferenceId
from bridge.domain.model import Role
from bridge.ports import CodeRefused, PortError
from bridge.storage import Database, SealedCodes, SqlAudit
from bridge.storage.codes import draw, has_pattern
from bridge.storage.keys import load_key
from tests.unit.storage.conftest import FixedClock

ONE, OTHER = ConferenceId("cnf-1"), ConferenceId("cnf-2")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "codes.key"


@pytest.fixture
def codes(database: Database, clock: FixedClock, key_file: Path) -> SealedCodes:
    return SealedCodes(database, clock, key_file)


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


async def test_another_key_opens_nothing_and_says_so(
    codes: SealedCodes, database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    code, _ = await codes.issue(ONE)
    stranger = SealedCodes(database, clock, tmp_path / "other.key")
    assert await stranger.resolve(code) is None
    with pytest.raises(PortError, match="another key"):
        await stranger.read(ONE)


async def test_a_code_moved_to_another_conference_in_the_database_does_not_open(
    codes: SealedCodes, database: Database
) -> None:
    await codes.issue(ONE)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE codes SET conference = 'cnf-2'"))
    with pytest.raises(PortError):
        await codes.read(OTHER)


def test_the_key_is_made_once_and_only_its_owner_reads_it(key_file: Path) -> None:
    key = load_key(key_file)
    assert len(key) == 32
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert list(key_file.parent.iterdir()) == [key_file]
    assert load_key(key_file) == key


async def test_the_codes_are_readable_after_a_restart(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    pair = await codes.issue(ONE)
    assert await SealedCodes(database, clock, key_file).read(ONE) == pair


def test_a_key_file_that_cannot_be_trusted_is_refused(key_file: Path) -> None:
    load_key(key_file)
    key_file.chmod(0o640)
    with pytest.raises(PortError, match="set its mode to 600"):
        load_key(key_file)
    key_file.chmod(0o600)
    key_file.write_bytes(b"short")
    with pytest.raises(PortError, match="restore it from the backup"):
        load_key(key_file)


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
