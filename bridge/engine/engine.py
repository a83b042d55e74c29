"""The engine: takes events in order, steps the domain, commits, publishes, and lets the devices do the effects.

An event that goes wrong changes nothing: the node is a value, so the old one stands; see `bridge.engine.faults`.

The database may fail while calls go on. Then commands are refused (nothing unsaved is acknowledged), facts are still
followed, what they changed is kept and committed as soon as the database is back, and no new call is placed and no
message sent, since their intent must be on disk first.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from bridge.domain import effects as do
from bridge.domain.commands import Command, Refused, Reply
from bridge.domain.events import Commanded, EffectFailed, Event, Fate
from bridge.domain.ids import ChannelId, TerminalName
from bridge.domain.model import Audit, Note, ParticipantState, Record
from bridge.domain.node import Node
from bridge.domain.policy import Policy
from bridge.domain.step import begin, step
from bridge.domain.turn import Mint, Result, Seen
from bridge.engine.changes import Changes
from bridge.engine.faults import Fault, Faults, fault_of
from bridge.engine.lanes import Lanes
from bridge.engine.performer import Devices, Performer, lane_of
from bridge.engine.timers import Timers
from bridge.ports import Change, Clock, Codes, Ids, PortError, Store

__all__ = ["Devices", "Engine"]

log = structlog.get_logger(__name__)

BATCH: Final = 256
"""Events stepped before one commit. More would let the first of a burst wait longer for its effect."""
LONG_INBOX: Final = 5000
"""An inbox this long is an alarm. Overflow rule: it never drops, for each event is a fact or a promise."""
NOTES_S: Final = 0.5
"""Timeline lines alone wait at most this long for a commit; a crash may lose so much of a talk's timeline."""
RETRY_S: Final = 1.0


@dataclass
class _Batch:
    """What a row of events has come to, before it is committed."""

    records: dict[tuple[type[Record], str], Record] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    audit: list[Audit] = field(default_factory=list)
    effects: list[do.Effect] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    replies: list[tuple[Commanded, Reply]] = field(default_factory=list)

    def add(self, result: Result) -> None:
        for record in result.records:
            self.records[(type(record), record.id)] = record
        self.notes.extend(result.notes)
        self.audit.extend(result.audit)
        self.effects.extend(result.effects)
        self.seen.extend(result.seen)

    def merge(self, newer: "_Batch") -> None:
        """Take what came later: of a record the newer one, of notes and audit lines all in order."""
        self.records.update(newer.records)
        self.notes.extend(newer.notes)
        self.audit.extend(newer.audit)

    @property
    def must_be_saved(self) -> bool:
        return bool(self.records or self.audit)


