"""The codes of conferences: hard to guess, readable to the host alone, worth nothing without the key."""

import asyncio
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bridge.domain.conference.codes import ORDERS, pattern_of
from bridge.domain.conference.records import ConferenceState, Holder, Role
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.reasons import WELL, GeneralReason
from bridge.files import replace_file
from bridge.ports import CodeOwner, CodeRefused, CodesUnavailable, PortError
from bridge.storage import Database, SealedCodes, SqlAudit, SqlStore
from bridge.storage.codes import draw
from bridge.storage.keys import make_key, read_key
from tests.harness.reasons import english
from tests.unit.storage.conftest import FixedClock
from tests.unit.storage.examples import CONFERENCE

ONE, OTHER, THIRD = ConferenceId("cnf-1"), ConferenceId("cnf-2"), ConferenceId("cnf-3")
NEVER = ConferenceId("cnf-never")
"""Given codes, and never committed."""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "codes.key"


@pytest.fixture
async def codes(database: Database, store: SqlStore, clock: FixedClock, key_file: Path) -> SealedCodes:
    await store.commit([replace(CONFERENCE, id=conference) for conference in (ONE, OTHER, THIRD)])
    made = SealedCodes(database, clock, key_file)
    await made.start()
    return made


async def test_the_codes_lead_to_the_conference_in_their_roles(codes: SealedCodes) -> None:
    code, host_code = await codes.issue(ONE)
    assert len(code) == len(host_code) == 8
    assert await codes.resolve(code) == CodeOwner(ONE, Role.PARTICIPANT)
    assert await codes.resolve(host_code) == CodeOwner(ONE, Role.HOST)
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
    await codes.set_codes(ONE, "703158", "94026158")
    assert await codes.read(ONE) == ("703158", "94026158")
    assert await codes.resolve("703158") == CodeOwner(ONE, Role.PARTICIPANT)
    await codes.set_codes(ONE, "703158", "418293")
    assert await codes.resolve("94026158") is None


@pytest.mark.parametrize(
    ("code", "host_code", "field", "remedy"),
    [
        ("703158", "703158", "host_code", "must not begin alike"),
        ("703158", "70315894", "host_code", "must not begin alike"),
        ("1234", "418293", "code", "6 to 12 digits"),
        ("703158", "1234567890123", "host_code", "6 to 12 digits"),
        ("70a158", "418293", "code", "6 to 12 digits"),
        ("７０３１５８", "418293", "code", "6 to 12 digits"),
        ("123123", "418293", "code", "repeats itself"),
        ("704567", "418293", "code", "counts up"),
        ("870412", "418293", "code", "a date"),
        ("147258", "418293", "code", "lines of the keypad"),
        ("629180", "418293", "code", "is taken"),
        ("703158", "629180", "host_code", "is taken"),
        ("62918047", "418293", "code", "is taken"),
        ("703158", "9402615", "host_code", "is taken"),
    ],
)
async def test_codes_that_cannot_be_used_are_refused(
    codes: SealedCodes, code: str, host_code: str, field: str, remedy: str
) -> None:
    await codes.set_codes(OTHER, "629180", "94026158")
    with pytest.raises(CodeRefused) as refused:
        await codes.set_codes(ONE, code, host_code)
    assert refused.value.field == field
    assert remedy in english(refused.value.reason)
    assert code not in str(refused.value)
    assert await codes.read(ONE) is None


async def test_codes_that_were_chosen_when_four_digits_were_enough_go_on_opening(codes: SealedCodes) -> None:
    await codes._keep(ONE, "5555", "998877", "anna")
    assert await codes.resolve("5555") == CodeOwner(ONE, Role.PARTICIPANT)
    await codes.set_codes(ONE, "5555", "418293")
    assert await codes.read(ONE) == ("5555", "418293")
    with pytest.raises(CodeRefused):
        await codes.set_codes(OTHER, "555512", "703158")


async def test_no_code_that_is_drawn_begins_as_another(codes: SealedCodes, monkeypatch: pytest.MonkeyPatch) -> None:
    await codes.set_codes(OTHER, "629180", "94026158")
    drawn = iter(["62918047", "31746025", "70315894", "41829306"])
    monkeypatch.setattr("bridge.storage.codes.draw", lambda: next(drawn))
    assert await codes.issue(ONE) == ("70315894", "41829306")


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


# --- personal codes ---

TIB = Holder("Tjänsteman i beredskap", "Länsstyrelsen")


