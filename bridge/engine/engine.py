"""The engine: takes events in order, steps the domain, commits, publishes, and lets the devices do the effects.

An event that goes wrong changes nothing: the node is a value, so the old one stands; see `bridge.engine.faults`.

The database may fail while calls go on. Then commands are refused, since nothing unsaved is acknowledged. Facts are
still followed; their changes are kept, and committed as soon as the database is back. No new call is placed and no
message sent, since their intent must be on disk first. A record that the database will never take is set aside and
reported, and poisons nothing else.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Final

import structlog

from bridge.domain.callout.records import ATTEMPTS
from bridge.domain.conference.records import LEGS
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect, Effect, StartTimer, StopTimer
from bridge.domain.kernel.events import Commanded, EffectFailed, Event, Fate
from bridge.domain.kernel.ids import ChannelId, TerminalName
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import WELL, GeneralReason, Reason
from bridge.domain.kernel.replies import Refused, Reply
from bridge.domain.kernel.step import Mint, Result, Seen
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.step import begin, step
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.reasons import TelephonyReason
from bridge.domain.telephony.state import TELEPHONY
from bridge.engine.batch import Batch
from bridge.engine.changes import Changes
from bridge.engine.early import Early, early_ones, undone
from bridge.engine.faults import Fault, Faults, fault_of
from bridge.engine.lanes import Lanes
from bridge.engine.performer import Devices, Performer
from bridge.engine.reasons import EngineReason
from bridge.engine.saver import Saver
from bridge.engine.timers import Timers
from bridge.ports import Change, Clock, Codes, Emit, Ids, RecordsRefused, Store

__all__ = ["Devices", "Engine"]

log = structlog.get_logger(__name__)

BATCH: Final = 256
"""Events stepped before one commit. More would let the first of a burst wait longer for its effect."""
LONG_INBOX: Final = 5000
"""An inbox this long is an alarm. Overflow rule: it never drops, for each event is a fact or a promise."""


Observe = Callable[[Node, Event, Result], None]
"""Told of each step once it is committed: what was, what happened, what came of it. Must not raise."""
_NEEDS_INTENT: Final = (Dial, SubmitSds, SubmitStatus)
"""Effects that must never be done unless a restart can find the intent."""


class Engine:
    """Implements `bridge.ports.Control`. `start` reads the store, `run` lives as long as the node."""

    def __init__(
        self,
        *,
        store: Store,
        codes: Codes,
        clock: Clock,
        ids: Ids,
        policy: Policy,
        make_timers: Callable[[Clock, Emit], Timers] = Timers,
        observe: Observe | None = None,
    ) -> None:
        self._store = store
        self._codes = codes
        self._clock = clock
        self._mint: Mint = ids.mint
        self._policy = policy
        self._node = Node(policy=policy)
        self._committed = self._node
        self._inbox: deque[Event] = deque()
        self._news = asyncio.Event()
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._changes = Changes()
        self._lanes = Lanes()
        self._timers = make_timers(clock, self.emit)
        self._observe = observe
        self._performer: Performer | None = None
        self._beginning: Result | None = None
        self._faults = Faults()
        self._saver = Saver(store, clock, self._faults)

    # --- ports.Control ---

    async def ask(self, actor: Principal, command: Command) -> Reply:
        event = Commanded(self._clock.now_s(), actor, command)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[id(event)] = future
        self.emit(event)
        return await future

    def node(self) -> Node:
        return self._committed

    def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        return self._changes.follow(after)

    def number(self) -> int:
        return self._changes.number

    # --- the life of the engine ---

    def emit(self, event: Event) -> None:
        """Put an event in the inbox. Called by every adapter; never blocks, never drops."""
        self._inbox.append(event)
        if len(self._inbox) == LONG_INBOX:
            log.error("inbox_is_long", waiting=LONG_INBOX)
        self._news.set()

    def live_channels(self) -> Sequence[ChannelId]:
        """The calls and seats whose end must be asked for at a reconnect, if Asterisk has them no more."""
        seats = (leg.channel for leg in self._node[LEGS].values() if leg.ended_at_s is None)
        calls = (ChannelId(attempt) for attempt in self._node[ATTEMPTS])
        return list(dict.fromkeys([*calls, *(channel for channel in seats if channel is not None)]))

    def faults(self) -> Sequence[Fault]:
        """The latest events that went wrong, oldest first."""
        return self._faults.latest()

    async def start(self, terminals: Iterable[TerminalName]) -> None:
        """Read the promises. `run` carries out their consequences first thing."""
        saved = await self._store.load()
        self._beginning = begin(saved, self._policy, tuple(terminals), self._clock.now_s(), self._mint)
        self._node = self._committed = self._beginning.node

    async def run(self, devices: Devices) -> None:
        """Step events until cancelled."""
        self._performer = Performer(devices, self._codes, self._clock, self.emit)
        writer = asyncio.create_task(self._saver.run(), name="engine saver")
        try:
            await self._carry_out_beginning()
            while True:
                await self._news.wait()
                self._news.clear()
                while self._inbox:
                    count = min(BATCH, len(self._inbox))
                    await self._take([self._inbox.popleft() for _ in range(count)])
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._timers.stop_all()
            await self._lanes.aclose()
            await self._saver.save_waiting()

    def health(self) -> Mapping[str, Reason]:
        """Told by the view that all see: Asterisk is there when its calls have been reconciled with the seats."""
        waiting = max(len(self._inbox), self._lanes.longest())
        busy = EngineReason.TOO_SLOW(waiting=waiting)
        telephony = self._committed[TELEPHONY]
        return {
            "database": self._saver.state,
            "engine": busy if waiting >= LONG_INBOX else self._faults.alarm(self._clock.now_s()),
            "asterisk": WELL if telephony.up else telephony.reason or TelephonyReason.NOT_CONNECTED(),
        }

    # --- inside ---

    async def _carry_out_beginning(self) -> None:
        """Take the result of `begin` like that of any other step: committed, then done. There is nobody to refuse."""
        beginning, self._beginning = self._beginning, None
        if beginning is None:
            return
        batch = Batch()
        batch.add(beginning)
        await self._save_or_keep(batch)
        self._do_all(batch)

    async def _take(self, events: Sequence[Event]) -> None:
        before = self._node
        batch = self._step_all(events)
        given = self._give_early(batch)
        try:
            is_saved = not batch.must_be_saved or await self._saver.save(batch)
        except RecordsRefused as refused:
            self._node = before
            await self._take_apart(events, refused)
            self._undo(given)
            return
        if not is_saved:
            self._node = before
            batch = self._without_database(events)
        elif not batch.must_be_saved:
            self._saver.keep(batch)
        self._do_all(batch)
        if not is_saved:
            self._undo(given)

    def _give_early(self, batch: Batch) -> Sequence[Early]:
        """Do the effects that need not wait for their commit. Not while nothing can be written: they would be undone at
        once."""
        given = early_ones(batch.effects) if batch.must_be_saved and self._saver.state == WELL else []
        for effect in given:
            batch.effects.remove(effect)
            self._do(effect)
        return given

    def _undo(self, given: Sequence[Early]) -> None:
        for effect in undone(given, self._node):
            self._do(effect)

    async def _take_apart(self, events: Sequence[Event], refused: RecordsRefused) -> None:
        """Something of these events cannot be kept: each by itself, so that the others are not held up by it."""
        if len(events) > 1:
            for event in events:
                await self._take([event])
            return
        [event] = events
        if isinstance(event, Commanded):
            self._saver.set_aside(refused)
            self._answer(event, Refused("conflict", GeneralReason.CANNOT_BE_KEPT(evidence=str(refused))))
            return
        batch = self._step_all(events)
        await self._save_or_keep(batch)
        self._do_all(batch)

    async def _save_or_keep(self, batch: Batch) -> None:
        """Facts are followed: what can never be kept is set aside, what cannot be kept now waits.

        An order whose intent is not on disk is not given.
        """
        promised = set(batch.records)
        while True:
            try:
                if not await self._saver.save(batch):
                    self._saver.keep(batch)
                    batch.effects = self._allowed_unsaved(batch.effects)
                break
            except RecordsRefused as refused:
                batch.drop(refused)
                self._saver.set_aside(refused)
        lost = {key[1] for key in promised - set(batch.records)}
        for effect in [one for one in batch.effects if isinstance(one, _NEEDS_INTENT) and one.subject in lost]:
            batch.effects.remove(effect)
            self.emit(EffectFailed(self._clock.now_s(), effect, Fate.REFUSED, GeneralReason.CANNOT_BE_KEPT()))

    def _do_all(self, batch: Batch) -> None:
        """After the commit: the new view, the effects, the answers."""
        self._committed = self._node
        self._changes.publish(self._clock.now_s(), dict.fromkeys(batch.seen))
        for effect in batch.effects:
            self._do(effect)
        for event, reply in batch.replies:
            self._answer(event, reply)
        if self._observe is not None:
            for before, happened, result in batch.steps:
                self._observe(before, happened, result)

    def _step_all(self, events: Iterable[Event]) -> Batch:
        batch = Batch()
        for event in events:
            reply = self._step(event, batch)
            if isinstance(event, Commanded):
                batch.replies.append((event, reply or Refused("invalid", GeneralReason.NOT_UNDERSTOOD())))
        return batch

    def _step(self, event: Event, batch: Batch) -> Reply | None:
        """One event. One that raises has changed nothing, and the others go on."""
        try:
            result = step(self._node, event, self._mint)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one rule must not end the node
            return self._keep_fault(event, error, batch)
        batch.steps.append((self._node, event, result))
        self._node = result.node
        batch.add(result)
        return result.reply

    def _keep_fault(self, event: Event, error: Exception, batch: Batch) -> Refused:
        fault = fault_of(event, error, self._clock.now_s())
        self._faults.keep(fault)
        log.error(
            "event_crashed",
            event_kind=fault.event,
            subject=fault.subject,
            evidence=fault.evidence,
            error=fault.error,
            place=fault.place,
            trace=fault.trace,
        )
        detail = (("event", fault.event), ("error", fault.error), ("place", fault.place))
        batch.audit.append(Audit(fault.at_s, "samband", "event.crashed", fault.subject, detail))
        batch.seen.append(Seen("engine", "fault"))
        return Refused("unavailable", GeneralReason.INTERNAL_ERROR(error=fault.error))

    def _without_database(self, events: Iterable[Event]) -> Batch:
        """Follow the facts, refuse the wishes, place no call; what changed waits for the database."""
        batch = self._step_all(event for event in events if not isinstance(event, Commanded))
        self._saver.keep(batch)
        batch.effects = self._allowed_unsaved(batch.effects)
        refused = Refused("unavailable", GeneralReason.NOTHING_CAN_BE_SAVED(cause=self._saver.state), retry=True)
        batch.replies = [(event, refused) for event in events if isinstance(event, Commanded)]
        return batch

    def _allowed_unsaved(self, effects: Iterable[Effect]) -> list[Effect]:
        """Without the orders whose intent must be on disk first; these fail, and are given later."""
        kept: list[Effect] = []
        for effect in effects:
            if isinstance(effect, _NEEDS_INTENT):
                self.emit(EffectFailed(self._clock.now_s(), effect, Fate.REFUSED, self._saver.state, retry=True))
            else:
                kept.append(effect)
        return kept

    def _do(self, effect: Effect) -> None:
        match effect:
            case StartTimer():
                self._timers.start(effect.key, effect.after_s)
            case StopTimer():
                self._timers.stop(effect.key)
            case DeviceEffect():
                performer = self._performer
                if performer is not None:
                    self._lanes.put(effect.lane, lambda: performer.perform(effect))

    def _answer(self, event: Commanded, reply: Reply) -> None:
        future = self._asked.pop(id(event), None)
        if future is not None and not future.done():
            future.set_result(reply)
