"""A small region in memory: every port the API talks to, made of plain values.

The engine here steps real records just far enough to be seen through the API; it refuses as the real one does.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from bridge.api.app import create_app
from bridge.api.parts import Parts
from bridge.api.settings import ApiSettings
from bridge.domain import commands as c
from bridge.domain.directory import AuditRow, DirectoryEntry, Talkgroup
from bridge.domain.ids import (
    ActivationId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TerminalName,
)
from bridge.domain.model import (
    Activation,
    ActivationState,
    ArchiveState,
    Attempt,
    Audit,
    Conference,
    ConferenceRecording,
    ConferenceState,
    Floor,
    Keying,
    Message,
    MessageDirection,
    MessageState,
    Note,
    Participant,
    ParticipantKind,
    ParticipantState,
    Patch,
    PatchState,
    Recording,
    RecordingState,
    Role,
    Target,
    TargetState,
    TerminalView,
)
from bridge.domain.node import Node
from bridge.ports import ArchivedRecording, Change, CodeRefused, PortError
from bridge.recording.package import package

NOW_S = 1_800_000_000.0
NUMBER = "+4685555555"
SESSION_KEY = b"aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGU="
OPERATOR = "operator-token"
AUDIO = bytes(range(256)) * 8


class Clock:
    def __init__(self) -> None:
        self.time_s = NOW_S

    def now_s(self) -> float:
        return self.time_s


class Ids:
    def __init__(self) -> None:
        self._count = 0

    def mint(self, kind: str) -> str:
        self._count += 1
        return f"{kind[:3]}-{self._count:026d}"


class Engine:
    """`Control` over a node of real records."""

    def __init__(self) -> None:
        self.state = Node()
        self.asked: list[tuple[str, c.Command]] = []
        self.refusal: c.Refused | None = None
        self.log: list[Change] = []
        self.news: asyncio.Queue[Change] | None = None

    def node(self) -> Node:
        return self.state

    async def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        """What is in the log; then, where `news` is set up, what is told later."""
        for change in list(self.log):
            if after is None or change.number > after:
                yield change
        while self.news is not None:
            yield await self.news.get()

    def number(self) -> int:
        return self.log[-1].number if self.log else 0

    def keep(self, **maps: Mapping[Any, Any]) -> None:
        """Add records to the node."""
        for name, records in maps.items():
            self.state = replace(self.state, **{name: {**getattr(self.state, name), **records}})  # type: ignore[arg-type]

    async def ask(self, actor: str, command: c.Command) -> c.Reply:
        self.asked.append((actor, command))
        if self.refusal is not None:
            return self.refusal
        conference = getattr(command, "conference", None)
        if conference is not None and not isinstance(command, c.OpenConference):
            found = self.state.conferences.get(conference)
            if found is None:
                return c.Refused("not_found", "there is no such conference")
            if found.state is ConferenceState.ENDED:
                return c.Refused("ended", "the conference has ended")
        return self._do(actor, command)

    def _do(self, actor: str, command: c.Command) -> c.Reply:  # noqa: C901 - one case for each command
        match command:
            case c.OpenConference():
                self._open(command)
            case c.EndConference():
                self._conference(command.conference, state=ConferenceState.ENDED, ended_at_s=NOW_S)
            case c.LockConference():
                self._conference(command.conference, locked=command.locked)
            case c.SetRecording():
                state = RecordingState.ON if command.on else RecordingState.OFF
                self._conference(command.conference, recording=ConferenceRecording(command.on, state))
            case c.MuteAll():
                for one in list(self.state.participants.values()):
                    self._participant(one.id, muted=one.role is not Role.HOST)
            case c.SetMuted():
                self._participant(command.participant, muted=command.muted)
            case c.RemoveParticipant():
                self._participant(command.participant, state=ParticipantState.LEFT, left_at_s=NOW_S)
            case c.SetFloorMode() | c.GiveFloor() | c.TakeFloor() | c.RequestFloor():
                return self._floor(command)
            case c.AddPatch():
                self.keep(patches={command.patch: _patch(actor, command)})
                return c.Done(command.patch)
            case c.ApprovePatch() | c.ExtendPatch() | c.SetPatch():
                return self._change_patch(actor, command)
            case c.KeyRadio():
                return self._key(command)
            case c.RemovePatch():
                patches = {key: one for key, one in self.state.patches.items() if key != command.patch}
                self.state = replace(self.state, patches=patches)
            case c.StartActivation():
                return self._activate(actor, command)
            case c.SendSds() | c.SendStatus():
                return self._send(actor, command)
            case c.CancelActivation():
                held = self.state.activations[command.activation]
                self.keep(activations={held.id: replace(held, state=ActivationState.CANCELLED, ended_at_s=NOW_S)})
            case _:
                return c.Refused("invalid", "not in this test")
        return c.Done("done")

    def _open(self, command: c.OpenConference) -> None:
        conference = Conference(
            command.conference,
            command.mix,
            command.name,
            command.number,
            NOW_S,
            language=command.language,
            exercise=command.exercise,
            forum=command.forum,
            floor=Floor(command.floor_mode),
            recording=ConferenceRecording(wanted=command.recorded),
        )
        self.keep(conferences={conference.id: conference})

    def _send(self, actor: str, command: c.SendSds | c.SendStatus) -> c.Reply:
        message = Message(
            command.message,
            MessageDirection.OUT,
            MessageState.QUEUED,
            NOW_S,
            command.receiver,
            command.group,
            text=command.text if isinstance(command, c.SendSds) else None,
            status=command.status if isinstance(command, c.SendStatus) else None,
            actor=actor,
            terminals=command.terminals,
            conference=command.conference,
        )
        self.keep(messages={message.id: message})
        return c.Done(message.id)

    def _key(self, command: c.KeyRadio) -> c.Reply:
        keyed = [one for one in self.state.patches.values() if one.keying is Keying.KEY]
        if not keyed:
            return c.Refused("conflict", "no talkgroup of this conference is keyed by key")
        by = command.participant if command.keyed else None
        self.keep(patches={one.id: replace(one, keyed_by=by) for one in keyed})
        return c.Done(command.participant)

    def _change_patch(self, actor: str, command: c.ApprovePatch | c.ExtendPatch | c.SetPatch) -> c.Reply:
        patch = self.state.patches[command.patch]
        match command:
            case c.ApprovePatch():
                if actor == patch.asked_by:
                    return c.Refused("not_allowed", f"{actor} asked for it: somebody else must approve")
                patch = replace(patch, state=PatchState.OFFLINE, approved_by=actor)
            case c.ExtendPatch():
                patch = replace(patch, lease_until_s=None if command.lease_s is None else NOW_S + command.lease_s)
            case c.SetPatch():
                patch = replace(
                    patch, keying=command.keying or patch.keying, precedence=command.precedence or patch.precedence
                )
        self.keep(patches={patch.id: patch})
        return c.Done(patch.id)

    def _conference(self, key: ConferenceId, **changes: Any) -> None:
        self.keep(conferences={key: replace(self.state.conferences[key], **changes)})

    def _participant(self, key: ParticipantId, **changes: Any) -> None:
        self.keep(participants={key: replace(self.state.participants[key], **changes)})

    def _floor(self, command: c.SetFloorMode | c.GiveFloor | c.TakeFloor | c.RequestFloor) -> c.Reply:
        floor = self.state.conferences[command.conference].floor
        match command:
            case c.SetFloorMode():
                floor = replace(floor, mode=command.mode)
            case c.GiveFloor():
                if command.participant is None and not floor.queue:
                    return c.Refused("conflict", "nobody waits for the word")
                holder = command.participant or floor.queue[0]
                floor = replace(floor, holder=holder, queue=tuple(one for one in floor.queue if one != holder))
            case c.TakeFloor():
                floor = replace(floor, holder=None)
            case c.RequestFloor():
                if command.participant not in self.state.participants:
                    return c.Refused("not_found", "there is no such participant", field="participant")
                rest = tuple(one for one in floor.queue if one != command.participant)
                floor = replace(floor, queue=(*rest, command.participant) if command.wanted else rest)
        self._conference(command.conference, floor=floor)
        return c.Done(command.conference)

    def _activate(self, actor: str, command: c.StartActivation) -> c.Reply:
        for held in self.state.activations.values():
            if held.key == command.key:
                return c.Done(held.id)
        activation = Activation(
            command.activation,
            command.key,
            command.conference,
            command.list_name,
            actor,
            NOW_S,
            ring_s=command.ring_s,
            rounds=command.rounds,
            round_pause_s=command.round_pause_s,
            exercise=command.exercise,
        )
        targets = {
            one.id: Target(
                one.id,
                activation.id,
                position,
                one.function,
                one.organisation,
                one.numbers,
                state=TargetState.WAITING if one.numbers else TargetState.UNREACHABLE,
                reason=None if one.numbers else "has no number",
            )
            for position, one in enumerate(command.targets)
        }
        self.keep(activations={activation.id: activation}, targets=targets)
        return c.Done(activation.id)


def _patch(actor: str, command: c.AddPatch) -> Patch:
    return Patch(
        command.patch,
        command.conference,
        command.terminal or TerminalName(""),
        command.gssi,
        command.participant,
        command.name,
        state=PatchState.ASKED if command.approval_required else PatchState.OFFLINE,
        keying=command.keying,
        precedence=command.precedence,
        asked_by=actor,
        lease_s=command.lease_s,
        lease_until_s=None if command.lease_s is None else NOW_S + command.lease_s,
        idle_s=command.idle_s,
        notice=command.notice,
        spoken_end=command.spoken_end,
    )


class Region:
    """`Directory`, `Codes`, `Tokens`, `AuditLog`, `Archive` and `Health` in one, with an engine."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.clock = Clock()
        self.entries: dict[tuple[type[Any], str], Any] = {}
        self.writers: list[str] = []
        self.codes: dict[str, tuple[str, str]] = {}
        self.valid_tokens = {OPERATOR: "operator"}
        self.audit_lines: list[Audit] = []
        self.bad_row: int | None = None
        self.audit_fails = False
        self.recordings: dict[RecordingId, ArchivedRecording] = {}
        self.notes: list[Note] = []
        self.past: list[Conference] = []
        self.messages: dict[MessageId, Message] = {}
        self.past_activations: list[tuple[Activation, list[Target], list[Attempt]]] = []
        self.figures: dict[str, dict[str, float]] = {}
        """Patch → what its audio path tells."""
        self.told: dict[str, str] = {"asterisk": "ok", "database": "ok"}

    def parts(self) -> Parts:
        return Parts(
            control=self.engine,
            directory=Entries(self),
            codes=Codes(self),
            archive=Archive(self),
            audit=AuditLog(self),
            tokens=Tokens(self),
            ids=Ids(),
            clock=self.clock,
            number=NUMBER,
            health=[self],
            package=package,
            levels=self.figures.get,
        )

    def app(self, settings: ApiSettings | None = None) -> Any:
        return create_app(self.parts(), settings or ApiSettings(), SESSION_KEY)

    def health(self) -> Mapping[str, str]:
        return self.told

    # --- what stands in the region ---

    def tell(self, conference: str) -> None:
        """Something in the conference has changed."""
        assert self.engine.news is not None
        self.engine.news.put_nowait(Change(1, NOW_S, "conference", conference, ConferenceId(conference)))

    def terminal(self, name: str, state: str = "ready") -> None:
        self.engine.keep(terminals={TerminalName(name): TerminalView(TerminalName(name), state)})

    def talkgroup(self, gssi: int, name: str, *terminals: str, **rules: Any) -> None:
        entry = Talkgroup(Gssi(gssi), name, tuple(TerminalName(one) for one in terminals), **rules)
        self.entries[(Talkgroup, str(gssi))] = entry

    def joins(self, conference: str, name: str, role: Role = Role.PARTICIPANT, **more: Any) -> str:
        key = ParticipantId(f"prt-{len(self.engine.state.participants):026d}")
        participant = Participant(
            key,
            ConferenceId(conference),
            ParticipantKind.PHONE,
            name,
            role,
            ParticipantState.PRESENT,
            joined_at_s=NOW_S + len(self.engine.state.participants),
            **more,
        )
        self.engine.keep(participants={key: participant})
        return key

    def recorded(self, path: Path, name: str = "Lägesmöte", gssi: int | None = None) -> str:
        """An archived recording of an ended conference: its mix, or the track of a talkgroup."""
        key = RecordingId(f"rec-{len(self.recordings):026d}")
        path.write_bytes(AUDIO)
        conference = Conference(
            ConferenceId("cnf-past"), MixId("mix-past"), name, NUMBER, NOW_S - 100, ConferenceState.ENDED
        )
        recording = Recording(
            key,
            conference.id,
            NOW_S - 90,
            ArchiveState.ARCHIVED,
            NOW_S - 30,
            60.0,
            path.name,
            sha256(AUDIO).hexdigest(),
            patch=None if gssi is None else PatchId("pat-past"),
            gssi=None if gssi is None else Gssi(gssi),
        )
        patch = Patch(
            PatchId("pat-past"),
            conference.id,
            TerminalName("rakel-1"),
            Gssi(gssi or 0),
            ParticipantId("prt-radio"),
            "RAPS-LED-1",
        )
        together = tuple(self.recordings)
        for held_key, held in self.recordings.items():
            self.recordings[held_key] = replace(held, together=(*held.together, key))
        voice = Participant(patch.participant, conference.id, ParticipantKind.RADIO, patch.name, patch=patch.id)
        speaker = Participant(ParticipantId("prt-past"), conference.id, ParticipantKind.PHONE, "TiB Länsstyrelsen")
        self.past.append(conference)
        people = (speaker,) if gssi is None else (speaker, voice)
        self.recordings[key] = ArchivedRecording(
            recording, conference, people, path, None if gssi is None else patch, together
        )
        return key


