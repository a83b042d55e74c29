"""`bridge.ports.Telephony` on Asterisk's REST interface."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from bridge.ari import cdr, inventory, model, names
from bridge.ari.asked import Asked
from bridge.ari.client import AriClient, Connected, Disconnected, Signal
from bridge.ari.clips import Clips
from bridge.ari.config import AsteriskDirs
from bridge.ari.dialling import Dialler
from bridge.ari.errors import AriConflict, AriError, AriNotFound, AriNotInStasis, AriReplaced, AriUnavailable
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.gate import TrunkGate
from bridge.ari.helper_channels import HelperChannels
from bridge.ari.microphones import Microphones
from bridge.ari.playbacks import Playbacks
from bridge.ari.reasons import AsteriskReason
from bridge.ari.rest import AriLimits
from bridge.ari.rtp_watch import RtpWatch
from bridge.ari.said import NAME_SILENCE_S, SaidNames
from bridge.ari.secrets import AsteriskSecrets
from bridge.ari.settings import AsteriskSettings, TrunkSettings
from bridge.ari.silence import Silence
from bridge.ari.speech import Speech
from bridge.ari.spoken import SpokenNames
from bridge.ari.tapes import Act, Tapes, no_manager
from bridge.ari.translate import Translator
from bridge.ari.trunk_test import TrunkTester
from bridge.domain.kernel.ids import ChannelId, MixId, PlaybackId, RecordingId, TrunkName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.reasons import Reason
from bridge.domain.recording.events import RecordingEnded, RecordingFailed
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.events import (
    LegEnded,
    LegHeld,
    LegResumed,
    LiveChannel,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TelephonyDown,
    TelephonyUp,
)
from bridge.ports import Clock, Emit, Ids, PortError

log = structlog.get_logger(__name__)

_MIX_KIND: Final = "mixing,dtmf_events,proxy_media,video_sfu"
"""`video_sfu` keeps Asterisk at its many-party mixer (softmix). With two channels it would go over to one that sends
nobody anything while nobody talks. A telephone alone with the announcer then hears no whisper, for want of sound to mix
it into. There is no video: no codec of it is offered."""
_RACE_TRIES: Final = 10
_RACE_PAUSE_S: Final = 0.1
_MEDIA_START_S: Final = 3.0
_ON_HOLD: Final = "CHANNEL(rtp,hold)"


class AriTelephony:
    """Asterisk as the engine's telephony. Start `run()` as a supervised task. Until it has emitted `TelephonyUp`, and
    after `TelephonyDown`, requests may raise `AriUnavailable` (a `PortError` that may be retried).

    Args:
        settings: The `[asterisk]` table.
        secrets: User and password of ARI.
        dirs: Where Asterisk records and keeps its call detail records.
        clock, ids: Time and names.
        emit: Where the domain events go.
        ask: The calls whose end shall be looked up at a reconcile, if Asterisk has them no more.
        no_room: Why no recording may be begun now, or `None`. Asterisk would begin one on a full disk, and lose it.
        calls_per_s: The pace of each trunk; an unnamed trunk has no limit.
        limits: Times and bounds of the connection.
        trunks: The `[[trunk]]` tables, which can be tried out.
        manage: Does one action of the manager interface (`Ami.act`), for what ARI cannot order.
    """

    def __init__(
        self,
        settings: AsteriskSettings,
        secrets: AsteriskSecrets,
        dirs: AsteriskDirs,
        *,
        clock: Clock,
        ids: Ids,
        emit: Emit,
        ask: Callable[[], Sequence[ChannelId]] = tuple,
        no_room: Callable[[], Reason | None] = lambda: None,
        calls_per_s: Mapping[TrunkName, float] | None = None,
        limits: AriLimits | None = None,
        trunks: Sequence[TrunkSettings] = (),
        names_said: SpokenNames | None = None,
        manage: Act = no_manager,
    ) -> None:
        url = f"http://127.0.0.1:{settings.ari_port}/ari"
        self._client = AriClient(url, secrets.ari_user, secrets.ari_password, names.APP, limits)
        self._dirs = dirs
        self._clock = clock
        self._names_said = names_said
        self._emit = emit
        self._ask = ask
        self._no_room = no_room
        self._waits = ExpectedEvents()
        self._gate = TrunkGate(self._client, calls_per_s or {})
        self._dialler = Dialler(self._client, self._gate)
        self.trunk_tests = TrunkTester(self._client, self._dialler, ids, trunks, settings.numbers)
        self._translator = Translator()
        self._microphones = Microphones(self._client)
        self._playbacks = Playbacks(self._client)
        self._silence = Silence(self._client)
        self._said = SaidNames(dirs.recordings)
        self._clips = Clips(dirs.recordings)
        self._tapes = Tapes(manage, dirs.tapes, clock)
        self._asked = Asked(manage, self._waits, self._ready, self._translator.is_asked)
        self._where: dict[ChannelId, MixId] = {}
        self._helpers = HelperChannels(self._client, self._waits, ids, lambda channel: self._where.get(channel))
        self._held: set[ChannelId] = set()
        self._rtp_watch = RtpWatch(self._client, self._lines, clock, emit)
        self._creating: dict[MixId, asyncio.Event] = {}
        self._is_said_down = False
        self._refused = 0

    # --- the connection ---

    async def run(self) -> None:
        """Connect, reconcile, translate, for ever; ends when cancelled.

        Raises:
            AriReplaced: Another controller has taken over. The program must end: it may act on Asterisk no more.
        """
        try:
            async with self._client, self._helpers, aclosing(self._client.signals()) as signals:
                watching = asyncio.create_task(self._rtp_watch.run(), name="ari-rtp-watch")
                try:
                    async for signal in signals:
                        await self._on(signal)
                finally:
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
        except AriReplaced as error:
            self._say_down(str(error))
            raise
        finally:
            self._gate.close("the controller ends")

    def _lines(self) -> list[ChannelId]:
        """The telephones on a line now. One that holds us sends nothing, as it should."""
        if self._is_said_down:
            return []
        return [line for line in self._translator.lines() if line not in self._held]

    def counters(self) -> Mapping[str, int]:
        """For the metrics: what came in, what could not be used, what was dropped."""
        counts = self._client.counts
        return {
            "events": counts.received,
            "events_unknown": counts.unknown.total(),
            "events_garbage": counts.garbage,
            "event_overflows": counts.overflows,
            "speeches_dropped": self._helpers.dropped,
            "calls_in_refused": self._refused,
            "calls_waiting_for_their_trunk": self._gate.waiting,
        }

    async def trunk_contacts(self) -> Mapping[TrunkName, str]:
        """`online` or `offline` (does not answer), for each trunk that Asterisk has asked."""
        endpoints = await self._client.endpoints()
        return {
            TrunkName(endpoint.resource.removeprefix("watch-")): endpoint.state
            for endpoint in endpoints
            if endpoint.resource.startswith("watch-") and endpoint.state in ("online", "offline")
        }

    async def _on(self, signal: Signal) -> None:
        if isinstance(signal, Disconnected):
            self._waits.fail(signal.reason)
            self._gate.close(signal.reason)
            self._say_down(signal.reason)
        elif isinstance(signal, Connected):
            self._gate.begin()
            await self._reconcile()
        else:
            self._waits.note(signal)
            self._gate.note(signal)
            self._note_refusal(signal)
            if self.trunk_tests.claims(signal):
                return
            for translated in self._translator.translate(signal, self._clock.now_s()):
                event = await self._said.judged(translated)
                self._follow(event)
                self._emit(event)

    def _note_refusal(self, event: model.Event) -> None:
        """A caller was answered 503, since their trunk has all the calls in that it may have."""
        if isinstance(event, model.ChannelUserevent) and event.eventname == names.FULL:
            self._refused += 1
            if self._refused.bit_count() == 1:  # the 1st, 2nd, 4th…: a flood writes no flood of lines
                trunk = None if event.channel is None else inventory.trunk_of(event.channel.name)
                log.warning("calls_in_refused", trunk=trunk, so_far=self._refused)

    def _follow(self, event: object) -> None:
        match event:
            case MixJoined(channel=channel, mix=mix):
                self._where[channel] = mix
            case MixLeft(channel=channel, mix=mix) if self._where.get(channel) == mix:
                del self._where[channel]
            case LegHeld(channel=channel):
                self._held.add(channel)
            case LegResumed(channel=channel):
                self._held.discard(channel)
            case LegEnded(channel=channel):
                self._held.discard(channel)
                self._where.pop(channel, None)
                self._microphones.forget(channel)
                self._tapes.forget(channel)
            case RecordingEnded(recording=recording) | RecordingFailed(recording=recording):
                self._silence.forget(recording)

    def _say_down(self, reason: str) -> None:
        """Once until `TelephonyUp`: that the connection is still away is no news."""
        if not self._is_said_down:
            self._emit(TelephonyDown(self._clock.now_s(), AsteriskReason.CONNECTION_LOST(evidence=reason)))
        self._is_said_down = True

    async def _reconcile(self) -> None:
        """List what is there, hang up what nobody owns, and say `TelephonyUp`; events wait in their queue meanwhile."""
        try:
            channels, bridges = await asyncio.gather(self._client.channels(), self._client.bridges())
            for orphan in inventory.orphans(channels, bridges, self._helpers.in_use()):
                log.warning("ari_orphan_hung_up", channel=orphan)
                await self.hang_up(orphan)
            up = await self._up(channels, bridges, self._ask())
        except (AriError, OSError) as error:
            log.warning("ari_listing_failed", reason=str(error))
            self._say_down(str(error))
            await self._client.reconnect()
            return
        self._translator.adopt(up.channels)
        self._microphones.adopt(channel.id for channel in up.channels)
        self._where = {channel.id: channel.mix for channel in up.channels if channel.mix is not None}
        self._held = {channel.id for channel in up.channels if channel.held}
        self._rtp_watch.forget_all()
        self._is_said_down = False
        log.info("ari_connected", channels=len(up.channels), mixes=len(up.mixes), recordings=len(up.recordings))
        self._emit(up)

    async def snapshot(self, ask: Sequence[ChannelId]) -> TelephonyUp:
        channels, bridges = await asyncio.gather(self._client.channels(), self._client.bridges())
        try:
            return await self._up(channels, bridges, ask)
        except OSError as error:
            raise PortError("disk", AsteriskReason.CDR_UNREADABLE(), retry=True, evidence=str(error)) from error

    async def _up(
        self, channels: Sequence[model.Channel], bridges: Sequence[model.MixingBridge], ask: Sequence[ChannelId]
    ) -> TelephonyUp:
        keyed = inventory.receipts(channels)
        listed = inventory.live_channels(channels, bridges)
        live = await self._with_hold(tuple(channel for channel in listed if channel.id not in keyed))
        present = {channel.id for channel in live}
        gone = [channel for channel in ask if channel not in present]
        ends = await asyncio.to_thread(cdr.ends_of, gone, self._dirs.cdr)
        ends |= {channel: cdr.answered(keyed[channel]) for channel in gone if channel in keyed}
        return TelephonyUp(
            at_s=self._clock.now_s(),
            channels=live,
            mixes=inventory.our_mixes(bridges),
            recordings=await self._live_recordings(),
            ended=tuple((channel, ends[channel].cause) for channel in gone if channel in ends),
            keyed=tuple((channel, ends[channel].key) for channel in gone if channel in ends and ends[channel].key),
        )

    async def _with_hold(self, live: tuple[LiveChannel, ...]) -> tuple[LiveChannel, ...]:
        """The listing does not tell who has put us on hold, so the answered channels are asked one by one."""
        held = await asyncio.gather(*(self._is_held(one) for one in live))
        return tuple(replace(one, held=is_held) for one, is_held in zip(live, held, strict=True))

    async def _is_held(self, channel: LiveChannel) -> bool:
        if not channel.answered:
            return False
        try:
            return await self._client.variable(channel.id, _ON_HOLD) == "1"
        except AriError as error:
            log.debug("hold_not_told", channel=channel.id, reason=str(error))
            return False  # no SIP telephone, or gone by now

    async def _live_recordings(self) -> frozenset[RecordingId]:
        """ARI lists none, so the files that lie in the spool are asked about one by one."""
        files = await asyncio.to_thread(lambda: sorted(self._dirs.recordings.glob("rec-*.wav")))
        candidates = [RecordingId(file.stem) for file in files if names.is_recording(file.stem)]
        live = await asyncio.gather(*(self._is_recording(name) for name in candidates))
        return frozenset(name for name, runs in zip(candidates, live, strict=True) if runs)

    async def _is_recording(self, recording: RecordingId) -> bool:
        try:
            await self._client.live_recording(recording)
        except AriNotFound:
            return False
        return True

    # --- calls ---

    async def answer(self, channel: ChannelId) -> None:
        await self._client.answer(channel)

    async def hang_up(self, channel: ChannelId) -> None:
        try:
            await self._client.hang_up(channel)
        except AriNotFound:
            log.debug("channel_already_gone", channel=channel)

    async def dial(self, call: Dial) -> None:
        question = None if call.question is None else await self._asked.variables(call.question)
        await self._dialler.dial(call.channel, call.trunk, call.number, call.caller_id, call.ring_s, question)

    async def play(
        self, channel: ChannelId, playback: PlaybackId, prompts: Sequence[Prompt], language: Language
    ) -> None:
        await self._asked.fetch(channel)
        ready = await self._ready(prompts, language)
        if ready:
            await self._playbacks.play(channel, playback, [names.sound(prompt) for prompt in ready], language.value)
        else:
            self._emit(PlaybackEnded(self._clock.now_s(), playback, channel))

    async def stop_playing(self, channel: ChannelId, playback: PlaybackId) -> None:
        await self._playbacks.stop(playback)

    # --- mixes ---

    async def create_mix(self, mix: MixId) -> None:
        created = self._creating.setdefault(mix, asyncio.Event())
        try:
            await self._client.create_bridge(mix, _MIX_KIND)
        except AriConflict:
            log.debug("mix_already_there", mix=mix)
        finally:
            created.set()
            self._creating.pop(mix, None)
        self._helpers.announcer(mix)

    async def destroy_mix(self, mix: MixId) -> None:
        await self._helpers.stop_announcer(mix)
        try:
            await self._client.destroy_bridge(mix)
        except AriNotFound:
            log.debug("mix_already_gone", mix=mix)

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        """`MixJoined` reports it, also again of those who are there already. Nobody is taken out for a moment."""
        await self._microphones.prepare(channel, heard=heard)
        if self._where.get(channel) == mix and await self._is_there(channel, mix):
            self._emit(MixJoined(self._clock.now_s(), channel, mix))
        else:
            await self._add(channel, mix)

    async def _is_there(self, channel: ChannelId, mix: MixId) -> bool:
        return any(one.id == mix and channel in one.channels for one in await self._client.bridges())

    async def leave_mix(self, channel: ChannelId, mix: MixId) -> None:
        if self._where.get(channel) != mix:
            return
        try:
            await self._client.remove_channel(mix, channel)
        except (AriNotFound, AriNotInStasis):
            log.debug("not_in_the_mix", channel=channel, mix=mix)

    async def set_heard(self, channel: ChannelId, *, heard: bool) -> None:
        await self._microphones.switch(channel, heard=heard)

    async def announce(self, mix: MixId, prompts: Sequence[Prompt], language: Language, manner: Manner) -> None:
        ready = await self._ready(prompts, language)
        if ready:
            self._helpers.announcer(mix).put(ready, language, manner)

    async def whisper(
        self,
        channel: ChannelId,
        prompts: Sequence[Prompt],
        language: Language,
        manner: Manner,
        playback: PlaybackId | None,
    ) -> None:
        ready = await self._ready(prompts, language)
        if ready or manner is Manner.READ_OUT:
            said = None if playback is None else partial(self._whispered, channel, playback)
            self._helpers.whisper(channel, Speech(tuple(ready), language, manner, said))

    def _whispered(self, channel: ChannelId, playback: PlaybackId) -> None:
        self._emit(PlaybackEnded(self._clock.now_s(), playback, channel))

    async def _ready(self, prompts: Sequence[Prompt], language: Language) -> Sequence[Prompt]:
        there = await self._said.there(await self._clips.ready(prompts))
        return there if self._names_said is None else await self._names_said.ready(there, language)

    async def _add(self, channel: ChannelId, mix: MixId) -> None:
        """Add, waiting out a mix that is being made and a channel that is on its way into our application."""
        creating = self._creating.get(mix)
        if creating is not None:
            await creating.wait()
        await _despite_races(lambda: self._client.add_channel(mix, channel))

    # --- recordings and media ---

    async def start_recording(self, mix: MixId, recording: RecordingId) -> None:
        if (reason := self._no_room()) is not None:
            raise PortError("disk", reason, retry=True)
        try:
            await self._client.record_bridge(mix, recording, "wav")
            self._silence.begun(recording)
        except AriConflict:
            if not await self._is_recording(recording):
                raise

    async def record_name(self, channel: ChannelId, recording: RecordingId, longest_s: float) -> None:
        """`RecordingEnded` reports its end; `RecordingFailed`, that nothing was said."""
        if (reason := self._no_room()) is not None:
            raise PortError("disk", reason, retry=True)
        self._said.begin(recording)
        try:
            await self._client.record_channel(
                channel, recording, "wav", longest_s=round(longest_s), silence_s=NAME_SILENCE_S
            )
        except AriConflict:
            if not await self._is_recording(recording):
                raise

    async def stop_recording(self, recording: RecordingId) -> None:
        """`RecordingEnded` reports its end.

        Raises:
            AriNotFound: It does not run (any more).
        """
        await self._client.stop_recording(recording)

    async def silence_recording(self, recording: RecordingId, *, silent: bool) -> None:
        await self._silence.order(recording, silent=silent)

    async def start_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        if (reason := self._no_room()) is not None:
            raise PortError("disk", reason, retry=True)
        await self._tapes.start(channel, recording)

    async def stop_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        await self._tapes.stop(channel, recording)

    async def open_media_leg(self, channel: ChannelId, mix: MixId, host: str, port: int) -> int:
        known = channel in self._helpers.media_legs
        self._helpers.media_legs.add(channel)
        local_port = await self._local_port(channel) if known else None
        if local_port is None:
            await self._start_media_leg(channel, host, port)
            local_port = await self._local_port(channel)
        if local_port is None:
            raise AriUnavailable("external media", 0, "the media leg ended at once")
        if self._where.get(channel) != mix:
            await self._add(channel, mix)
        return local_port

    async def _start_media_leg(self, channel: ChannelId, host: str, port: int) -> None:
        with self._waits.expect(model.StasisStart, channel) as started:
            try:
                await self._client.external_media(channel, host=host, port=port)
                await asyncio.wait_for(started, _MEDIA_START_S)
            except TimeoutError as error:
                raise AriUnavailable("external media", 0, "the media leg does not start") from error

    async def _local_port(self, channel: ChannelId) -> int | None:
        try:
            port = await self._client.variable(channel, "UNICASTRTP_LOCAL_PORT")
        except AriNotFound:
            return None
        return int(port) if port.isascii() and port.isdigit() else None


async def _despite_races(act: Callable[[], Awaitable[None]]) -> None:
    """Ask again a few times when Asterisk says that a channel or a mix is not there yet."""
    for _ in range(_RACE_TRIES - 1):
        try:
            return await act()
        except (AriNotInStasis, AriNotFound):
            await asyncio.sleep(_RACE_PAUSE_S)
    return await act()
