"""The path's end towards a terminal on a sound card. It opens the card again whenever it is lost or was not there."""

import asyncio
from collections.abc import Callable

import structlog

from bridge.audio.frame import Samples
from bridge.media.card import OpenCard
from bridge.media.card_thread import CardThread
from bridge.media.settings import MediaSettings

log = structlog.get_logger(__name__)


class CardLeg:
    """Use `run` as a task for as long as the path lives.

    Args:
        device: As `CardAudio`.
        hear: Gets sound as it comes, 160 samples at a time.
        changed: Called when `trouble` has changed.
    """

    def __init__(
        self,
        device: str,
        settings: MediaSettings,
        open_card: OpenCard,
        hear: Callable[[Samples], None],
        changed: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._card_settings = settings.card_settings(device)
        self._open_card = open_card
        self._hear = hear
        self._changed = changed
        self._thread: CardThread | None = None
        self._leaving: CardThread | None = None
        self._heard_at_s = 0.0
        self._ended = asyncio.Event()
        self._xruns_before = 0
        self._lost_before = 0
        self.trouble: str | None = "the sound card is not open yet"
        """Why there is no sound; nothing when there is."""
        self.received = 0
        self.sent = 0
        self.malformed = 0

    @property
    def xruns(self) -> int:
        """Since the path was made, whatever became of the card meanwhile."""
        return self._xruns_before + (self._thread.xruns if self._thread is not None else 0)

    @property
    def lost_frames(self) -> int:
        """Heard, and dropped because this process stood still."""
        return self._lost_before + (self._thread.lost_frames if self._thread is not None else 0)

    @property
    def delay_ms(self) -> int:
        """Sound that waits to be played."""
        return self._thread.delay_ms if self._thread is not None else 0

    async def run(self) -> None:
        """Open, and open again, until cancelled."""
        failures = 0
        try:
            while True:
                await self._free()
                received_before = self.received
                await self._live_once()
                failures = 1 if self.received > received_before else failures + 1
                await asyncio.sleep(self._settings.reconnecting.after(failures))
        finally:
            self._let_go()

    async def _free(self) -> None:
        """Wait until the last thread has let the card go. There are never two at one card, however long a broken driver
        takes."""
        looks = 0
        while self._leaving is not None and self._leaving.is_alive:
            looks += 1
            await asyncio.sleep(self._settings.reconnecting.after(looks))
        self._leaving = None

    def is_ready(self) -> bool:
        """Whether a frame sent now is played without more delay than the settings allow."""
        return self.trouble is None and self._thread is not None and self._thread.is_ready()

    def send(self, samples: Samples) -> None:
        """One frame, when `is_ready`."""
        if self._thread is not None:
            self._thread.send(samples)
            self.sent += 1

    async def _live_once(self) -> None:
        """From the opening to the end, or until the card gives nothing any more."""
        self._ended.clear()
        self._heard_at_s = asyncio.get_running_loop().time()
        self._thread = CardThread(
            self._open_card,
            self._card_settings,
            self._settings.card_target_ms,
            self._take,
            lambda: log.info("card_opened", device=self._card_settings.device),
            self._end,
        )
        self._thread.start()
        while not self._ended.is_set():
            try:
                async with asyncio.timeout(self._settings.terminal_stuck_ms / 1000):
                    await self._ended.wait()
            except TimeoutError:
                self._check_alive()
        self._let_go()

    def _check_alive(self) -> None:
        silent_s = asyncio.get_running_loop().time() - self._heard_at_s
        patience_s = self._settings.connect_timeout_s if self.trouble else self._settings.terminal_stuck_ms / 1000
        if silent_s > patience_s:
            self._end(f"the sound card {self._card_settings.device} gives no sound")

    def _let_go(self) -> None:
        """The thread ends after its period. One that the driver holds is waited for by `_free`."""
        thread, self._thread = self._thread, None
        self._leaving = thread
        if thread is None:
            return
        thread.stop()
        self._xruns_before += thread.xruns
        self._lost_before += thread.lost_frames

    def _take(self, samples: Samples) -> None:
        """The first frame is what shows that the card works."""
        self.received += 1
        self._heard_at_s = asyncio.get_running_loop().time()
        self._say(None)
        self._hear(samples)

    def _end(self, reason: str) -> None:
        self._say(reason)
        self._ended.set()

    def _say(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            log.info("terminal_audio", where=self._card_settings.device, trouble=trouble)
            self.trouble = trouble
            self._changed()
