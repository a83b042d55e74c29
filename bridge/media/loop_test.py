"""Play sounds to a terminal's audio and write down what comes back, without Asterisk and without the worker."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

import numpy as np

from bridge.audio.frame import FRAME_MS, FRAME_SAMPLES, SILENCE, Samples
from bridge.media.alsa import open_card as open_alsa_card
from bridge.media.card import OpenCard
from bridge.media.card_leg import CardLeg
from bridge.media.reasons import MediaReason
from bridge.media.settings import MediaSettings
from bridge.media.terminal_audio import CardAudio, usable_audio
from bridge.media.terminal_leg import TerminalLeg
from bridge.ports import PortError

_AFTER_FRAMES: Final = 25
"""Half a second more, for what comes late; also the pause before the next sound."""


async def play_and_listen(
    audio: str, settings: MediaSettings, sounds: Sequence[Samples], open_card: OpenCard = open_alsa_card
) -> list[Samples]:
    """Play each sound, whole frames or not. Gives the sound that came back, from its first sample until half a second
    after its last.

    Args:
        audio: As in the terminal's settings. A sound card's own gains and ceiling are in force.

    Raises:
        PortError: The audio cannot be opened, or takes nothing.
    """
    where = usable_audio(audio)
    heard: list[Samples] = []
    leg: CardLeg | TerminalLeg
    if isinstance(where, CardAudio):
        leg = CardLeg(where.device, settings, open_card, heard.append, _nothing)
    else:
        leg = TerminalLeg(where.host, where.port, uuid4(), settings, heard.append, _nothing)
    running = asyncio.get_running_loop().create_task(leg.run())
    try:
        await _opened(leg, settings)
        return [await _play(leg, sound, heard) for sound in sounds]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _nothing() -> None:
    return


async def _opened(leg: CardLeg | TerminalLeg, settings: MediaSettings) -> None:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + settings.connect_timeout_s
    while leg.trouble is not None:
        if loop.time() > until_s:
            raise PortError("terminal", MediaReason.TERMINAL_SOUND_UNUSABLE(), retry=True, evidence=leg.trouble)
        await asyncio.sleep(FRAME_MS / 1000)


async def _play(leg: CardLeg | TerminalLeg, sound: Samples, heard: list[Samples]) -> Samples:
    loop = asyncio.get_running_loop()
    heard.clear()
    padded = np.pad(sound, (0, -sound.size % FRAME_SAMPLES))
    frames = [padded[at : at + FRAME_SAMPLES] for at in range(0, padded.size, FRAME_SAMPLES)]
    due_s = loop.time()
    for frame in [*frames, *[SILENCE] * _AFTER_FRAMES]:
        if leg.trouble is not None:
            raise PortError("terminal", MediaReason.TERMINAL_SOUND_LOST(), retry=True, evidence=leg.trouble)
        if leg.is_ready():
            leg.send(frame)
        due_s += FRAME_MS / 1000
        await asyncio.sleep(max(0.0, due_s - loop.time()))
    return np.concatenate(heard) if heard else SILENCE[:0]
