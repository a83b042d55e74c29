"""How much later the radio hears the telephones, and they the radio, than they must."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bridge.audio.frame import RATE_HZ
from tests.bench.figures import Figure, Scale, percentile
from tests.bench.leg import Leg, bare_room, brings_in
from tests.bench.phrases import SEEDS, Phrase, random_phrase
from tests.bench.stand import Line, Spoken, stand
from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.sound_loss import compare

BARE: Final = "bare RTP leg in a mixed room"
WORD_S: Final = 0.8
BETWEEN_S: Final = 0.6


async def to_air(folder: Path, scale: Scale) -> Sequence[Figure]:
    """From a telephone's first sample to the same sample on the air, less the network's own time to grant."""
    async with stand(folder / "ours") as made:
        line, delays_ms, grants_ms = made.lines[0], [], []
        for number in range(scale.of(45, 4)):
            said = random_phrase(scale.seed * SEEDS + 3000 + number, words=1, word_s=(0.5, 1.2))
            spoken = await line.says(said.sound)
            delays_ms.append(1000 * _beyond_grant_s(said, spoken))
            grants_ms.append(1000 * spoken.grant_s)
    peer_ms = await _to_leg(folder / "peer", scale.of(45, 4))
    how = (
        "a word's first sample said → the same sample on the air, less the time from the demand on the serial line to "
        f"the grant ({percentile(grants_ms, 50):.0f} ms at the median); a word is demanded for when it is heard as one"
    )
    raw: dict[str, object] = {"ours_ms": delays_ms, "grants_ms": grants_ms, "peer_ms": peer_ms}
    return (
        Figure(
            "phone speech → on the air beyond the grant, p95", percentile(delays_ms, 95), "ms", 60, peer_name=BARE,
            peer=percentile(peer_ms, 95), samples=len(delays_ms), least=scale.of(45, 4), how=how, raw=raw,
        ),
    )  # fmt: skip


def _beyond_grant_s(said: Phrase, spoken: Spoken) -> float:
    begins_at = compare(said.words[0], spoken.sound).begins_at
    if begins_at is None:
        raise ValueError(f"nothing of {said.seconds:.2f} s said is on the air")
    first_said = begins_at / RATE_HZ
    return spoken.first_sample_s + first_said - spoken.said_at_s - spoken.grant_s


async def _to_leg(folder: Path, count: int) -> list[float]:
    async with bare_room(folder) as (app, talker, _):
        leg, delays_ms = Leg(), []
        await brings_in(app, await leg.open())
        for number in range(count):
            heard = leg.hears_somebody()
            said_s = await talker.says(voice(number % 60), for_s=0.4)
            delays_ms.append(1000 * (await asyncio.wait_for(heard, 5) - said_s))
            await asyncio.sleep(BETWEEN_S)
        leg.close()
        return delays_ms


async def from_air(folder: Path, scale: Scale) -> Sequence[Figure]:
    """The way to a telephone's ear, from a radio user's first sample. It is measured too from the terminal's sign of
    the talk on the serial line."""
    times = scale.of(45, 4)
    async with stand(folder / "ours") as made:
        line = made.lines[0]
        heard = [await _user_talks(line, number) for number in range(times)]
    peer_ms = await _from_leg(folder / "peer", times)
    air_ms, cos_ms = [1000 * from_air for from_air, _ in heard], [1000 * from_cos for _, from_cos in heard]
    peer = percentile(peer_ms, 95)
    return (
        Figure("air → phone, p95", percentile(air_ms, 95), "ms", 60, peer_name=BARE, peer=peer, samples=len(air_ms),
               least=times, how="a word's first sample on the air → the same sample at a telephone",
               raw={"ours_ms": air_ms, "peer_ms": peer_ms}),
        Figure("COS → phones hear, p95", percentile(cos_ms, 95), "ms", 80, peer_name=BARE, peer=peer,
               samples=len(cos_ms), least=times,
               how="+CTXG of another talker on the serial line → their first sample at a telephone",
               raw={"ours_ms": cos_ms}),
    )  # fmt: skip


async def _user_talks(line: Line, number: int) -> tuple[float, float]:
    """Seconds from the air, and from the carrier's sign on the serial line, to the listener's ear."""
    if line.listener is None:
        raise ValueError("nobody listens")
    own, began_s = voice(10 + number % 60), time.monotonic()
    user = line.radio.user("Ledning")
    await user.presses_ptt(saying=np.asarray(own.lasting(WORD_S) * 32767, np.int16), gssi=line.gssi)
    heard = await line.listener.hears(own, within_s=5, since_s=began_s)

    async def over() -> bool:
        return all(one.end_s is not None for one in await line.radio.on_air(line.gssi)) and await line.is_free()

    await wait.until(over, 10, every_s=0.1, what="the radio user is done")
    sent = (await line.radio.on_air(line.gssi))[-1]
    lines = await line.terminal.transcript()
    cos_s = next(at for at, way, text in lines if at >= began_s and way == "from_terminal" and text.startswith("+CTXG"))
    await asyncio.sleep(BETWEEN_S)
    return heard.begins_s - (sent.first_sample_s or sent.start_s), heard.begins_s - cos_s


async def _from_leg(folder: Path, count: int) -> list[float]:
    async with bare_room(folder) as (app, _, listener):
        leg, delays_ms = Leg(), []
        await brings_in(app, await leg.open())
        for number in range(count):
            own, began_s = voice(10 + number % 60), time.monotonic()
            said_s = await leg.says(np.asarray(own.lasting(WORD_S) * 32767, np.int16))
            heard = await listener.hears(own, within_s=5, since_s=began_s)
            delays_ms.append(1000 * (heard.begins_s - said_s))
            await asyncio.sleep(WORD_S)
        leg.close()
        return delays_ms
