"""The thread of one sound card, from its opening to its loss. It alone touches the card, since a card blocks.

It and the worker's loop exchange sound by two queues, and neither side ever waits for the other:

- *Heard* (card → loop): `HEARD_FRAMES` at most. When the loop has stood still for that long, the oldest goes and is
  counted in `lost_frames`. The loop is woken once however many wait.
- *Said* (loop → card): never overflows, since `is_ready` says beforehand whether a frame may be sent.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from bridge.audio.frame import Samples
from bridge.audio.levels import SILENT_DBFS
from bridge.media.card import CardError, OpenCard, SoundCard
from bridge.media.card_sound import FromCard, Playback, ToCard
from bridge.media.settings import CardSettings

HEARD_FRAMES: Final = 50
"""One second."""


class CardThread:
    """Make it inside the event loop, then `start`. `opened`, `hear` and `ended` are called in the loop. `hear` gets one
    20 ms frame after another, `ended` comes once, with the reason."""

    def __init__(
        self,
        open_card: OpenCard,
        settings: CardSettings,
        target_ms: int,
        hear: Callable[[Samples], None],
        opened: Callable[[], None],
        ended: Callable[[str], None],
    ) -> None:
        self._open_card = open_card
        self._settings = settings
        self._hear = hear
        self._opened = opened
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._heard: deque[Samples] = deque()
        self._woken = False
        self._said: deque[Samples] = deque()
        self._playback = Playback(target_ms)
        self._card: SoundCard | None = None
        self._from_card: FromCard | None = None
        self._stopping = threading.Event()
        self.lost_frames = 0
        """Heard, and dropped because the loop stood still."""
        self._thread = threading.Thread(target=self._work, name=f"card {settings.device}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it after the period under way. Nothing of it is called afterwards."""
        self._stopping.set()

    @property
    def is_alive(self) -> bool:
        """Whether it still holds the card."""
        return self._thread.is_alive()

    @property
    def xruns(self) -> int:
        return self._card.xruns if self._card is not None else 0

    @property
    def delay_ms(self) -> int:
        """Sound that waits to be played."""
        return self._playback.delay_ms

    @property
    def peak_dbfs(self) -> float:
        """The loudest sample heard, at the card itself."""
        return self._from_card.peak_dbfs if self._from_card is not None else SILENT_DBFS

    def is_ready(self) -> bool:
        return self._playback.is_ready(len(self._said))

    def send(self, samples: Samples) -> None:
        """One frame, when `is_ready`."""
        self._said.append(samples)

    # --- in the thread ---

    def _work(self) -> None:
        reason = "it was closed"
        try:
            card = self._open_card(self._settings.device)
            try:
                self._tell(self._opened)
                self._carry(card)
            finally:
                card.close()
        except CardError as error:
            reason = str(error)
        self._tell(lambda: self._ended(reason))

    def _carry(self, card: SoundCard) -> None:
        from_card, to_card = FromCard(card.rate_hz, self._settings), ToCard(card.rate_hz, self._settings)
        self._card, self._from_card = card, from_card
        while not self._stopping.is_set():
            self._hand_over(from_card.process(card.read()))
            while self._said:
                self._playback.push(self._said.popleft())
            card.write(to_card.process(self._playback.pop()))

    def _hand_over(self, frame: Samples) -> None:
        self._heard.append(frame)
        if len(self._heard) > HEARD_FRAMES:
            self._heard.popleft()
            self.lost_frames += 1
        if not self._woken:
            self._woken = True
            self._tell(self._drain)

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._unless_stopped, call)
        except RuntimeError:  # the loop is closed: there is nobody left to tell
            self._stopping.set()

    # --- in the loop ---

    def _unless_stopped(self, call: Callable[[], None]) -> None:
        if not self._stopping.is_set():
            call()

    def _drain(self) -> None:
        self._woken = False
        while self._heard:
            self._hear(self._heard.popleft())
