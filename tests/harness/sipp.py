"""Crowds of telephones, played by SIPp (Debian's sip-tester), which others wrote.

`Population` is the far end of a trunk: what a number does when it is rung is its last digit. `talkers` is a crowd that
dials in, keys a code and talks, for load. SIPp sends keys as captured packets over a raw socket and therefore needs
root. Where that is not to be had, `Phones.exchange(port, "sipua_phone")` has the same part with fewer telephones.
"""

import asyncio
import os
import shutil
import struct
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np

from hardware.simulator.g711 import encode_alaw
from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.phone_process import PhoneError
from tests.harness.rtp import EVENTS

SCENARIOS: Final = Path(__file__).parent / "sipp"
CAPTURES: Final = Path("/usr/share/sip-tester")
STOP_S: Final = 5.0

FICTION: Final = (
    *(f"+468465004{n:02d}" for n in range(100)),
    *(f"+463139006{n:02d}" for n in range(100)),
    *(f"+464062804{n:02d}" for n in range(100)),
    *(f"+46980319{n}" for n in range(200, 300)),
    *(f"+46701740{n}" for n in range(605, 700)),
)
"""The 495 numbers which the Swedish regulator has set aside for fiction, in E.164."""

BEHAVIOURS: Final = {
    "1": "answers and presses 1", "2": "answers and presses 2", "3": "answers and presses 3",
    "4": "answers and stays silent", "5": "is busy", "6": "rings until cancelled", "7": "refuses",
    "8": "congestion", "9": "answers late and presses 1", "0": "does not exist",
}  # fmt: skip
"""What a number of the population does, by its last digit."""


def numbers(behaviour: str, count: int) -> list[str]:
    """The first so many numbers that do this (a last digit of `BEHAVIOURS`)."""
    return [number for number in FICTION if number[-1] == behaviour][:count]


_IS_HUNG_UP: Final = """<recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""
_HANGS_UP: Final = """<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:0701740[call_number]@[local_ip]>;tag=[pid]-[call_number]
To: <sip:NUMBER@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>"""
TALKS: Final = f'<nop><action><exec rtp_stream="SPEECH,-1,8"/></action></nop>\n  {_IS_HUNG_UP}'
LISTENS: Final = """<label id="1"/>
  <nop><action><exec play_pcap_audio="KEEPALIVE"/></action></nop>
  <pause milliseconds="4000" next="1"/>"""
"""It sends a packet of silence now and then, as a telephone that mutes by silence does. A BYE ends it at any moment."""


def stays(for_ms: int) -> str:
    """Silent in the meeting for a while, and then it hangs up."""
    return f'<pause milliseconds="{for_ms}"/>\n  {_HANGS_UP}'


class Population:
    """SIPp at a trunk's dial port."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._started_s = time.monotonic()

    def rung(self) -> Mapping[str, list[float]]:
        """Number → when it was rung (CLOCK_MONOTONIC seconds, to about 50 ms: SIPp counts from its own start)."""
        found: defaultdict[str, list[float]] = defaultdict(list)
        log = self._folder / "rung.log"
        for line in log.read_text().splitlines() if log.exists() else ():
            if line.startswith("rung ") and len(parts := line.split()) == 3:
                found[parts[2]].append(self._started_s + float(parts[1]) / 1000)
        return found

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def population(
    folder: Path, port: int, *, answer_ms: int = 300, late_ms: int = 8000, key_ms: int = 2500
) -> AsyncIterator[Population]:
    """The far end of a trunk, at 127.0.0.1:`port`.

    Args:
        answer_ms: From ringing to the answer.
        late_ms: The same for those who answer late.
        key_ms: From the answer to the key.

    SIPp takes a CANCEL only when its scenario waits for one: not within some milliseconds of the 180.

    Raises:
        PhoneError: SIPp is missing, may not send keys, or did not start.
    """
    values = {"ANSWER_MS": str(answer_ms), "LATE_MS": str(late_ms), "KEY_MS": str(key_ms)}
    values |= {f"KEY{digit}": str(CAPTURES / f"dtmf_2833_{digit}.pcap") for digit in "123"}
    process = await _start(folder, "population", values, ["-p", str(port), "-rtp_threadtasks", "20"])
    crowd = Population(process, folder)
    try:
        await wait.until(lambda: _bound(port) or process.returncode is not None, 5, what="SIPp listens")
        if process.returncode is not None:
            raise PhoneError(f"SIPp did not start: {(folder / 'sipp.log').read_text()[-1000:]}")
        yield crowd
    finally:
        await crowd.stop()


