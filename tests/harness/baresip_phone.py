"""The phone program around baresip, a SIP phone that others wrote: `python -m tests.harness.baresip_phone FOLDER JSON`.

Options are `port` (SIP over UDP on `host`; 0 takes any), `host` and `stands_still_s`. With the last the program gets no
processor for so long while it dials, as on a busy machine. Its stack, a thread of its own, does. Each number is a user
agent of the one stack. A call comes in on the line of the number that was dialled. G.711 A-law, RFC 4733 keys, no
jitter buffer.

The stack tells what happens to a call from the moment it is dialled, and keeps nothing of it. A call's own listeners
exist only when `dial` has returned. So the one listener is the stack's, there from the start. The events of a call
before its line is known are told when it is.
"""

import asyncio
import json
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

from baresip import Account, Call, CallState, Config, Runtime, StackEvent, UserAgent
from baresip.errors import AudioNotActive, AudioRestarted, split_status
from baresip.events import Event

from tests.harness.phone_process import Control
from tests.harness.realtime import goes_first

FRAME_BYTES = 320
POLL_S = 0.002
BETWEEN_KEYS_S = 0.200
"""A key is twelve packets of 20 ms, of which `Call.send_dtmf` waits for 100 ms. Issued closer than 140 ms, they queue.
The rest is a pause on the line. Without it Asterisk counts a key twice on a machine that stands still for a moment. It
holds back a key that begins less than 45 ms after the one before."""
LAST_KEY_S = 0.200
"""From when the last key is issued until its last packet has left."""
RTP_PORTS = "33000-60000"
"""Within the range that the kernel gives out: the ports below it are promised to others."""
INDEX = struct.Struct("<dq")