class Engine:
    """Implements `bridge.ports.Control`. `start` reads the store, `run` lives as long as the node."""

    def __init__(self, *, store: Store, codes: Codes, clock: Clock, ids: Ids, policy: Policy) -> None:
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
        self._timers = Timers(clock, self.emit)
        self._performer: Performer | None = None
        self._unsaved = _Batch()
        self._beginning: Result | None = None
        self._faults = Faults()
        self._database = "ok"
        self._committing = asyncio.Lock()

    # --- ports.Control ---

    async def ask(self, actor: str, command: Command) -> Reply:
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
        seats = (one.channel for one in self._node.participants.values() if one.state is not ParticipantState.LEFT)
        calls = (ChannelId(attempt) for attempt in self._node.attempts)
        return list(dict.fromkeys([*calls, *(channel for channel in seats if channel is not None)]))

    def faults(self) -> Sequence[Fault]:
        """The latest events that went wrong, oldest first."""
        return self._faults.latest()

    async def start(self, terminals: Iterable[TerminalName]) -> None:
        """Read what was promised. What follows from it is carried out first thing by `run`."""
        saved = await self._store.load()
        self._beginning = begin(saved, self._policy, tuple(terminals), self._clock.now_s(), self._mint)
        self._node = self._committed = self._beginning.node

    async def run(self, devices: Devices) -> None:
        """Step events until cancelled."""
        self._performer = Performer(devices, self._codes, self._clock, self.emit)
        writer = asyncio.create_task(self._save_regularly(), name="engine saver")
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
            await self._save_unsaved()

    def health(self) -> Mapping[str, str]:
        waiting = max(len(self._inbox), self._lanes.longest())
        busy = f"{waiting} events wait: the machine is too slow or a device hangs"
        telephony = self._node.telephony_reason or "not connected"
        return {
            "database": self._database,
            "engine": busy if waiting >= LONG_INBOX else self._faults.alarm(self._clock.now_s()) or "ok",
            "asterisk": "ok" if self._node.telephony_up else telephony,
        }

    # --- inside ---

    async def _carry_out_beginning(self) -> None:
        """What `begin` decided, like any other step: committed, then done. There is nobody to refuse."""
        beginning, self._beginning = self._beginning, None
        if beginning is None:
            return
        batch = _Batch()
        batch.add(beginning)
        if not await self._save(batch):
            self._unsaved.merge(batch)
        self._do_all(batch)

    async def _take(self, events: Sequence[Event]) -> None:
        before = self._node
        batch = self._step_all(events)
        if batch.must_be_saved and not await self._save(batch):
            self._node = before
            batch = self._without_database(events)
        elif not batch.must_be_saved:
            self._unsaved.notes.extend(batch.notes)
        self._do_all(batch)

    def _do_all(self, batch: _Batch) -> None:
        """After the commit: the new view, the effects, the answers."""
        self._committed = self._node
        self._changes.publish(self._clock.now_s(), dict.fromkeys(batch.seen))
        for effect in batch.effects:
            self._do(effect)
        for event, reply in batch.replies:
            self._answer(event, reply)

    def _step_all(self, events: Iterable[Event]) -> _Batch:
        batch = _Batch()
        for event in events:
            reply = self._step(event, batch)
            if isinstance(event, Commanded):
                batch.replies.append((event, reply or Refused("invalid", "the command was not understood")))
        return batch

    def _step(self, event: Event, batch: _Batch) -> Reply | None:
        """One event. One that raises has changed nothing, and the others go on."""
        try:
            result = step(self._node, event, self._mint)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one rule must not end the node
            return self._keep_fault(event, error, batch)
        self._node = result.node
        batch.add(result)
        return result.reply

    def _keep_fault(self, event: Event, error: Exception, batch: _Batch) -> Refused:
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
        return Refused("unavailable", f"this went wrong inside Samband ({fault.error}); nothing was changed")

    async def _save(self, batch: _Batch) -> bool:
        async with self._committing:
            pending, self._unsaved = self._unsaved, _Batch()
            records = {**pending.records, **batch.records}
            try:
                await self._store.commit(
                    list(records.values()), [*pending.notes, *batch.notes], [*pending.audit, *batch.audit]
                )
            except PortError as error:
                pending.merge(self._unsaved)  # what came while the commit was under way is the newer
                self._unsaved = pending
                self._database = str(error)
                log.error("commit_failed", reason=str(error), records=len(records))
                return False
        self._database = "ok"
        return True

    def _without_database(self, events: Iterable[Event]) -> _Batch:
        """Follow the facts, refuse the wishes, place no call; what changed waits for the database."""
        batch = self._step_all(event for event in events if not isinstance(event, Commanded))
        self._unsaved.merge(batch)
        kept: list[do.Effect] = []
        for effect in batch.effects:
            if isinstance(effect, do.Dial | do.SendSds | do.SendStatus):
                self.emit(EffectFailed(self._clock.now_s(), effect, Fate.REFUSED, self._database, retry=True))
            else:
                kept.append(effect)
        batch.effects = kept
        refused = Refused("unavailable", f"nothing can be saved now ({self._database})", retry=True)
        batch.replies = [(event, refused) for event in events if isinstance(event, Commanded)]
        return batch

    async def _save_regularly(self) -> None:
        while True:
            await asyncio.sleep(NOTES_S if self._database == "ok" else RETRY_S)
            await self._save_unsaved()

    async def _save_unsaved(self) -> None:
        if self._unsaved.must_be_saved or self._unsaved.notes:
            await self._save(_Batch())

    def _do(self, effect: do.Effect) -> None:
        match effect:
            case do.StartTimer():
                self._timers.start(effect.key, effect.after_s)
            case do.StopTimer():
                self._timers.stop(effect.key)
            case _:
                performer = self._performer
                if performer is not None:
                    self._lanes.put(lane_of(effect), lambda: performer.perform(effect))

    def _answer(self, event: Commanded, reply: Reply) -> None:
        future = self._asked.pop(id(event), None)
        if future is not None and not future.done():
            future.set_result(reply)
