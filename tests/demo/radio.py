"""The radio. A user in the field is heard by the telephones. A telephone goes on the air, a minute at most."""

import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bridge.audio.frame import RATE_HZ
from bridge.main import region
from hardware.simulator.client import OnAir, SimulatorClient
from hardware.simulator.signals import Samples
from tests.demo.ledger import Ledger
from tests.demo.scenes import Cast, channel_free
from tests.demo.stage import TALKER, Stage
from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.phones import Phone
from tests.harness.sound_loss import compare, phrase
from tests.harness.transmissions import Ended, longest_s, told, too_long

BEYOND_GRANT_MS: Final = 60
AIR_TO_PHONE_MS: Final = 80
"""As `make bench` asks of the sign on the serial line; from the air itself it is less."""
SAID_S: Final = 3.0
NO_MORE_S: Final = 6.0
"""Nothing more is coming: longer than the pause between two transmissions. What is missing then is told as lost."""
_DEMANDS: Final = ("ATD", "AT+CTXD")


async def patched(stage: Stage, ledger: Ledger, cast: Cast, radio: SimulatorClient) -> None:
    """Point 4, first half: the patch, and both ways."""
    ledger.scene("4. A talkgroup is patched in through a terminal on a serial line")
    patch = await stage.post(f"conferences/{cast.meeting.id}/patches", {"gssi": region.GROUP})

    async def on_line() -> bool:
        return bool((await _patch(cast))["state"] == "idle")

    await wait.until(on_line, 15, every_s=0.1, what="the terminal is on the talkgroup")
    terminal = (await stage.get(f"terminals/{patch['terminal']}"))["issi"]
    ledger.checks("the terminal is on the talkgroup", met=True, measured=f"{region.GROUP_NAME}, ISSI {terminal}")
    await cast.meeting.has(4)
    await _user_is_heard(ledger, cast, radio)
    await _phone_on_the_air(ledger, cast.first, radio)


async def _patch(cast: Cast) -> dict[str, Any]:
    patch: dict[str, Any] = (await cast.meeting.view())["patches"][0]
    return patch


async def _user_is_heard(ledger: Ledger, cast: Cast, radio: SimulatorClient) -> None:
    own = voice(70)
    await channel_free(cast.meeting, radio)
    since_s = time.monotonic()
    await radio.press(TALKER, region.GROUP, audio=np.asarray(own.lasting(3) * 32767, np.int16))

    async def talker() -> dict[str, Any]:
        patch = await _patch(cast)
        return patch if patch["talker"] == TALKER else {}

    shown = await wait.until(talker, 3, every_s=0.05, what="the talker's ISSI is shown")
    ledger.checks(
        "who talks on the radio is shown", shown["talker_name"] is not None, f"ISSI {TALKER}, {shown['talker_name']}"
    )
    heard = await cast.host.hears(own, within_s=5, since_s=since_s)
    await cast.first.hears(own, within_s=5, since_s=since_s)
    sent = (await radio.air(region.GROUP))[-1]
    ledger.ms("from the air to the telephones", heard.begins_s - (sent.first_sample_s or sent.start_s), AIR_TO_PHONE_MS)
    await channel_free(cast.meeting, radio)


async def _phone_on_the_air(ledger: Ledger, phone: Phone, radio: SimulatorClient) -> None:
    said = phrase(3, SAID_S)
    heard = await says_on_the_air(phone, radio, said)
    found = compare(said, heard.sound)
    beyond = "from the telephone to the air, the network's own grant taken off"
    ledger.ms(beyond, heard.beyond_grant_s, BEYOND_GRANT_MS)
    ledger.ms("the network's own grant", heard.grant_s)
    ledger.checks("speech lost before the grant", found.start_ms == 0, f"{found.start_ms:.0f} ms", "0 ms")
    ledger.checks("speech lost, moved or doubled after it", found.wrong_ms == found.start_ms, str(found), "0 ms")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of one phrase on its way to the air."""

    sound: Samples
    grant_s: float
    beyond_grant_s: float
    transmissions: list[OnAir]


async def says_on_the_air(
    phone: Phone, radio: SimulatorClient, said: Samples, gssi: int = region.GROUP, terminal: str | None = None
) -> Spoken:
    """Say it, and wait until all of it is sent. Gives what was on the air, with the times of the terminal's own
    line."""
    before = len(await radio.air(gssi))
    began_s = await phone.says(said.astype(np.float32) / np.float32(32767))

    async def sent() -> bool:
        air = (await radio.air(gssi))[before:]
        ends = [one.end_s for one in air if one.end_s is not None]
        if not air or len(ends) < len(air):
            return False
        whole = sum(one.spoken_s for one in air) >= said.size / RATE_HZ
        return whole or time.monotonic() - max(ends) > NO_MORE_S

    await wait.until(sent, said.size / RATE_HZ * 1.3 + 12, every_s=0.1, what="all that was said is on the air")
    air = (await radio.air(gssi))[before:]
    pieces = [await radio.transmission_audio(gssi, before + index) for index in range(len(air))]
    lines = [line for line in await radio.transcript(terminal) if line[0] >= began_s - 0.5]
    asked_s = next(at for at, way, text in lines if way == "to_terminal" and text.startswith(_DEMANDS))
    granted_s = next(at for at, way, text in lines if at > asked_s and text.startswith("+CTXG"))
    first_s = air[0].first_sample_s or air[0].start_s
    grant_s = granted_s - asked_s
    return Spoken(np.concatenate(pieces), grant_s, first_s - began_s - grant_s, air)


async def past_the_minute(stage: Stage, ledger: Ledger, phone: Phone, radio: SimulatorClient) -> None:
    """Point 4, second half. The cut is shortened in the demonstration's own system, and said so."""
    seconds = 2 * stage.cut_s + 4 if stage.own else stage.cut_s + 8
    shortened = " (shortened here from 58 s)" if stage.own else ""
    ledger.scene(f"4b. {seconds:.0f} s of unbroken speech with the cut at {stage.cut_s:g} s{shortened}")
    said = phrase(4, seconds)
    heard = await says_on_the_air(phone, radio, said)
    ended = [Ended.of(one, time.monotonic()) for one in heard.transmissions]
    found = compare(said, heard.sound)
    lasted = ", ".join(f"{one.spoken_s:.1f} s" for one in heard.transmissions)
    ledger.checks("it went out in several transmissions", len(heard.transmissions) > 1, lasted)
    limit_s = stage.cut_s + 0.5
    measured = f"{longest_s(ended):.2f} s; {told(ended)}"
    ledger.checks("the longest of them, none ended by the radio", not too_long(ended, limit_s), measured,
                  f"≤ {limit_s:g} s")  # fmt: skip
    ledger.checks("speech lost, moved or doubled across the cuts", found.whole, str(found), "0 ms")