class Entries:
    def __init__(self, region: Region) -> None:
        self._region = region

    async def get(self, kind: type[Any], key: str) -> Any:
        return self._region.entries.get((kind, key))

    async def list(self, kind: type[Any]) -> Sequence[Any]:
        return [entry for (held, _), entry in self._region.entries.items() if held is kind]

    async def put(self, actor: str, entry: DirectoryEntry) -> None:
        key = str(entry.gssi) if isinstance(entry, Talkgroup) else entry.id
        self._region.entries[(type(entry), key)] = entry
        self._region.writers.append(actor)

    async def delete(self, actor: str, kind: type[DirectoryEntry], key: str) -> bool:
        self._region.writers.append(actor)
        return self._region.entries.pop((kind, key), None) is not None


class Codes:
    def __init__(self, region: Region) -> None:
        self._region = region

    async def resolve(self, digits: str) -> tuple[ConferenceId, Role] | None:
        return None

    async def issue(self, conference: ConferenceId) -> tuple[str, str]:
        count = len(self._region.codes)
        return self._region.codes.setdefault(conference, (f"4711{count:04d}", f"8822{count:04d}"))

    async def set_codes(self, conference: ConferenceId, code: str, host_code: str, actor: str = "samband") -> None:
        taken = {one for held, pair in self._region.codes.items() if held != conference for one in pair}
        for field, wanted in (("code", code), ("host_code", host_code)):
            if wanted in taken:
                raise CodeRefused(field, "another open conference has this code")
        self._region.codes[conference] = (code, host_code)

    async def read(self, conference: ConferenceId) -> tuple[str, str] | None:
        return self._region.codes.get(conference)

    async def read_many(self, conferences: Sequence[ConferenceId]) -> Mapping[ConferenceId, tuple[str, str]]:
        return {one: self._region.codes[one] for one in conferences if one in self._region.codes}

    async def withdraw(self, conference: ConferenceId) -> None:
        self._region.codes.pop(conference, None)


