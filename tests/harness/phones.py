"""Telephones, in their users' words.

    async with Phones(tmp_path, sip_port=world.sip_port) as phones:
        kommun_a = await phones.new("Kommun A")
        await kommun_a.calls("085555555")
        await kommun_a.keys("12345678#")
        said_at_s = await kommun_a.says(kommun_a.voice, for_s=2)
        heard = await kommun_b.hears(kommun_a.voice, within_s=1)

`Phones.new` gives a baresip phone, `Phones.instrument` one of our own with exact packet times (see `sipua`). Both
understand the same words. `Phones.exchange` gives the far end of a trunk: phones which are rung at their own numbers.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from tests.harness import wait
from tests.harness.audio import Capture, Samples, Signal, Span, share_heard, voice
from tests.harness.phone_process import PhoneError, PhoneProcess
from tests.harness.rtp import BEAT_S

SIGNAL_S = 600.0
State = Literal["idle", "calling", "ringing", "up", "ended"]


class Phone:
    """One telephone with one line: what it does (`calls`, `keys`, `says`) and what its user sees and hears.

    Attributes:
        name: For failure messages.
        number: Its own number.
        voice: Its own signal, which no other phone of this set has.
        state: Where its call is.
        status: The SIP answer that ended the call, 0 when it was a BYE.
        received_keys: DTMF digits the other end sent.
        keys_over_s: When each of them was over; instruments alone see that.
        times_rung: How many calls have come in, over all.
    """

    def __init__(self, name: str, number: str, process: PhoneProcess, own_voice: Signal, target: str) -> None:
        self.name = name
        self.number = number
        self.voice = own_voice
        self.state: State = "idle"
        self.status = 0
        self.reason = ""
        self.received_keys = ""
        self.keys_over_s: list[float] = []
        self.times_rung = 0
        self.rung_at_s: list[float] = []
        self.answered_at_s = 0.0
        self.ended_at_s = 0.0
        self.on_ring: Callable[[], None] | None = None
        self.process = process
        self._target = target
        self._line = 0
        self._early: list[dict[str, Any]] = []
        self._files = itertools.count(1)
        process.on_event(self._happened)

    def __repr__(self) -> str:
        ending = f" {self.status} {self.reason}" if self.state == "ended" else ""
        return f"<{self.name} {self.number} {self.state}{ending}>"

    # what its user does

    async def calls(self, number: str, *, within_s: float = 10.0, until_answered: bool = True) -> None:
        """Dial a number at the system under test.

        Raises:
            PhoneError: it was refused (`status` says with what), or not answered in time.
        """
        self._fresh("calling")
        answer = await self.process.ask("dial", number=self.number, uri=self._target.format(number=number))
        self._line = answer["line"]
        for event in self._early:  # a refusal can overtake the answer that names the line
            self._happened(event)
        if until_answered:
            await wait.until(lambda: self.state in ("up", "ended"), within_s, what=f"{self!r} gets an answer")
            if self.state != "up":
                raise PhoneError(f"{self!r}: the call to {number} was not answered")

    async def answers(self, after_s: float = 0.0, *, within_s: float = 10.0) -> None:
        """Wait to be rung, let it ring for `after_s`, and answer."""
        await self.rings(within_s)
        await asyncio.sleep(after_s)
        await self.process.ask("answer", line=self._line)
        await wait.until(lambda: self.state == "up", 5.0, what=f"{self!r} is connected")

    async def refuses(self, status: int = 486, *, within_s: float = 10.0) -> None:
        """Wait to be rung and refuse. A baresip phone knows 486 alone, an instrument any 4xx…6xx."""
        await self.rings(within_s)
        await self.process.ask("refuse", line=self._line, status=status)

    async def keys(self, digits: str, **how: float) -> None:
        """Press keys (RFC 4733), one after the other; returns after the last. Instruments take `press_ms`, `gap_ms`."""
        await self.process.ask("keys", within_s=10 + len(digits), line=self._line, digits=digits, **how)

    async def holds(self, direction: str = "sendonly") -> None:
        """Put the other end on hold; of an instrument that called."""
        await self.process.ask("offer", line=self._line, direction=direction)

    async def is_back(self) -> None:
        """Take the other end off hold."""
        await self.holds("sendrecv")

    async def says(self, signal: Signal | Samples, for_s: float = 1.0) -> float:
        """Begin to say something (an array as it is, a signal for `for_s`); gives the time its first sample left."""
        samples = signal.lasting(for_s) if isinstance(signal, Signal) else signal
        path = self.process.folder / f"say-{self._line}-{next(self._files)}.s16"
        path.write_bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        answer = await self.process.ask("say", line=self._line, file=str(path))
        return float(answer["at_s"])

    async def talks(self) -> float:
        """Say its own voice until `stops_talking`."""
        return await self.says(self.voice, SIGNAL_S)

    async def stops_talking(self) -> float:
        return float((await self.process.ask("hush", line=self._line))["at_s"])

    async def latest_ms(self, since_s: float) -> float:
        """How late its packets left at most since then. Only an instrument has it: its packets go by a beat of its own.
        A telephone that stood still has lost what the far end would not wait for."""
        answer = await self.process.ask("lateness", line=self._line)
        beats = round((time.monotonic() - since_s) / BEAT_S)
        return 1000 * max(answer["late_s"][-max(1, beats) :], default=0.0)

    async def hangs_up(self) -> None:
        await self.process.ask("hang_up", line=self._line)
        await self.is_hung_up(within_s=5)

    async def is_cut_off(self) -> None:
        """The line dies: no BYE, no more audio. The phone cannot be used again."""
        await self.process.kill()
        self.state = "ended"

    async def line_quality(self) -> dict[str, int]:
        """What became of the packets of this call, on an instrument's rough line (`RoughLine.counted`)."""
        return await self.process.ask("line_quality", line=self._line)

    # what its user sees and hears

    async def rings(self, within_s: float = 10.0) -> None:
        await wait.until(lambda: self.state == "ringing", within_s, what=f"{self!r} rings", seen=lambda: self)

    async def is_hung_up(self, within_s: float = 5.0) -> None:
        await wait.until(lambda: self.state == "ended", within_s, what=f"{self!r} is hung up", seen=lambda: self)

    def heard(self) -> Capture:
        """Everything this call has brought to the ear until now."""
        return Capture.load(self.process.folder / str(self._line))

    async def hears(self, signal: Signal, within_s: float = 5.0, *, since_s: float | None = None) -> Span:
        """Wait for a signal that begins after `since_s` (now, when not given); gives the first span found so far."""
        since_s = time.monotonic() if since_s is None else since_s
        spans = await wait.until(
            lambda: self.heard().spans(signal, since_s),
            within_s,
            every_s=0.1,
            what=f"{self.name} hears {signal.name}",
            seen=lambda: f"{self!r} heard {len(self.heard().samples) / 8000:.1f} s in all",
            fault=wait.Unheard,
        )
        return spans[0]

    async def hears_most_of(self, report: Signal, within_s: float, *, since_s: float) -> float:
        """Wait until more than half of a long report was heard since then; gives the share that was (`share_heard`)."""

        def share() -> float:
            return share_heard(self.heard().between(since_s), report)

        return await wait.until(
            lambda: part if (part := share()) > 0.5 else 0.0,
            within_s,
            every_s=0.5,
            what=f"{self.name} hears most of {report.name}",
            seen=lambda: f"{self!r} heard {share():.0%} of it",
        )

    async def hears_the_end_of(self, signal: Signal, within_s: float = 5.0, *, since_s: float | None = None) -> Span:
        """Wait until a signal heard since `since_s` has been gone for half a second; gives its last span.

        A switchboard that has nothing to say sends nothing: then half a second without packets will do too.
        """
        since_s = time.monotonic() if since_s is None else since_s

        def over() -> list[Span]:
            spans = self.heard().spans(signal, since_s)
            return spans if spans and time.monotonic() - spans[-1].ends_s > 0.5 else []

        return (await wait.until(over, within_s, every_s=0.1, what=f"{self.name} hears the end of {signal.name}"))[-1]

    async def does_not_hear(self, signal: Signal, for_s: float) -> None:
        """Listen for `for_s` from now, and fail if the signal is in it, or if no audio came at all."""
        since_s = time.monotonic()
        await asyncio.sleep(for_s)
        heard = self.heard()
        assert len(heard.between(since_s)) > for_s * 8000 / 2, f"{self!r} got no audio"
        spans = heard.spans(signal, since_s)
        assert not spans, f"{self.name} heard {signal.name}: {spans}"

    def _fresh(self, state: State) -> None:
        if self.state in ("calling", "up"):
            raise PhoneError(f"{self!r} is in a call already")
        self.state, self.status, self.reason, self.received_keys, self._line = state, 0, "", "", 0
        self.keys_over_s.clear()
        self._early.clear()

    def _happened(self, event: dict[str, Any]) -> None:
        if event["event"] == "incoming" and event["number"] == self.number:
            self._fresh("ringing")
            self._line = event["line"]
            self.times_rung += 1
            self.rung_at_s.append(event["at_s"])
            if self.on_ring is not None:
                self.on_ring()
        elif event["line"] == self._line:
            self._line_happened(event)
        elif self.state == "calling" and self._line == 0:
            self._early.append(event)

    def _line_happened(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "up":
                self.state, self.answered_at_s = "up", event["at_s"]
            case "ended":
                self.state, self.ended_at_s = "ended", event["at_s"]
                self.status, self.reason = event["status"], event["reason"]
            case "key":
                self.received_keys += event["digit"]
            case "key_over":
                self.keys_over_s.append(event["at_s"])


class Phones:
    """A set of telephones; leaving the block hangs up and ends them all.

    Args:
        folder: Where the phones keep what they say and hear, and their logs.
        sip_port: Where the system under test listens (SIP over UDP).
        host: Where it listens.
    """

    def __init__(self, folder: Path, sip_port: int, host: str = "127.0.0.1") -> None:
        self._folder = folder
        self._target = f"sip:{{number}}@{host}:{sip_port}"
        self._host = host
        self._processes: list[PhoneProcess] = []
        self._voices = itertools.count()
        self._numbers = itertools.count(605)  # 070-1740605…699, set aside for fiction

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(process.close() for process in self._processes))

    async def new(self, name: str, number: str | None = None, **options: Any) -> Phone:
        """A baresip phone in a process of its own. Options: see `baresip_phone`."""
        return await self._phone("baresip_phone", name, number, **options)

    async def instrument(self, name: str, number: str | None = None, **options: Any) -> Phone:
        """A measuring phone of our own: exact packet times, any refusal, broken keys. Options: see `sipua_phone`."""
        return await self._phone("sipua_phone", name, number, **options)

    async def exchange(self, port: int, program: str = "baresip_phone") -> "Exchange":
        """The far end of a trunk at `port`: every phone of it is rung at its own number."""
        process = await self._process(program, f"exchange-{port}", port=port)
        return Exchange(process, self._voices, self._target)

    async def _phone(self, program: str, name: str, number: str | None, **options: Any) -> Phone:
        number = number or f"070174{next(self._numbers):04d}"
        process = await self._process(program, f"{len(self._processes):02d}-{number}", **options)
        await process.ask("own", number=number)
        return Phone(name, number, process, voice(next(self._voices)), self._target)

    async def _process(self, program: str, name: str, **options: Any) -> PhoneProcess:
        process = await PhoneProcess.start(program, self._folder / name, **options)
        self._processes.append(process)
        return process


class Exchange:
    """Many telephones behind one trunk, each with its own number."""

    def __init__(self, process: PhoneProcess, voices: "itertools.count[int]", target: str) -> None:
        self.process = process
        self.phones: dict[str, Phone] = {}
        self._voices = voices
        self._target = target

    async def phone(self, name: str, number: str) -> Phone:
        """A phone that is rung when exactly this number is dialled (as it stands in the request line)."""
        await self.process.ask("own", number=number)
        self.phones[number] = Phone(name, number, self.process, voice(next(self._voices)), self._target)
        return self.phones[number]
