"""A region as an earlier program kept it is read, listed, heard and proved by this one.

The copies in `tests/fixtures/kept` were made by the programs that they are named after; nothing here writes one.
"""

import gzip
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from sqlalchemy import Boolean, ColumnClause, column, create_engine, insert, select
from sqlalchemy import table as bare_table
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.domain.callout.records import Attempt
from bridge.domain.conference import legs
from bridge.domain.conference.records import PARTICIPANTS, Conference, Role, SeatState
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, ParticipantId, RecordingId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.radio.effects import OpenPath
from bridge.domain.shortdata.records import Message
from bridge.domain.telephony.effects import DestroyMix, HangUpLeg, JoinMix
from bridge.domain.telephony.events import LiveChannel, MixJoined
from bridge.files import sha256_of
from bridge.ports import CodeOwner
from bridge.recording.manifest import fault_of
from bridge.storage import Database, SealedCodes, SqlArchive, SqlAudit, SqlStore, SqlTokens, open_database
from bridge.storage.kinds import METADATA
from bridge.storage.migrate import current, migrate, revisions
from bridge.storage.registry import ENTRIES, NOTES, RECORDS
from tests.harness.postgres import PostgresServer
from tests.harness.story import Story
from tests.unit.api.region import KEY_FILE, Region
from tests.unit.storage.conftest import FixedClock

KEPT = Path(__file__).parents[2] / "fixtures/kept/75e8b65"
SCHEMA = "0003"
OPEN, ENDED = ConferenceId("cnf-open"), ConferenceId("cnf-ended")
LATER = {
    "Conference": {"ends_at_s", "opened_by", "co_hosts", "handed_from", "handed_by", "handed_at_s"},
    "Seat": {
        "number",
        "host_rank",
        "waits_since_s",
        "notice_heard_at_s",
        "said_name",
        "rescued_from",
        "bound_for",
        "encrypted",
        "also",
    },
    "Target": {
        "seat",
        "host_rank",
        "function_id",
        "deputy_for",
        "comes_at_s",
        "tried",
        "number_uses",
        "left_out",
        "rung",
        "call_backs",
        "was",
        "issis",
        "nobody_on_duty",
        "level",
        "due_at_s",
    },
    "Attempt": {"also", "released"},
    "ActivationList": {"parallel", "level", "quorum", "stops_at_quorum", "phone_number"},
    "Activation": {
        "approved_by",
        *(
            "list_id",
            "parallel",
            "level",
            "due_at_s",
            "quorum",
            "stops_at_quorum",
            "quorum_at_s",
            "missed",
            "approved_by",
            "goals",
            "also_lists",
        ),
    },
    "Organisation": {"email"},
    "Forum": {
        "host_function_ids",
        "quorum",
        "quorum_function_ids",
        "informed_function_ids",
        "evaluation_questions",
        "asks_name",
        "calls_back_in",
    },
    "Function": {"deputy_ids", "number_uses", "phone_orders"},
    "Recording": {"is_passing", "seat", "beside", "cut_short", "manifest_sha256"},
}
"""Fields that the program of the copy did not know yet."""


@dataclass(frozen=True)
class Copy:
    """A kept region, unpacked where it may be changed."""

    folder: Path
    url: str
    expected: Mapping[str, Any]

    @property
    def archive(self) -> Path:
        return self.folder / "archive"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Copy:
    file = tmp_path / "samband.db"
    file.write_bytes(gzip.decompress((KEPT / "samband.db.gz").read_bytes()))
    shutil.copyfile(KEPT / "codes.key", tmp_path / KEY_FILE)
    (tmp_path / KEY_FILE).chmod(0o600)
    shutil.copytree(KEPT / "archive", tmp_path / "archive")
    url = f"sqlite:///{file}"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
        await _moved(file, url)
    return Copy(tmp_path, url, json.loads((KEPT / "expected.json").read_text()))


async def _moved(file: Path, url: str) -> None:
    """The same rows in a PostgreSQL of the same schema, as that program would have kept them there."""
    there = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    here = create_engine(f"sqlite:///{file}")
    async with there.begin() as target:
        await target.run_sync(lambda connection: migrate(connection, SCHEMA, node="unknown yet"))
        with here.connect() as source:
            for table in METADATA.sorted_tables:
                known = source.exec_driver_sql(f"PRAGMA table_info({table.name})").mappings().all()
                if not known:
                    continue
                raw = bare_table(table.name, *(_raw(str(one["name"]), str(one["type"])) for one in known))
                rows = [dict(row) for row in source.execute(select(raw)).mappings()]
                if rows:
                    await target.execute(insert(raw), rows)
    here.dispose()
    await there.dispose()


def _raw(name: str, kind: str) -> ColumnClause[Any]:
    """The column without what this program makes of its values; SQLite has no truth values of its own."""
    return column(name, Boolean() if kind == "BOOLEAN" else None)


@pytest.fixture
async def database(copy: Copy) -> AsyncIterator[Database]:
    opened = await open_database(copy.url)
    yield opened
    await opened.close()


