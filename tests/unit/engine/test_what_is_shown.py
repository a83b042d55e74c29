"""What the engine shows of itself: faults, queues that grow long, changes in order for those who look on."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import cast

import pytest

from bridge.domain.conference.commands import LockConference
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.kernel.events import Commanded
from bridge.domain.kernel.ids import ChannelId, ConferenceId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import WELL
from bridge.domain.kernel.step import Seen
from bridge.domain.telephony.events import DigitPressed, LegEnded
from bridge.domain.telephony.reasons import TelephonyReason
from bridge.engine import Engine
from bridge.engine import changes as changes_module
from bridge.engine import saver as saver_module
from bridge.engine.batch import Batch
from bridge.engine.changes import Changes
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.engine.engine import LONG_INBOX
from bridge.engine.faults import ALARM_S, KEPT, Fault, Faults, fault_of
from bridge.engine.lanes import Lanes
from bridge.engine.saver import PROBE_S, Saver
from bridge.ports import Change, Codes, RecordsRefused, Store
from tests.harness.principals import somebody
from tests.harness.reasons import english


def fault(at_s: float = 1000.0, event: str = "LegEnded") -> Fault:
    return Fault(at_s, event, "leg-1", "", "KeyError: 'x'", "meeting.py:7", "")


# --- faults ---


@pytest.mark.parametrize(("after_s", "shows"), [(0.0, True), (ALARM_S - 0.1, True), (ALARM_S, False)])
def test_an_event_that_went_wrong_shows_for_ten_minutes(after_s: float, shows: bool) -> None:
    faults = Faults()
    assert faults.alarm(1000.0) == WELL
    faults.keep(fault())
    assert (faults.alarm(1000.0 + after_s) != WELL) is shows


def test_an_alarm_says_how_many_went_wrong_and_which_was_the_last_and_where() -> None:
    faults = Faults()
    for at_s, event in ((0.0, "CallArrived"), (1000.0, "LegEnded"), (1001.0, "MixJoined")):
        faults.keep(fault(at_s, event))
    told = faults.alarm(1002.0)
    assert told is not None
    assert "2 events" in english(told)
    assert "MixJoined at meeting.py:7" in english(told)


def test_the_latest_faults_are_kept_oldest_first_and_all_are_counted() -> None:
    faults = Faults()
    for number in range(KEPT + 5):
        faults.keep(fault(float(number)))
    assert [one.at_s for one in faults.latest()] == [float(number) for number in range(5, KEPT + 5)]
    assert faults.count == KEPT + 5


def test_the_evidence_names_the_fields_and_hides_digits_and_codes() -> None:
    event = Commanded(1.0, somebody("TiB"), LockConference(ConferenceId("cnf-1"), True))
    kept = fault_of(event, KeyError("x").with_traceback(_traceback()), 2.0)
    assert (kept.event, kept.subject, kept.at_s) == ("LockConference", "cnf-1", 2.0)
    assert kept.evidence == "conference='cnf-1', locked=True"
    pressed = fault_of(DigitPressed(1.0, ChannelId("leg-1"), "7"), KeyError("x").with_traceback(_traceback()), 2.0)
    assert (pressed.subject, pressed.evidence) == ("leg-1", "")


def _traceback() -> TracebackType | None:
    try:
        raise KeyError("x")
    except KeyError as error:
        return error.__traceback__


# --- queues ---


async def test_the_longest_lane_is_told_and_an_empty_one_is_forgotten() -> None:
    lanes, gate = Lanes(), asyncio.Event()
    assert lanes.longest() == 0
    for lane, count in (("a", 2), ("b", 4)):
        for _ in range(count):
            lanes.put(lane, _waits(gate))
    await asyncio.sleep(0)
    assert lanes.longest() == 3, "one is under way"
    gate.set()
    async with asyncio.timeout(5):
        while lanes.longest():  # noqa: ASYNC110  the lanes tell nobody when they are done
            await asyncio.sleep(0)
    await lanes.aclose()


def _waits(gate: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        await gate.wait()

    return work


@pytest.mark.parametrize(("waiting", "shows"), [(LONG_INBOX - 1, False), (LONG_INBOX, True)])
def test_an_inbox_that_has_grown_long_shows_in_the_health(waiting: int, shows: bool) -> None:
    clock = SteadyClock()
    engine = Engine(
        store=cast("Store", None), codes=cast("Codes", None), clock=clock, ids=RandomIds(clock), policy=Policy()
    )
    assert engine.health() == {"database": WELL, "engine": WELL, "asterisk": TelephonyReason.NOT_CONNECTED()}
    for _ in range(waiting):
        engine.emit(LegEnded(1.0, ChannelId("leg-1"), 16))
    assert (f"{waiting} events wait" in english(engine.health()["engine"])) is shows


# --- changes ---


async def following(changes: Changes, after: int | None, count: int) -> list[Change]:
    """The first so many that a reader gets."""
    got: list[Change] = []
    async with asyncio.timeout(5):
        async for change in changes.follow(after):
            got.append(change)
            if len(got) == count:
                return got
    return got


def publish(changes: Changes, *subjects: str) -> None:
    changes.publish(7.0, [Seen("conference", one, ConferenceId(one)) for one in subjects])


async def test_changes_are_numbered_from_one_and_read_after_any_number() -> None:
    changes = Changes()
    publish(changes, "a", "b")
    publish(changes)
    publish(changes, "c")
    assert changes.number == 3
    first = await following(changes, 0, 3)
    assert first[0] == Change(1, 7.0, "conference", "a", ConferenceId("a"))
    assert [one.subject for one in await following(changes, 1, 2)] == ["b", "c"]


@pytest.mark.parametrize("after", [None, 3, 99], ids=["from now on", "after the last", "after one that never was"])
async def test_who_has_seen_all_waits_for_the_next(after: int | None) -> None:
    changes = Changes()
    publish(changes, "a", "b", "c")
    reader = asyncio.create_task(following(changes, after, 2))
    await asyncio.sleep(0)
    assert not reader.done()
    publish(changes, "d")
    await asyncio.sleep(0)
    publish(changes, "e")
    assert [one.number for one in await reader] == [4, 5]


async def test_who_comes_back_too_late_sees_by_the_numbers_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_module, "KEPT", 3)
    changes = Changes()
    for number in range(5):
        publish(changes, str(number))
    assert [one.number for one in await following(changes, 0, 3)] == [3, 4, 5]


# --- the clock and the disk ---


@pytest.mark.parametrize(("ahead_s", "is_told"), [(1.9, False), (2.0, True), (-1.9, False), (-2.0, True)])
def test_a_system_clock_set_by_two_seconds_is_told(
    ahead_s: float, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteadyClock()
    monkeypatch.setattr(clock, "ahead_s", lambda: ahead_s)
    assert (clock.health()["clock"] != WELL) is is_told


class Probed:
    """A store that counts how often it is asked whether it can write."""

    def __init__(self) -> None:
        self.times = 0

    async def probe(self) -> None:
        self.times += 1


class OwnClock:
    def __init__(self) -> None:
        self.at_s = 1000.0

    def now_s(self) -> float:
        return self.at_s


async def test_that_something_can_be_written_is_proved_every_five_seconds_and_no_oftener(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(saver_module, "NOTES_S", 0.0)
    store, clock = Probed(), OwnClock()
    running = asyncio.create_task(Saver(cast("Store", store), clock, Faults()).run())
    for wanted in (0, 1, 2):
        for _ in range(20):
            await asyncio.sleep(0)
        assert store.times == wanted
        clock.at_s += PROBE_S
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class Refusing:
    """A store that will never take these."""

    def __init__(self, refused: RecordsRefused) -> None:
        self._refused = refused

    async def commit(self, *_: object) -> None:
        raise self._refused


NOTE = Note(ConferenceId("cnf-1"), 1.0, ConferenceNote.LOCKED)
LINE = Audit(1.0, "TiB", "conference.lock", "cnf-1")


@pytest.mark.parametrize("refused", [RecordsRefused([], [NOTE]), RecordsRefused([], [], [LINE])])
async def test_what_will_never_be_taken_is_told_apart_from_a_database_that_is_away(refused: RecordsRefused) -> None:
    saver = Saver(cast("Store", Refusing(refused)), OwnClock(), Faults())
    with pytest.raises(RecordsRefused):
        await saver.save(Batch(notes=[NOTE], audit=[LINE]))
    assert saver.state == WELL
    assert not await saver.save(Batch(notes=[], audit=[])), "it refused nothing that it was given"
    assert saver.state != WELL