class Tokens:
    def __init__(self, region: Region) -> None:
        self._region = region

    async def issue(self, name: str) -> str:
        self._region.valid_tokens[f"{name}-token"] = name
        return f"{name}-token"

    async def who(self, token: str) -> str | None:
        return self._region.valid_tokens.get(token)

    async def revoke(self, name: str) -> bool:
        return self._region.valid_tokens.pop(f"{name}-token", None) is not None


class AuditLog:
    def __init__(self, region: Region) -> None:
        self._region = region

    async def rows(self, after: int = 0, limit: int = 100) -> Sequence[AuditRow]:
        rows = [
            AuditRow(number, line.at_s, line.actor, line.action, line.object, dict(line.detail), "0" * 64, "1" * 64)
            for number, line in enumerate(self._region.audit_lines, 1)
        ]
        return [row for row in rows if row.number > after][:limit]

    async def verify(self) -> int | None:
        return self._region.bad_row

    async def append(self, line: Audit) -> None:
        if self._region.audit_fails:
            raise PortError("database", "the disk is full", retry=False)
        self._region.audit_lines.append(line)


class Archive:
    def __init__(self, region: Region) -> None:
        self._region = region

    async def find(
        self, *, text: str = "", since_s: float | None = None, until_s: float | None = None, limit: int = 100
    ) -> Sequence[ArchivedRecording]:
        found = [
            one
            for one in self._region.recordings.values()
            if text.lower() in one.conference.name.lower()
            and (since_s is None or one.recording.started_at_s >= since_s)
            and (until_s is None or one.recording.started_at_s <= until_s)
        ]
        return found[:limit]

    async def get(self, recording: RecordingId) -> ArchivedRecording | None:
        return self._region.recordings.get(recording)

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]:
        return self._region.notes

    async def conferences(self, limit: int = 100) -> Sequence[Conference]:
        return self._region.past[:limit]

    async def messages(
        self,
        *,
        direction: MessageDirection | None = None,
        conference: ConferenceId | None = None,
        identity: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        found = [
            one
            for one in {**self._region.messages, **self._region.engine.state.messages}.values()
            if direction in (None, one.direction)
            and conference in (None, one.conference)
            and identity in (None, one.sender, one.receiver)
        ]
        return found[:limit]

    async def message(self, message: MessageId) -> Message | None:
        return self._region.messages.get(message)

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Participant]] | None:
        people = [one for held in self._region.recordings.values() for one in held.participants]
        return next(((one, people) for one in self._region.past if one.id == conference), None)

    async def activation_by_key(self, key: str) -> tuple[Activation, Sequence[Target], Sequence[Attempt]] | None:
        return next((one for one in self._region.past_activations if one[0].key == key), None)

    async def activations(self, limit: int = 100) -> Sequence[Activation]:
        return [one[0] for one in self._region.past_activations][:limit]

    async def activation(
        self, activation: ActivationId
    ) -> tuple[Activation, Sequence[Target], Sequence[Attempt]] | None:
        return next((one for one in self._region.past_activations if one[0].id == activation), None)
