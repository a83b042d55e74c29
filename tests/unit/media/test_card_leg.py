"""A terminal on a sound card. It is there or not there, lost and found again, late and overrun, and the loop never
waits."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples
from bridge.media import protocol
from bridge.media.card_leg import CardLeg
from bridge.media.card_thread import HEARD_FRAMES
from bridge.media.runner import PathRunner
from bridge.media.settings import CardSettings, MediaSettings
from tests.unit.media.cards import Computer, SimulatedCard, let_go, ticking
from tests.unit.media.world import Leg, until

DEVICE = "hw:CARD=rakel1"
QUICK = MediaSettings(
    reconnect_first_s=0.01,
    reconnect_max_s=0.02,
    terminal_stuck_ms=200,
    connect_timeout_s=0.2,
    open_grace_s=0,
    card=(CardSettings(device=DEVICE, transmit_ceiling_dbfs=0),),
)


def numbered(number: int) -> Samples:
    return np.full(FRAME_SAMPLES, number, dtype=np.int16)


@dataclass
class Seat:
    """One leg, with what it heard and said of itself."""

    computer: Computer
    leg: CardLeg
    heard: list[Samples] = field(default_factory=list)
    troubles: list[str | None] = field(default_factory=list)

    def plug_in(self) -> SimulatedCard:
        self.computer.card = SimulatedCard()
        return self.computer.card

    async def works(self, card: SimulatedCard) -> None:
        await ticking(card, lambda: self.leg.trouble is None, "sound from the card")


@contextlib.asynccontextmanager
async def seated(settings: MediaSettings = QUICK) -> AsyncIterator[Seat]:
    computer, heard, troubles = Computer(), list[Samples](), list[str | None]()
    leg = CardLeg(DEVICE, settings, computer.open_card, heard.append, lambda: troubles.append(leg.trouble))
    running = asyncio.create_task(leg.run())
    try:
        yield Seat(computer, leg, heard, troubles)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await let_go(computer.card)


async def test_a_card_that_is_not_there_at_the_start_is_said_so_and_used_as_soon_as_it_is() -> None:
    async with seated() as seat:
        await until(lambda: "is not there" in (seat.leg.trouble or ""), "the reason")
        assert not seat.leg.is_ready()
        await seat.works(seat.plug_in())
        assert seat.leg.is_ready()


async def test_an_unplugged_card_is_said_so_and_opened_again_when_it_comes_back() -> None:
    async with seated() as seat:
        card = seat.plug_in()
        await seat.works(card)
        seat.computer.card = None
        card.unplug()
        await until(lambda: "No such device" in (seat.troubles[-1] or ""), "that it was lost")
        assert card.closed.wait(5)
        await seat.works(seat.plug_in())
        assert seat.computer.opened == 2


async def test_what_the_card_hears_comes_in_order_and_whole() -> None:
    async with seated() as seat:
        card = seat.plug_in()
        for number in range(1, 101):
            card.tick(numbered(number))
            await until(lambda wanted=number: len(seat.heard) >= wanted, "the frame")  # type: ignore[misc]
        assert [int(frame[0]) for frame in seat.heard] == list(range(1, 101))


async def test_what_is_sent_is_played_in_order_with_silence_before_and_after() -> None:
    async with seated() as seat:
        card = seat.plug_in()
        await seat.works(card)
        for number in range(1, 5):
            seat.leg.send(numbered(1000 * number))
        await ticking(card, lambda: any(frame.max() > 3900 for frame in card.played), "the last of it")
        await ticking(card, lambda: not card.played[-1].any(), "silence")
        levels = [int(np.median(frame)) for frame in card.played]
        assert [level for level in levels if level] == [1000, 2000, 3000, 4000]


async def test_a_card_that_gives_nothing_any_more_is_down_and_left_alone_until_its_driver_lets_go() -> None:
    async with seated() as seat:
        card = seat.plug_in()
        await seat.works(card)
        await until(lambda: "gives no sound" in (seat.leg.trouble or ""), "that it stands still")
        assert seat.computer.opened == 1
        another = seat.plug_in()  # before the first is let go, or it would be opened again
        card.tick()
        assert await asyncio.to_thread(card.closed.wait, 5)
        await seat.works(another)


async def test_while_the_card_takes_nothing_speech_is_kept_back_and_none_is_dropped() -> None:
    async with seated() as seat:
        card = seat.plug_in()
        await seat.works(card)
        sent = 0
        while seat.leg.is_ready():
            sent += 1
            seat.leg.send(numbered(1000 + sent))
        assert sent == 5
        await ticking(card, seat.leg.is_ready, "room again")


async def test_a_loop_that_stands_still_costs_the_oldest_sound_and_it_is_counted() -> None:
    async with seated() as seat:
        card = seat.plug_in()
        await seat.works(card)
        await until(lambda: card.all_heard, "the card at rest")
        await asyncio.sleep(0.05)
        del seat.heard[:]
        for number in range(HEARD_FRAMES + 30):
            card.tick(numbered(number))
        while not card.all_heard or seat.leg.lost_frames < 30:
            time.sleep(0.001)  # noqa: ASYNC251 - the loop stands still: that is what is tried
        await until(lambda: len(seat.heard) == HEARD_FRAMES, "what was kept")
        assert int(seat.heard[0][0]) == 30
        assert seat.leg.lost_frames == 30


async def test_xruns_are_counted_over_every_life_of_the_card() -> None:
    async with seated() as seat:
        for _ in range(2):
            card = seat.plug_in()
            card.xruns = 3
            await seat.works(card)
            seat.computer.card = None
            card.unplug()
            await until(lambda: seat.leg.trouble is not None, "that it was lost")
        assert seat.leg.xruns == 6


# --- as a path of the worker ---


@contextlib.asynccontextmanager
async def path_on_a_card(computer: Computer) -> AsyncIterator[tuple[PathRunner, Leg, list[protocol.Notice]]]:
    notices: list[protocol.Notice] = []
    runner = PathRunner("pat-1", f"alsa:{DEVICE}", QUICK, notices.append, computer.open_card)
    leg = Leg(("127.0.0.1", runner.port))
    await leg.start()
    runner.meet(leg.port)
    try:
        yield runner, leg, notices
    finally:
        leg.stop()
        runner.close()
        await asyncio.sleep(0)
        await let_go(computer.card)


async def test_the_path_goes_down_with_the_card_and_comes_up_with_it() -> None:
    computer = Computer()
    async with path_on_a_card(computer) as (_, _, notices):

        def last() -> protocol.Notice | None:
            return notices[-1] if notices else None

        await until(lambda: "is not there" in getattr(last(), "reason", ""), "down, since there is no card")
        assert isinstance(down := last(), protocol.Down)
        assert down.deaf
        computer.card = card = SimulatedCard()
        await ticking(card, lambda: isinstance(last(), protocol.Up), "up")
        computer.card = None
        card.unplug()
        await until(lambda: "No such device" in getattr(last(), "reason", ""), "down, since it was unplugged")
        computer.card = card = SimulatedCard()
        await ticking(card, lambda: isinstance(last(), protocol.Up), "up again")


async def test_the_paths_figures_show_the_cards_xruns_and_delay() -> None:
    computer = Computer()
    computer.card = card = SimulatedCard()
    async with path_on_a_card(computer) as (runner, _, notices):
        await ticking(card, lambda: any(isinstance(one, protocol.Up) for one in notices), "up")
        card.xruns = 4
        stats = runner.stats()
        assert stats.xruns == 4
        assert stats.frames_from_radio > 0
        assert stats.card_delay_ms == 0
        assert stats.radio_lost_ms == 0


async def test_silence_is_played_while_nobody_may_send() -> None:
    computer = Computer()
    computer.card = card = SimulatedCard()
    async with path_on_a_card(computer) as (_, leg, notices):
        await ticking(card, lambda: any(isinstance(one, protocol.Up) for one in notices), "up")
        leg.say += [numbered(8000)] * 20
        played = len(card.played)
        await ticking(card, lambda: not leg.say and len(card.played) > played + 30, "time")
        assert all(np.array_equal(frame, SILENCE) for frame in card.played)
