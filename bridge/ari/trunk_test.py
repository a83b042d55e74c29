"""A call to oneself over a trunk: out to a number of ours, and in again.

The call that comes in is known by the number that it shows, which is one of ours. It is kept from everything else: it
is greeted by nobody, comes into no meeting, and stands on nobody's account. One test runs at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from bridge.ari import model, names
from bridge.ari.client import AriClient
from bridge.ari.dialling import Dialler
from bridge.ari.errors import AriError, AriNotFound
from bridge.ari.reasons import TrunkTestReason
from bridge.ari.settings import TrunkSettings
from bridge.ari.translate import dialled
from bridge.domain.kernel.ids import ChannelId, TrunkName
from bridge.domain.kernel.reasons import Reason
from bridge.domain.telephony.callers import shown_caller
from bridge.domain.telephony.numbers import dialled_forms
from bridge.ports import Finding, Ids, SelfCall

log = structlog.get_logger(__name__)

RINGS_S: Final = 25.0
"""So long the call may take to come back and be answered."""
IS_DUE_S: Final = 4.0
"""Keys and sound that have not come by then do not come."""
TONE: Final = "tone:1000"
KEYS: Final = "1590"
LATE_MS: Final = 400
"""ITU-T G.114: beyond it people begin to talk at the same time. A call to oneself has the way twice."""
_SETTLE_S: Final = 0.5
_MOST_SEEN: Final = 500
"""Events of one test. More are not kept: nothing after them decides anything."""
_TALKS: Final = "TALK_DETECT(set)"
_USABLE: Final = ("online", "registered")


class TrunkTester:
    """`bridge.ports.TrunkTests` on Asterisk.

    Args:
        client, dialler, ids: The connection, and who places calls at the trunks' pace.
        trunks: The `[[trunk]]` tables.
        numbers: Our own, the main one first.
    """

    def __init__(
        self, client: AriClient, dialler: Dialler, ids: Ids, trunks: Sequence[TrunkSettings], numbers: Sequence[str]
    ) -> None:
        self._client = client
        self._dialler = dialler
        self._ids = ids
        self._trunks = {TrunkName(trunk.name): trunk for trunk in trunks}
        self._numbers = tuple(numbers)
        self._running: _Run | None = None
        self.states: Callable[[], Mapping[TrunkName, str]] = dict
        """Which trunks can be used, where somebody knows."""

    def names(self) -> Sequence[TrunkName]:
        return tuple(self._trunks)

    @property
    def runs(self) -> bool:
        return self._running is not None

    def call(self, trunk: TrunkName) -> SelfCall:
        """The call that a test places."""
        settings = self._trunks[trunk]
        shown = settings.caller_id or self._numbers[0]
        return SelfCall(trunk, shown if shown in self._numbers else self._numbers[0], shown)

    def claims(self, event: model.Event) -> bool:
        """Whether an event belongs to the test, and to nobody else."""
        channel = getattr(event, "channel", None) or getattr(event, "peer", None)
        if not isinstance(channel, model.Channel):
            return False
        run = self._running
        if run is None:
            return names.is_test(channel.id)
        return run.takes(event, channel)

    async def test(self, trunk: TrunkName) -> Sequence[Finding]:
        """Place the call and try it out; a fault found is a finding, and no error.

        Raises:
            PortError: Asterisk does not do as asked.
        """
        run = _Run(
            self._client, self.call(trunk), self._trunks[trunk], ChannelId(names.test(self._ids.mint("channel")))
        )
        self._running = run
        try:
            return [self._reached(trunk), *[finding async for finding in run.findings(self._dialler)]]
        finally:
            self._running = None
            await run.hangs_up()

    def _reached(self, trunk: TrunkName) -> Finding:
        state = self.states().get(trunk, "unknown")
        if state == "unknown":
            return Finding("trunk", True, TrunkTestReason.STATE_UNKNOWN())
        return Finding("trunk", state in _USABLE, _of_state(state, self._trunks[trunk].dial))


def _of_state(state: str, dial: str) -> Reason:
    if state in _USABLE:
        return TrunkTestReason.REACHED(dial=dial, state=state)
    return TrunkTestReason.NOT_REACHED(dial=dial, state=state)


@dataclass(slots=True)
class _End:
    """One end of the call."""

    channel: ChannelId
    is_up: bool = False
    cause: int | None = None
    """Q.850, when it is gone."""
    keys: str = ""
    sounds_at_s: list[float] = field(default_factory=list)
    """When sound began to come from the trunk."""


class _Run:
    """One test."""

    def __init__(self, client: AriClient, call: SelfCall, settings: TrunkSettings, out: ChannelId) -> None:
        self._client = client
        self._call = call
        self._settings = settings
        self._out = _End(out)
        self._back: _End | None = None
        self._shown = ""
        self._came_by = ""
        self._seen = 0
        self._news = asyncio.Event()

    # what Asterisk tells

    def takes(self, event: model.Event, channel: model.Channel) -> bool:
        end = self._end_of(event, channel)
        if end is None:
            return False
        self._seen += 1
        if self._seen <= _MOST_SEEN:
            self._notes(event, end)
        self._news.set()
        return True

    def _end_of(self, event: model.Event, channel: model.Channel) -> _End | None:
        if channel.id == self._out.channel:
            return self._out
        if self._back is not None:
            return self._back if channel.id == self._back.channel else None
        if isinstance(event, model.StasisStart) and event.args[:1] == (names.INBOUND,):
            number, trunk = dialled(event.args)
            if number in dialled_forms(self._call.number) and self._is_ours(channel.caller.number):
                self._back, self._shown = _End(ChannelId(channel.id), is_up=True), channel.caller.number
                self._came_by = trunk or ""
                return self._back
        return None

    def _is_ours(self, caller: str) -> bool:
        ours = self._call.caller_id
        return caller in dialled_forms(ours) or shown_caller(caller) == ours

    def _notes(self, event: model.Event, end: _End) -> None:
        match event:
            case model.StasisStart():
                end.is_up = True
            case model.ChannelDestroyed():
                end.cause = event.cause
            case model.ChannelDtmfReceived():
                end.keys += event.digit
            case model.ChannelTalkingStarted():
                end.sounds_at_s.append(asyncio.get_running_loop().time())

    async def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not holds():
                    self._news.clear()
                    await self._news.wait()
        return holds()

    # what is tried

    async def findings(self, dialler: Dialler) -> AsyncIterator[Finding]:
        out, began_s = self._out, asyncio.get_running_loop().time()
        call = self._call
        await dialler.dial(out.channel, call.trunk, call.number, call.caller_id, RINGS_S)
        await self._until(lambda: self._back is not None or out.is_up or out.cause is not None, RINGS_S)
        back = self._back
        after_ms = round(1000 * (asyncio.get_running_loop().time() - began_s))
        if back is not None:
            await self._client.answer(back.channel)
            await self._until(lambda: out.is_up or out.cause is not None, RINGS_S)
        if not out.is_up:
            yield Finding("call_out", False, TrunkTestReason.NOT_ANSWERED(number=call.number, cause=out.cause or 0))
            if back is None:
                return
        else:
            codec = (await self._told(out, "CHANNEL(audionativeformat)")).strip("()")
            yield Finding("call_out", True, TrunkTestReason.ANSWERED(number=call.number, codec=codec))
        if back is None:
            yield Finding("call_in", False, TrunkTestReason.NOT_BACK(number=call.number))
            return
        yield Finding("call_in", True, TrunkTestReason.BACK(trunk=self._came_by, after_ms=after_ms))
        yield Finding("number", True, TrunkTestReason.NUMBER_SHOWN(number=self._shown))
        if not out.is_up:
            return
        for end in (out, back):
            await self._client.set_variable(end.channel, _TALKS, "")
        await asyncio.sleep(_SETTLE_S)  # both ends know where the sound comes from
        yield await self._keys(out, back)
        yield await self._sound("sound_out", out, back)
        yield await self._sound("sound_in", back, out)
        yield await self._secured(out)

    async def _keys(self, out: _End, back: _End) -> Finding:
        ways = [self._settings.dtmf]
        if self._settings.dtmf == "auto":
            ways = ["rfc4733", "info"]
        for number, way in enumerate(ways):
            if number:
                await self._client.set_variable(out.channel, "PJSIP_DTMF_MODE()", way)
                await asyncio.sleep(_SETTLE_S)
            back.keys = ""
            await self._client.send_dtmf(out.channel, KEYS)
            if await self._until(lambda: len(back.keys) >= len(KEYS), IS_DUE_S) and back.keys == KEYS:
                return Finding("keys", True, TrunkTestReason.KEYS_BY(way=way))
        return Finding("keys", False, TrunkTestReason.NO_KEYS(sent=KEYS, came=back.keys, way=self._settings.dtmf))

    async def _sound(self, what: str, mouth: _End, ear: _End) -> Finding:
        ear.sounds_at_s.clear()
        loop = asyncio.get_running_loop()
        began_s, playback = loop.time(), names.test_playback(mouth.channel)
        await self._client.play(mouth.channel, playback, [TONE], "en")
        came = await self._until(lambda: bool(ear.sounds_at_s), IS_DUE_S)
        with suppress(AriNotFound):
            await self._client.stop_playback(playback)
        if not came:
            return Finding(what, False, TrunkTestReason.NO_SOUND())
        delay_ms = round(1000 * (ear.sounds_at_s[0] - began_s))
        reason = TrunkTestReason.SOUND_LATE if delay_ms > LATE_MS else TrunkTestReason.SOUND
        return Finding(what, delay_ms <= LATE_MS, reason(delay_ms=delay_ms))

    async def _secured(self, out: _End) -> Finding:
        signalling = await self._told(out, "CHANNEL(pjsip,secure)") == "1"
        sound = await self._told(out, "CHANNEL(rtp,secure)") == "1"
        if signalling and sound:
            return Finding("encryption", True, TrunkTestReason.ENCRYPTED())
        if self._settings.srtp or (self._settings.transport == "tls" and not signalling):
            return Finding("encryption", False, TrunkTestReason.NOT_ENCRYPTED_AS_SET())
        return Finding(
            "encryption", True, TrunkTestReason.SIGNALLING_ENCRYPTED() if signalling else TrunkTestReason.PLAIN()
        )

    async def _told(self, end: _End, variable: str) -> str:
        try:
            return await self._client.variable(end.channel, variable)
        except AriError as error:
            log.debug("trunk_test_not_told", variable=variable, reason=str(error))
            return ""

    async def hangs_up(self) -> None:
        for end in (self._out, self._back):
            if end is not None and end.cause is None:
                with suppress(AriError):
                    await self._client.hang_up(end.channel)
