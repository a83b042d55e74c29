"""A trunk's calls are let go at its pace, whatever Asterisk answers, whenever, and whoever gives up meanwhile. The real
wire is in `tests/integration/test_trunk_pace.py`; here an Asterisk that fails on request, by a clock that jumps."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest

from bridge.ari import model
from bridge.ari.client import AriClient
from bridge.ari.errors import AriError, AriNotFound, AriUnavailable
from bridge.ari.gate import TrunkGate
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, TrunkName
from bridge.ports import PortError
from tests.soak.virtual import run_virtually

TRUNK, OTHER, WIDE = TrunkName("operator"), TrunkName("other"), TrunkName("wide")


@dataclass
class Asterisk:
    """Says of each channel that it is asked about what it is told to; `held` until it is let."""

    says: list[AriError | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def variable(self, channel: str, name: str) -> str:
        self.asked.append(channel)
        await self.free.wait()
        error = self.says.pop(0) if self.says else None
        if error is not None:
            raise error
        return "call-id"


class Calls:
    """A gate of one call a second. With it are those who wait at it and when each was let go (seconds of the loop)."""

    def __init__(self) -> None:
        self.asterisk = Asterisk()
        self.asterisk.free.set()
        self.gate = TrunkGate(cast("AriClient", self.asterisk), {TRUNK: 1.0, WIDE: 400.0})
        self.gate.begin()
        self.let_go_s: dict[str, float] = {}
        self.refused: dict[str, PortError] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def wait(self, *names: str, trunk: TrunkName = TRUNK) -> None:
        for name in names:
            self._tasks[name] = asyncio.create_task(self._turn(name, trunk))

    async def _turn(self, name: str, trunk: TrunkName) -> None:
        try:
            await self.gate.turn(trunk, ChannelId(name))
        except PortError as error:
            self.refused[name] = error
        else:
            self.let_go_s[name] = asyncio.get_running_loop().time()

    def give_up(self, name: str) -> None:
        self._tasks[name].cancel()

    def is_dialled(self, name: str) -> None:
        self.gate.note(model.Dial(model.Channel(name, "")))

    def is_gone(self, name: str) -> None:
        self.gate.note(model.ChannelDestroyed(model.Channel(name, "")))


def played(story: Callable[[Calls], Awaitable[None]]) -> dict[str, float]:
    """When each call was let go."""

    async def play() -> dict[str, float]:
        calls = Calls()
        await story(calls)
        calls.gate.close("the story is over")
        return calls.let_go_s

    return run_virtually(play())


def test_the_first_call_of_a_connection_waits_until_what_was_placed_before_is_a_second_old() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a")
        await asyncio.sleep(2)

    assert played(story) == {"a": 1.0}


def test_the_next_call_goes_a_second_after_the_one_before_is_known_to_be_on_the_wire() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b")
        await asyncio.sleep(1.5)
        calls.is_dialled("a")
        await asyncio.sleep(2)

    assert played(story) == {"a": 1.0, "b": pytest.approx(2.5)}


def test_the_word_that_it_is_dialled_is_no_proof_the_answer_of_the_sessions_queue_is() -> None:
    async def story(calls: Calls) -> None:
        calls.asterisk.free.clear()
        calls.wait("a", "b")
        await asyncio.sleep(1.5)
        calls.is_dialled("a")
        await asyncio.sleep(4.5)
        assert "b" not in calls.let_go_s
        calls.asterisk.free.set()
        await asyncio.sleep(2)

    assert played(story)["b"] == pytest.approx(7.0)


def test_a_channel_that_is_gone_sends_nothing_any_more() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b", "c")
        await asyncio.sleep(1.5)
        calls.is_gone("a")
        await asyncio.sleep(1.5)
        calls.asterisk.says = [AriNotFound("GET", 404, "no such channel")]
        calls.is_dialled("b")
        await asyncio.sleep(2)

    assert played(story) == {"a": 1.0, "b": pytest.approx(2.5), "c": pytest.approx(4.0)}


def test_a_request_that_asterisk_refuses_gives_the_place_back_and_one_without_an_answer_does_not() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b", "c")
        await asyncio.sleep(1.5)
        calls.gate.refused(ChannelId("a"), AriUnavailable("POST", 500, "allocation failed"))
        await asyncio.sleep(1.5)
        calls.gate.refused(ChannelId("b"), AriUnavailable("POST", 0, "no answer in 5 s"))
        await asyncio.sleep(10)
        assert "c" not in calls.let_go_s
        calls.is_dialled("b")
        await asyncio.sleep(2)

    assert played(story)["c"] == pytest.approx(14.0)


def test_a_request_that_was_lost_holds_the_trunk_for_half_a_minute_and_no_longer() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b")
        await asyncio.sleep(60)

    assert played(story) == {"a": 1.0, "b": pytest.approx(32.0)}


def test_asterisk_is_asked_until_it_answers() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b")
        await asyncio.sleep(1.5)
        calls.asterisk.says = [AriUnavailable("GET", 0, "no answer")] * 3
        calls.is_dialled("a")
        await asyncio.sleep(3)
        assert calls.asterisk.asked == ["a"] * 4

    assert played(story)["b"] == pytest.approx(3.1)


def test_the_same_call_asked_for_again_takes_no_second_place() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a")
        await asyncio.sleep(1.5)
        calls.let_go_s.clear()
        calls.wait("a")
        await asyncio.sleep(0)
        assert calls.let_go_s == {"a": 1.5}, "at once"
        calls.gate.is_there(ChannelId("a"))
        calls.wait("b")
        await asyncio.sleep(2)

    assert played(story)["b"] == pytest.approx(2.5)


def test_who_gives_up_waiting_holds_nobody_up() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b", "c")
        await asyncio.sleep(1.5)
        calls.give_up("b")
        calls.is_dialled("a")
        await asyncio.sleep(2)

    assert played(story) == {"a": 1.0, "c": pytest.approx(2.5)}


def test_a_new_connection_begins_anew_and_forgets_the_calls_of_the_old() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b")
        await asyncio.sleep(1.5)
        calls.gate.begin()
        calls.is_gone("a")
        await asyncio.sleep(2)

    assert played(story) == {"a": 1.0, "b": pytest.approx(2.5)}


def test_who_waits_when_asterisk_goes_away_is_refused_and_is_not_placed_when_it_comes_back() -> None:
    """The reconcile finds that there is no such call, and the function is called anew: two calls would ring."""

    async def story(calls: Calls) -> None:
        calls.wait("a", "b", "c")
        await asyncio.sleep(1.5)
        calls.gate.close("Asterisk has closed the connection")
        calls.wait("d", "e", trunk=OTHER)
        await asyncio.sleep(0)
        assert set(calls.refused) == {"b", "c", "d", "e"}
        assert all((error.retry, error.fate) == (True, Fate.REFUSED) for error in calls.refused.values())
        calls.gate.begin()
        calls.wait("f")
        await asyncio.sleep(2)

    assert played(story) == {"a": 1.0, "f": pytest.approx(2.5)}


def test_a_trunk_without_a_limit_lets_everybody_go_at_once() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b", "c", trunk=OTHER)
        await asyncio.sleep(0.1)
        assert calls.gate.waiting == 0

    assert played(story) == {"a": 0.0, "b": 0.0, "c": 0.0}


def test_who_waits_is_counted() -> None:
    async def story(calls: Calls) -> None:
        calls.wait("a", "b")
        await asyncio.sleep(0)
        assert calls.gate.waiting == 2
        await asyncio.sleep(1.5)
        assert calls.gate.waiting == 1
        calls.give_up("b")

    assert played(story) == {"a": 1.0}


def test_a_wide_trunk_costs_no_questions_while_there_is_room_and_keeps_its_limit_when_there_is_none() -> None:
    async def story(calls: Calls) -> None:
        await asyncio.sleep(1.0)
        names = [f"w{number}" for number in range(1000)]
        calls.wait(*names[:199], trunk=WIDE)
        await asyncio.sleep(0.01)
        for name in names[:199]:
            calls.is_dialled(name)
        await asyncio.sleep(0.01)
        assert calls.asterisk.asked == []
        calls.wait(*names[199:], trunk=WIDE)
        for _ in range(300):
            await asyncio.sleep(0.01)
            for name in set(calls.let_go_s) - set(calls.asterisk.asked):
                calls.is_dialled(name)

    let_go_s = sorted(played(story).values())
    assert len(let_go_s) == 1000
    for first, last in zip(let_go_s, let_go_s[400:], strict=False):
        assert last - first >= 1.0
