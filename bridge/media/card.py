"""A sound card as the media worker uses it: 20 ms in, 20 ms out, by the card's own clock."""

from collections.abc import Callable
from typing import Final, Protocol

from bridge.audio.frame import FRAME_MS, RATE_HZ, Samples

CARD_RATE_HZ: Final = 48_000
"""Every card can do this rate. It is used where the card has no 8 kHz, the telephone's rate."""


class CardError(Exception):
    """The card cannot be used, or no longer. The text says why, for the user."""


class SoundCard(Protocol):
    """Both directions of one open card. Mono, `int16`, `rate_hz`. Used by one thread; its methods block.

    The two directions run by one clock: whoever writes once after each read never waits for the second.
    """

    rate_hz: int
    """8000 or a whole multiple of it."""
    xruns: int
    """Times the card found nothing to play or nowhere to put what it heard, both directions. They are mended here."""

    def read(self) -> Samples:
        """The next 20 ms heard; waits for them.

        Raises:
            CardError: The card is gone or broken.
        """
        raise NotImplementedError

    def write(self, samples: Samples) -> None:
        """20 ms to play, after what was written before.

        Raises:
            CardError: The card is gone or broken.
        """

    def close(self) -> None: ...


OpenCard = Callable[[str], SoundCard]
"""From a device's name to the open card; raises `CardError`."""


def frame_samples(rate_hz: int) -> int:
    """In 20 ms."""
    return rate_hz * FRAME_MS // 1000


def is_usable_rate(rate_hz: int) -> bool:
    return rate_hz >= RATE_HZ and rate_hz % RATE_HZ == 0