class Ears(threading.Thread):
    """Takes what one line hears out of baresip at once and writes it down with the time it came in."""

    def __init__(self, folder: Path, line: int, line_call: Call) -> None:
        super().__init__(name=f"ears {line}", daemon=True)
        self._audio = line_call.audio
        self._stop = threading.Event()
        self._path = folder / str(line)
        self.start()

    def run(self) -> None:
        written = 0
        with self._path.with_suffix(".s16").open("wb") as samples, self._path.with_suffix(".idx").open("wb") as index:
            while not self._stop.wait(POLL_S):
                at_s = time.monotonic()
                try:
                    pcm = self._audio.read(16 * FRAME_BYTES)
                except (AudioNotActive, AudioRestarted):
                    continue
                for start in range(0, len(pcm), FRAME_BYTES):
                    index.write(INDEX.pack(at_s, written + start // 2))
                samples.write(pcm)
                written += len(pcm) // 2
                if pcm:
                    samples.flush()
                    index.flush()

    def stop(self) -> None:
        self._stop.set()


class BaresipPhone:
    """The verbs. One instance is one stack; `lines` are its calls by baresip's own handle."""

    def __init__(self, folder: Path, options: dict[str, Any], control: Control) -> None:
        self._folder = folder
        self._options = options
        self._control = control
        self._runtime = Runtime()
        self._agents: dict[str, UserAgent] = {}
        self._numbers: dict[int, str] = {}
        self._lines: dict[int, Call] = {}
        self._early: dict[int, list[tuple[StackEvent, float]]] = {}
        self._ears: dict[int, Ears] = {}
        self._speech: dict[int, int] = {}
        self._feeding: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        host, port = self._options.get("host", "127.0.0.1"), self._options.get("port", 0)
        await self._runtime.start(
            Config(
                net_interface=host,
                max_concurrent_calls=None,
                extra_config_text=f"sip_listen {host}:{port}\naudio_jitter_buffer_type off\nrtp_ports {RTP_PORTS}\n",
            )
        )
        self._runtime.subscribe(self._heard_of)

    async def stop(self) -> None:
        for ears in self._ears.values():
            ears.stop()
        for line_call in self._lines.values():
            if line_call.state is not CallState.CLOSED:
                await line_call.hangup()
        await asyncio.sleep(0.05)  # the BYE is on the wire before the stack goes
        await self._runtime.close()

    async def own(self, request: dict[str, Any]) -> None:
        """Be reachable at a number, and call from it."""
        number = request["number"]
        host = self._options.get("host", "127.0.0.1")
        account = Account(number, host, "", reg_interval=0, audio_codecs=("pcma",), dtmf_mode="rtpevent")
        agent = await UserAgent.create(self._runtime, account)
        agent.on_incoming(self._incoming)
        self._agents[number] = agent
        self._numbers[agent.handle] = number

    async def dial(self, request: dict[str, Any]) -> dict[str, int]:
        if stands_still_s := self._options.get("stands_still_s"):
            asyncio.get_running_loop().call_soon(time.sleep, stands_still_s)
        line_call = await self._agents[request["number"]].dial(request["uri"])
        self._adopt(line_call)
        return {"line": line_call.handle}

    async def answer(self, request: dict[str, Any]) -> None:
        await self._lines[request["line"]].answer()

    async def refuse(self, request: dict[str, Any]) -> None:
        if request["status"] != 486:
            raise ValueError("baresip refuses with 486 only: use the measuring phone for other answers")
        await self._lines[request["line"]].reject()

    async def hang_up(self, request: dict[str, Any]) -> None:
        await self._lines[request["line"]].hangup()

    async def keys(self, request: dict[str, Any]) -> None:
        """Answers when the last key is over."""
        await self._lines[request["line"]].send_dtmf(request["digits"], round(BETWEEN_KEYS_S * 1000))
        await asyncio.sleep(LAST_KEY_S)

    async def say(self, request: dict[str, Any]) -> dict[str, float]:
        """Answers when the first sample leaves, with that time; the rest is fed in the background."""
        line: int = request["line"]
        pcm = await asyncio.to_thread(Path(request["file"]).read_bytes)
        audio = self._lines[line].audio
        self._speech[line] = turn = self._speech.get(line, 0) + 1
        taken = audio.write(pcm[: 10 * FRAME_BYTES])
        full = audio.info().tx_buffered
        # The transmit clock of baresip takes a frame every 20 ms and has no event for it.
        while audio.info().tx_buffered >= full:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        started_s = time.monotonic()
        self._keep(asyncio.create_task(self._feed(line, turn, pcm, taken)))
        return {"at_s": started_s}

    async def hush(self, request: dict[str, Any]) -> dict[str, float]:
        self._speech[request["line"]] = self._speech.get(request["line"], 0) + 1
        self._lines[request["line"]].audio.flush_tx()
        return {"at_s": time.monotonic()}

    async def _feed(self, line: int, turn: int, pcm: bytes, taken: int) -> None:
        audio = self._lines[line].audio
        while taken < len(pcm) and self._speech[line] == turn and self._lines[line].state is CallState.ESTABLISHED:
            await asyncio.sleep(0.01)
            if audio.info().tx_buffered < 10 * FRAME_BYTES:
                taken += audio.write(pcm[taken : taken + 2 * FRAME_BYTES])

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._feeding.add(task)
        task.add_done_callback(self._feeding.discard)

    def _incoming(self, line_call: Call) -> None:
        self._adopt(line_call)
        number = self._numbers[line_call._ua_handle]
        self._control.event("incoming", line_call.handle, number=number, peer=line_call.peer, at_s=time.monotonic())

    def _adopt(self, line_call: Call) -> None:
        self._lines[line_call.handle] = line_call
        line_call.on_dtmf(lambda digit: self._control.event("key", line_call.handle, digit=digit.digit))
        for event, at_s in self._early.pop(line_call.handle, []):
            if event.event is not Event.CALL_INCOMING:  # that is how it was born
                line_call._on_stack_event(event)
                self._happened(line_call, event, at_s)

    def _heard_of(self, event: StackEvent) -> None:
        """The stack's word of any call."""
        at_s = time.monotonic()
        if (line_call := self._lines.get(event.call)) is not None:
            self._happened(line_call, event, at_s)
        elif event.call:
            self._early.setdefault(event.call, []).append((event, at_s))

    def _happened(self, line_call: Call, event: StackEvent, at_s: float) -> None:
        line = line_call.handle
        if event.event is Event.CALL_RINGING:
            self._control.event("ringing", line, at_s=at_s)
        elif event.event is Event.CALL_ESTABLISHED:
            self._ears[line] = Ears(self._folder, line, line_call)
            self._control.event("up", line, at_s=at_s)
        elif event.event is Event.CALL_CLOSED:
            status, reason = split_status(event.text or "")
            if (ears := self._ears.pop(line, None)) is not None:
                ears.stop()
            self._control.event("ended", line, at_s=at_s, status=status or 0, reason=reason)


async def main() -> None:
    goes_first()
    control = Control()
    phone = BaresipPhone(Path(sys.argv[1]), json.loads(sys.argv[2]), control)
    await phone.start()
    verbs = ("own", "dial", "answer", "refuse", "hang_up", "keys", "say", "hush")
    try:
        await control.serve({verb: getattr(phone, verb) for verb in verbs})
    finally:
        await phone.stop()


if __name__ == "__main__":
    asyncio.run(main())