async def test_a_personal_code_leads_to_its_function(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    made, digits = await codes.issue_personal(ONE, "tib", TIB, Role.HOST, "anna")
    again = await restarted(codes, database, clock, key_file)
    assert await again.resolve(digits) == CodeOwner(ONE, Role.HOST, TIB, "tib")
    assert await again.personal(ONE) == [made]
    assert await again.withdraw_personal(OTHER, made.id, "anna") is False
    assert await again.withdraw_personal(ONE, made.id, "anna") is True
    assert await again.resolve(digits) is None


async def test_a_personal_code_outlives_the_conferences_new_codes_and_not_the_conference(codes: SealedCodes) -> None:
    _, digits = await codes.issue_personal(ONE, "tib", TIB, Role.PARTICIPANT, "anna")
    await codes.issue(ONE)
    assert await codes.resolve(digits) == CodeOwner(ONE, Role.PARTICIPANT, TIB, "tib")
    await codes.withdraw(ONE)
    assert await codes.resolve(digits) is None
    assert await codes.personal(ONE) == []


async def test_personal_codes_open_while_the_database_is_away(codes: SealedCodes, database: Database) -> None:
    _, replaced = await codes.issue_personal(ONE, "tib", TIB, Role.PARTICIPANT, "anna")
    _, digits = await codes.issue_personal(ONE, "tib", TIB, Role.PARTICIPANT, "anna")
    await codes.issue(ONE)
    await database.close()
    assert await codes.resolve(digits) == CodeOwner(ONE, Role.PARTICIPANT, TIB, "tib")
    with pytest.raises(CodesUnavailable):
        await codes.resolve(replaced)


async def test_no_chosen_code_begins_as_a_personal_one(codes: SealedCodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.storage.codes.draw", lambda: "62918047")
    await codes.issue_personal(ONE, "tib", TIB, Role.PARTICIPANT, "anna")
    with pytest.raises(CodeRefused):
        await codes.set_codes(OTHER, "629180", "418293")
    with pytest.raises(PortError, match="free"):
        await codes.issue_personal(OTHER, "tib", TIB, Role.PARTICIPANT, "anna")


async def test_a_code_for_orders_outlives_restarts_and_every_conference(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    _, digits = await codes.issue_personal(ORDERS, "tib", TIB, Role.PARTICIPANT, "anna")
    again = await restarted(codes, database, clock, key_file)
    assert await again.resolve(digits) == CodeOwner(ORDERS, Role.PARTICIPANT, TIB, "tib")


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

    assert "restore it from the backup, or give it up with `samband codes renew`" in english(again.health()["codes"])
    assert await again.read(ONE) == (None, None)
    assert content(key_file) == kept, "nothing took its place in silence"
    with pytest.raises(CodesUnavailable):
        await again.resolve(code)

    fresh, fresh_host = await again.issue(OTHER)
    assert await again.resolve(fresh) == CodeOwner(OTHER, Role.PARTICIPANT)
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

    assert await again.resolve(pair[0]) == CodeOwner(ONE, Role.PARTICIPANT)
    assert await again.read(ONE) == pair
    if loss != "another":
        assert await again.read(OTHER) == fresh
        assert again.health() == {"codes": WELL}


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
    assert await running.resolve(pair[0]) == CodeOwner(ONE, Role.PARTICIPANT)
    assert await running.resolve(old) is None
    assert running.health() == {"codes": WELL}
    assert (await restarted(codes, database, clock, key_file)).health() == {"codes": WELL}
    actions = [row.action for row in await audit.rows()]
    assert actions.count("codes_key_renewed") == (loss != "another")


async def test_personal_codes_of_a_key_that_is_given_up_are_withdrawn(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path, audit: SqlAudit
) -> None:
    _, digits = await codes.issue_personal(ONE, "tib", TIB, Role.PARTICIPANT, "anna")
    LOSSES["missing"](key_file)
    again = await restarted(codes, database, clock, key_file)
    await again.renew("cli")
    assert await again.personal(ONE) == []
    assert again.health() == {"codes": WELL}
    rows = [row for row in await audit.rows() if row.action.startswith("personal_code")]
    assert [(row.action, row.actor) for row in rows] == [
        ("personal_code_issued", "anna"),
        ("personal_code_withdrawn", "cli"),
    ]
    assert digits not in repr(rows)


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
    assert codes.health() == {"codes": WELL}
    assert [path.read_bytes() for path in key_file.parent.glob("codes.key.damaged-*")] == [b"short"]


async def test_a_key_that_cannot_be_made_is_told_and_taken_up_when_it_can(
    database: Database, clock: FixedClock, key_file: Path
) -> None:
    key_file.parent.write_text("no folder")
    codes = SealedCodes(database, clock, key_file)
    with pytest.raises(PortError, match="cannot be"):
        await codes.issue(ONE)
    assert str(key_file) in english(codes.health()["codes"])
    key_file.parent.unlink()
    code, _ = await codes.issue(ONE)
    assert await codes.resolve(code) == CodeOwner(ONE, Role.PARTICIPANT)
    assert codes.health() == {"codes": WELL}


# --- the database away ---


async def test_codes_of_open_meetings_open_them_while_the_database_is_away(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    withdrawn, _ = await codes.issue(OTHER)
    before, _ = await codes.issue(THIRD)
    again = await restarted(codes, database, clock, key_file)
    code, host_code = await again.issue(ONE)
    await again.withdraw(OTHER)
    await database.close()

    assert await again.resolve(before) == CodeOwner(THIRD, Role.PARTICIPANT)
    assert await again.resolve(code) == CodeOwner(ONE, Role.PARTICIPANT)
    assert await again.resolve(host_code) == CodeOwner(ONE, Role.HOST)
    for unknown in (withdrawn, "12345678"):
        with pytest.raises(CodesUnavailable) as unavailable:
            await again.resolve(unknown)
        assert unavailable.value.retry
        assert unknown not in str(unavailable.value)


@pytest.mark.parametrize("migrated_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_database_that_hangs_keeps_no_caller_waiting(
    codes: SealedCodes, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = await codes.issue(ONE)
    monkeypatch.setattr("bridge.storage.codes.PATIENCE_S", 0.05)
    async with database.transaction() as other:
        await other.execute(text("LOCK TABLE codes IN ACCESS EXCLUSIVE MODE"))
        async with asyncio.timeout(2):
            assert await codes.resolve(code) == CodeOwner(ONE, Role.PARTICIPANT)
            for _ in range(3):
                with pytest.raises(CodesUnavailable):
                    await codes.resolve("12345678")
    await wait_for_an_answer(codes)


async def test_a_commit_under_way_keeps_no_caller_waiting(
    codes: SealedCodes, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = await codes.issue(ONE)
    monkeypatch.setattr("bridge.storage.codes.PATIENCE_S", 0.5)
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM codes"))
        assert await codes.resolve(code) == CodeOwner(ONE, Role.PARTICIPANT)
        assert await codes.resolve("12345678") is None, "the database itself has answered"


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
    assert answers == [CodeOwner(ONE, Role.PARTICIPANT), None] * 20


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
    "code",
    [
        "11111111",
        "12345678",
        "98765432",
        "12341234",
        "12121212",
        "11223312",
        "12344321",
        "12343412",
        "20261122",
        "24121998",
        "19872024",
        "147258",
        "159357",
        "258046",
        "246810",
        "8909121234",
    ],
)
def test_what_people_would_try_first_is_never_drawn(code: str) -> None:
    assert pattern_of(code) is not None


@given(st.integers(0, 200))
def test_drawn_codes_are_eight_digits_without_a_pattern(_: int) -> None:
    code = draw()
    assert len(code) == 8
    assert code.isascii()
    assert code.isdigit()
    assert pattern_of(code) is None


# --- codes that a crash left behind ---


async def test_codes_of_a_conference_that_never_came_to_be_open_nothing_after_the_restart(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path, audit: SqlAudit
) -> None:
    kept, _ = await codes.issue(ONE)
    orphan, _ = await codes.issue(NEVER)
    clock.at_s += 3600
    again = await restarted(codes, database, clock, key_file)
    assert await again.resolve(orphan) is None
    assert await again.read(NEVER) is None
    assert await again.resolve(kept) == CodeOwner(ONE, Role.PARTICIPANT)
    last = (await audit.rows())[-1]
    assert (last.action, last.object, last.actor) == ("codes_withdrawn", NEVER, "samband")
    await again.set_codes(OTHER, orphan, "418293" if orphan[0] != "4" else "703158")
    assert await again.resolve(orphan) == CodeOwner(OTHER, Role.PARTICIPANT)


async def test_codes_of_a_conference_that_ended_just_before_the_crash_open_nothing_after_the_restart(
    codes: SealedCodes, database: Database, store: SqlStore, clock: FixedClock, key_file: Path
) -> None:
    code, _ = await codes.issue(ONE)
    await store.commit([replace(CONFERENCE, id=ONE, state=ConferenceState.ENDED)])
    clock.at_s += 3600
    again = await restarted(codes, database, clock, key_file)
    assert await again.resolve(code) is None


@pytest.mark.parametrize("migrated_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_codes_of_a_conference_that_another_node_is_about_to_commit_are_left_alone(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path
) -> None:
    code, _ = await codes.issue(NEVER)
    clock.at_s += 1
    beside = await restarted(codes, database, clock, key_file)
    assert await beside.resolve(code) == CodeOwner(NEVER, Role.PARTICIPANT)


async def test_a_full_disk_does_not_keep_the_program_from_starting_though_codes_are_left_behind(
    codes: SealedCodes, database: Database, clock: FixedClock, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, _ = await codes.issue(ONE)
    await codes.issue(NEVER)
    clock.at_s += 3600

    def full() -> object:
        raise PortError("database", GeneralReason.LEGACY(text="the disk is full"), retry=False)

    with monkeypatch.context() as disk:
        disk.setattr(database, "transaction", full)
        again = await restarted(codes, database, clock, key_file)
        assert await again.resolve(kept) == CodeOwner(ONE, Role.PARTICIPANT)
    assert await (await restarted(codes, database, clock, key_file)).read(NEVER) is None