def plain(value: Any) -> Any:
    """As JSON would give it back. A reason of before, which was a sentence, is that sentence."""
    if isinstance(value, dict) and value.get("code") == "legacy":
        return dict(value["data"])["text"]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def of_today(kept: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Records that that program kept, as this one has them. A conference's only mix is its main room, each seat has one
    leg, and a mute is their own."""
    mixes = {one["id"]: one["mix"] for one in kept["Conference"]}
    rooms = [
        {
            "id": one["mix"],
            "conference": one["id"],
            "opened_at_s": one["created_at_s"],
            "kind": "main",
            "closed_at_s": one["ended_at_s"],
            **{"name": "", "number": None, "parallel": False, "private": False, "recorded": False},
            **{"empty_since_s": None, "recall_at_s": None},
        }
        for one in kept["Conference"]
    ]
    open_door = {
        "waiting_room": False,
        "joins_muted": False,
        "sound": "none",
        "asks_name": False,
        "calls_back_in": False,
    }
    fresh = {"withheld": 0, "direct_number": None, "direct_code": True, "door": open_door, "secrecy": "open"}
    on_record = {"off_record": "no", "off_record_since_s": None}
    conferences = [
        {name: one[name] for name in one.keys() - {"mix"}}
        | fresh
        | {"recording": one["recording"] | on_record, "floor": _floor_of_today(one)}
        for one in kept["Conference"]
    ]
    people = [
        {name: one[name] for name in one.keys() - {"channel", "patch", "muted"}}
        | {"room": mixes[one["conference"]], "leg": one["id"].replace("prt-", "lin-")}
        | {"muted_by": ["self"] if one["muted"] else [], "ceaseless": False, "silent_line": False}
        for one in kept["Participant"]
    ]
    began_at_s = {one["id"]: one["started_at_s"] for one in kept["Conference"]}
    carriers = [
        {
            "id": one["id"].replace("prt-", "lin-"),
            "seat": one["id"],
            "kind": one["kind"],
            "began_at_s": one["joined_at_s"] or began_at_s[one["conference"]],
            "channel": one["channel"],
            "patch": one["patch"],
            "ended_at_s": one["left_at_s"],
            "cause": None,
        }
        for one in kept["Participant"]
    ]
    recordings = [
        {**one, "room": mixes[one["conference"]] if one["patch"] is None else None} for one in kept["Recording"]
    ]
    now = {"Conference": conferences, "Room": rooms, "Seat": people, "Leg": carriers, "Recording": recordings}
    now |= {"Guesses": [], "FamiliarLines": [], "Speaking": [], "CallTally": []}
    now["Forum"] = [{**one, "entry_sound": "none"} for one in kept["Forum"]]
    now |= {"RollCall": [], "RollEntry": []}
    now |= {"Decision": [], "Acknowledgement": [], "OutboxMessage": []}
    now["Person"] = []
    now |= {"Schedule": [], "Occurrence": [], "SituationReport": [], "Mailing": [], "Link": [], "Evaluation": []}
    now["Alarm"] = []
    now["ConfirmedOrder"] = []
    return {**{k: v for k, v in kept.items() if k != "Participant"}, **now}


def _floor_of_today(conference: Mapping[str, Any]) -> dict[str, Any]:
    """Requests that stood are ordinary ones, in their order."""
    requests = [
        [one, "ordinary", conference["created_at_s"] + place, "", 0, False]
        for place, one in enumerate(conference["floor"]["queue"])
    ]
    floor = {name: value for name, value in conference["floor"].items() if name != "queue"}
    return {**floor, "requests": requests, "share": "", "turn_s": 0.0, "listed": [], "spoken": []}


def _in_order(record: Mapping[str, Any]) -> str:
    return json.dumps(record, sort_keys=True)


async def test_it_is_brought_up_and_belongs_to_this_node(database: Database) -> None:
    async with database.transaction() as connection:
        assert await connection.run_sync(current) == revisions()[-1]
    saved = await SqlStore(database).load()
    assert [one.id for one in saved[Conference]] == [OPEN]
    assert {one.id for one in saved[Attempt]} == {"leg-guest"}
    assert {one.id for one in saved[Message]} == {"sds-waits"}


async def test_every_row_reads_as_it_was_kept(database: Database, copy: Copy) -> None:
    found: dict[str, list[Any]] = {}
    async with database.reading() as connection:
        for kind in (*RECORDS, *ENTRIES, NOTES):
            rows = (await connection.execute(select(kind.table))).mappings()
            elsewhere = {"function_ids": ("ostby-tib", "tib")} if kind.table.name == "activation_lists" else {}
            found[kind.record.__name__] = [plain(asdict(kind.read(row, **elsewhere))) for row in rows]
    expected = of_today(copy.expected["records"])
    assert found.keys() == expected.keys()
    for name, records in found.items():
        for record in records:
            assert not any(record.pop(field) for field in LATER.get(name, ()))
        assert sorted(records, key=_in_order) == sorted(expected[name], key=_in_order), name


async def test_every_recording_is_the_one_that_was_archived_and_can_be_heard(database: Database, copy: Copy) -> None:
    archive = SqlArchive(database, copy.archive)
    lengths = {}
    for found in await archive.find(text="VÄRMEBÖLJA"):
        if found.path is None:
            assert "the recording is not in the spool" in str(found.recording.failure)
            continue
        assert fault_of(found.path) is None
        assert sha256_of(found.path) == found.recording.sha256
        samples, rate_hz = soundfile.read(found.path, always_2d=True)
        assert np.sqrt(np.mean(samples**2)) > 0.1, "a tone is in it"
        lengths[found.recording.id] = (len(samples) / rate_hz, samples.shape[1])
    assert lengths == {"rec-mix": (2.0, 1), "rec-track": (1.0, 2)}


async def test_a_recording_that_was_changed_since_is_found_out(database: Database, copy: Copy) -> None:
    archive = SqlArchive(database, copy.archive)
    found = await archive.get(RecordingId("rec-mix"))
    assert found is not None
    assert found.path is not None
    content = bytearray(found.path.read_bytes())
    content[-100] ^= 1
    found.path.write_bytes(content)
    assert fault_of(found.path) is not None
    assert sha256_of(found.path) != found.recording.sha256


async def test_the_audit_chain_is_whole_and_goes_on(database: Database) -> None:
    audit = SqlAudit(database)
    before = await audit.rows()
    assert [line.action for line in before][:2] == ["token_issued", "organisation_put"]
    assert await audit.verify() is None
    await SqlTokens(database, FixedClock()).issue("another")
    assert await audit.verify() is None
    assert (await audit.rows())[-1].previous_hash == before[-1].hash


async def test_the_codes_still_open_their_conference(database: Database, copy: Copy) -> None:
    codes = SealedCodes(database, FixedClock(), copy.folder / KEY_FILE)
    await codes.start()
    code, host_code = copy.expected["codes"]
    assert await codes.resolve(code) == CodeOwner(OPEN, Role.PARTICIPANT)
    assert await codes.resolve(host_code) == CodeOwner(OPEN, Role.HOST)
    assert await codes.read(OPEN) == (code, host_code)
    assert codes.health() == {"codes": WELL}


@pytest.mark.slow
async def test_the_program_goes_on_with_it_and_lists_all_of_it(database: Database, copy: Copy) -> None:
    region = Region(copy.folder, database, copy.expected["token"])
    await region.start()
    try:
        caller = await region.joins(OPEN, "+46846500420")
        assert region.node()[PARTICIPANTS][caller].state is SeatState.PRESENT
        assert region.node()[PARTICIPANTS][ParticipantId("prt-host")].state is not SeatState.PRESENT, "hung up"
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(region.app()),
            base_url="http://127.0.0.1:8080/api/v1",
            headers={"Authorization": f"Bearer {copy.expected['token']}"},
        ) as client:
            for path, ids in (
                ("conferences?ended=true", {OPEN, ENDED}),
                ("recordings", {"rec-mix", "rec-track", "rec-lost"}),
                ("activations", {"act-open", "act-done"}),
                ("sds", {"sds-in", "sds-out", "sds-waits"}),
                ("organisations", {"lst", "ostby"}),
                ("functions", {"tib", "ostby-tib"}),
                ("activation-lists", {"alla"}),
                ("forums", {"ledning"}),
            ):
                answer = await client.get(path)
                assert answer.status_code == 200, answer.text
                assert ids <= {one["id"] for one in answer.json()}, path
            heard = await client.get("recordings/rec-mix/audio", headers={"Range": "bytes=0-3"})
            assert (heard.status_code, heard.content) == (206, b"fLaC")
            assert (await client.get("recordings/rec-mix/timeline")).json()
            assert (await client.get("audit/verify")).json()["ok"]
    finally:
        await region.stop()


async def test_after_the_upgrade_those_who_were_in_a_meeting_still_sit_in_it(database: Database) -> None:
    """As the calls go on in Asterisk while the program is exchanged."""
    story = Story(saved=await SqlStore(database).load())
    host, guest, mix = ChannelId("leg-host"), ChannelId("leg-guest"), MixId("mix-open")
    story.telephony_comes_up(LiveChannel(host, True, mix), LiveChannel(guest, True, None), mixes=(mix,))
    assert story.who(host).id == "prt-host"
    assert story.who(host).state is SeatState.PRESENT
    assert story.done(DestroyMix) == []
    assert [(one.channel, one.mix, one.heard) for one in story.done(JoinMix)] == [(guest, mix, False)], "muted before"
    assert not [one for one in story.done(HangUpLeg) if one.channel in (host, guest)]
    story.happens(MixJoined(story.now_s, guest, mix))
    assert story.who(guest).state is SeatState.PRESENT
    assert story.who(guest).muted
    voice = story.node[PARTICIPANTS][ParticipantId("prt-radio")]
    assert legs.patch_of(story.node, voice) == "pat-now"
    assert [(one.patch, one.mix) for one in story.done(OpenPath)] == [("pat-now", mix)]
