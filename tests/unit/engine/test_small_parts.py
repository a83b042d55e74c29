"""The engine's small parts: what a batch drops, what orders wait for each other, and ids that sort by time."""

import asyncio
import itertools
from typing import cast

from structlog.testing import capture_logs

from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Conference
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import Event, TimerDue
from bridge.domain.kernel.ids import ID_LENGTH, PREFIXES, ChannelId, ConferenceId, MixId, PatchId, RecordingId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.effects import HoldVoice, SendVoice
from bridge.domain.recording.effects import StartRecording
from bridge.domain.telephony.effects import Answer, CreateMix, DestroyMix, JoinMix, SetHeard
from bridge.engine.batch import Batch
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.engine.lanes import LONG, Lanes
from bridge.engine.timers import Timers
from bridge.ports import RecordsRefused
from tests.harness import wait
from tests.unit.engine.test_performer import ORDERS, PATCH

A, B = ConferenceId("cnf-a"), ConferenceId("cnf-b")


def conference(name: ConferenceId, text: str = "M") -> Conference:
    return Conference(name, text, "+4685555555", 0.0)


def note(name: ConferenceId) -> Note:
    return Note(name, 1.0, ConferenceNote.LOCKED)


def line(name: str) -> Audit:
    return Audit(1.0, "TiB", "conference.lock", name)


def full() -> Batch:
    kept: dict[tuple[type[Record], str], Record] = {(Conference, str(one)): conference(one) for one in (A, B)}
    return Batch(records=kept, notes=[note(A), note(B)], audit=[line(A), line(B)])


def test_only_what_the_database_refuses_is_taken_out() -> None:
    batch = full()
    assert batch.drop(RecordsRefused([conference(A)], [note(A)], [line(A)]))
    assert [one.id for one in batch.records.values()] == [B]
    assert (batch.notes, batch.audit) == ([note(B)], [line(B)])


def test_each_kind_of_what_is_refused_is_noticed_alone_and_nothing_is_told_of_what_is_not_here() -> None:
    assert full().drop(RecordsRefused([conference(A)]))
    assert full().drop(RecordsRefused([], [note(A)]))
    assert full().drop(RecordsRefused([], [], [line(A)]))
    batch = full()
    assert not batch.drop(RecordsRefused([conference(A, "another form")], [], []))
    assert not batch.drop(RecordsRefused([], [note(ConferenceId("cnf-c"))], [line("cnf-c")]))
    assert batch == full()


def test_lines_of_the_timeline_alone_wait_for_the_next_commit_and_nothing_else_does() -> None:
    assert not Batch(notes=[note(A)]).must_be_saved
    assert Batch(audit=[line(A)]).must_be_saved
    assert Batch(records={(Conference, str(A)): conference(A)}).must_be_saved


def test_of_two_batches_the_newer_form_of_a_record_counts_and_every_line_in_order() -> None:
    batch = full()
    batch.merge(Batch(records={(Conference, str(A)): conference(A, "new")}, notes=[note(A)], audit=[line(A)]))
    assert cast("Conference", batch.records[(Conference, str(A))]).name == "new"
    assert batch.notes == [note(A), note(B), note(A)]
    assert batch.audit == [line(A), line(B), line(A)]


def test_orders_about_different_things_do_not_wait_for_each_other() -> None:
    pairs: list[tuple[DeviceEffect, DeviceEffect]] = [
        (Answer(ChannelId("a")), Answer(ChannelId("b"))),
        (DestroyMix(MixId("a")), DestroyMix(MixId("b"))),
        (WithdrawCodes(A), WithdrawCodes(B)),
        (SendVoice(PatchId("a")), SendVoice(PatchId("b"))),
    ]
    for first, second in pairs:
        assert first.lane != second.lane
    lanes = {order.lane for order, _, _ in ORDERS}
    assert None not in lanes
    assert len(lanes) == len({"leg", "whisper", "mix", "announce", "terminal", "sds", "patch", "archive", "track"})


def test_orders_about_the_same_thing_are_done_in_order() -> None:
    channel = ChannelId("a")
    assert JoinMix(channel, MixId("m"), True).lane == SetHeard(channel, False).lane
    assert CreateMix(MixId("m"), A).lane == StartRecording(MixId("m"), RecordingId("r")).lane
    assert HoldVoice(PATCH).lane == SendVoice(PATCH).lane


class SetClock:
    def __init__(self) -> None:
        self.at_s = 1_800_000_000.0

    def now_s(self) -> float:
        return self.at_s


def test_ids_sort_by_time_and_are_all_different_and_of_one_length() -> None:
    clock = SetClock()
    ids = RandomIds(cast("SteadyClock", clock))
    minted = []
    for _ in range(200):
        clock.at_s += 0.002
        minted.append(ids.mint("channel"))
    assert all(first < second for first, second in itertools.pairwise(minted))
    assert {len(one) for one in minted} == {ID_LENGTH}
    assert {one.partition("-")[0] for one in minted} == {PREFIXES["channel"]}
    chance = {letter for one in minted for letter in one[-16:]}
    assert len(chance) == 32, "every letter of the alphabet turns up in 3200"
    assert ids.mint("channel") != ids.mint("channel")


def test_the_time_in_an_id_is_that_of_its_making() -> None:
    clock = SetClock()
    minted = RandomIds(cast("SteadyClock", clock)).mint("channel").partition("-")[2]
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert (
        sum(alphabet.index(letter) * 32**place for place, letter in enumerate(reversed(minted[:10])))
        == 1_800_000_000_000
    )


async def test_an_engine_that_ends_waits_for_no_device_that_hangs() -> None:
    lanes, ended = Lanes(), asyncio.Event()

    async def hangs() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    lanes.put("terminal", hangs)
    await asyncio.sleep(0)
    await asyncio.wait_for(lanes.aclose(), 5)
    assert ended.is_set()


async def test_work_that_raises_does_not_lose_what_waits_behind_it() -> None:
    lanes, done = Lanes(), asyncio.Event()

    async def raises() -> None:
        raise ZeroDivisionError

    async def is_done() -> None:
        done.set()

    lanes.put("a", raises)
    lanes.put("a", is_done)
    async with asyncio.timeout(5):
        await done.wait()
    await lanes.aclose()


async def test_a_lane_that_has_grown_long_is_logged_once() -> None:
    lanes, gate = Lanes(), asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    with capture_logs() as logged:
        for _ in range(1005):
            lanes.put("terminal", waits)
    assert [(one["event"], one["waiting"]) for one in logged] == [("lane_is_long", 1000)]
    assert (lanes.longest(), LONG) == (1005, 1000)
    assert Lanes().longest() == 0
    await lanes.aclose()


async def test_a_timer_that_is_started_again_is_due_once_and_at_its_new_time() -> None:
    due: list[Event] = []
    timers, key = Timers(SteadyClock(), due.append), TimerKey(ConferenceTimer.CONFERENCE_END, "cnf-a")
    timers.start(key, 0.0)
    timers.start(key, 3600.0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert due == [], "the old one is stopped"
    timers.start(key, 0.0)
    await wait.until(lambda: bool(due), 5, what="the timer is due")
    assert [cast("TimerDue", one).key for one in due] == [key]
    timers.stop_all()
    await asyncio.sleep(0)
    assert len(due) == 1