@asynccontextmanager
async def talkers(
    folder: Path,
    sip_port: int,
    number: str,
    code: str,
    count: int,
    *,
    per_s: int = 10,
    first_ms: int = 4000,
    then: str = TALKS,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A crowd that dials `number`, keys `code` and `#` after `first_ms` and talks (A-law) until the block is left.

    Args:
        count: How many telephones; each of them is one call.
        per_s: New calls a second.
        first_ms: From the answer to the first key.
        then: What each does after the keys: `TALKS`, `LISTENS`, or `stays(…)` for a while.
    """
    speech = folder / "speech.alaw"
    keys_ms = _capture_keys(folder / "keys.pcap", f"{code}#")
    presses = (
        f'<nop><action><exec play_pcap_audio="{folder}/keys.pcap"/></action></nop><pause milliseconds="{keys_ms}"/>'
    )
    _keepalive(folder / "keepalive.pcap")
    values = {
        "<keys/>": presses,
        "<then/>": then,
        "KEEPALIVE": f"{folder}/keepalive.pcap",
        "FIRST_MS": str(first_ms),
        "SPEECH": str(speech),
        "NUMBER": number,
    }
    arguments = ["-m", str(count), "-l", str(count), "-r", str(per_s), "-i", "127.0.0.1", f"127.0.0.1:{sip_port}"]
    process = await _start(folder, "talkers", values, arguments)
    try:
        yield process
    finally:
        await Population(process, folder).stop()


async def _start(
    folder: Path, scenario: str, values: Mapping[str, str], arguments: list[str]
) -> asyncio.subprocess.Process:
    program = shutil.which("sipp")
    if program is None:
        raise PhoneError("SIPp is missing: python -m tests.prepare installs it (Debian package sip-tester)")
    if os.geteuid() != 0:
        raise PhoneError("SIPp sends keys over a raw socket, for which it must run as root")
    _fill(folder, scenario, values)
    with (folder / "sipp.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(program, "-sf", str(folder / "scenario.xml"), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin"),
            *("-trace_logs", "-log_file", str(folder / "rung.log")),
            *("-trace_err", "-error_file", str(folder / "errors.log")),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _capture_keys(path: Path, keys: str) -> int:
    """A capture of these keys (RFC 4733) as SIPp sends it, 100 ms each, 100 ms apart. Gives how long it takes in ms.

    SIPp's own captures all carry one RTP timestamp, by which the second key passes for the first one come again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    packets = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    beat = 0
    for key in keys:
        event, began = EVENTS.index(key), beat
        for place in (1, 2, 3, 4, 5, 6, 6, 6):
            end = 0x80 if place == 6 else 0
            payload = struct.pack(">BBH", event, end | 10, min(place, 5) * 160)
            rtp = struct.pack(">BBHII", 0x80, 101 | (0x80 if place == 1 else 0), len(packets), 160 * began, 1)
            at_us = (began + place - 1) * 20_000
            packets.append(_captured(rtp + payload, at_us))
        beat += 10
    path.write_bytes(b"".join(packets))
    return beat * 20 + 200


def _keepalive(path: Path) -> None:
    """One packet of A-law silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rtp = struct.pack(">BBHII", 0x80, 8, 1, 160, 1) + bytes([0xD5]) * 160
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + _captured(rtp, 0))


def _captured(payload: bytes, at_us: int) -> bytes:
    """One Ethernet frame of a capture file; addresses are SIPp's to put in."""
    udp = struct.pack(">HHHH", 4000, 4000, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x7F000001, 0x7F000001) + udp
    frame = bytes(12) + b"\x08\x00" + ip
    return struct.pack("<IIII", at_us // 1_000_000, at_us % 1_000_000, len(frame), len(frame)) + frame


def _fill(folder: Path, scenario: str, values: Mapping[str, str]) -> None:
    """Write the scenario with its values, and what the crowd says."""
    folder.mkdir(parents=True, exist_ok=True)
    speech = (voice(99).lasting(8.192) * 32767).astype(np.int16)
    (folder / "speech.alaw").write_bytes(encode_alaw(speech))
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in values.items():
        text = text.replace(name, value)
    (folder / "scenario.xml").write_text(text)


def _bound(port: int) -> bool:
    """Whether somebody listens at this UDP port."""
    wanted = f":{port:04X} "
    return any(wanted in line.split("st")[0][:30] for line in Path("/proc/net/udp").read_text().splitlines()[1:])
