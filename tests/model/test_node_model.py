"""Whatever happens, in whatever order, and whatever fails: what must never be, never is.

Random nights of a county against the whole node: people call in and are called out, devices do what they are asked, or
refuse, or do not answer, or lose what it was about; Asterisk comes and goes; the controller dies and is started on what
was stored. After each night all comes to rest, and then nothing is left in the node.
"""

from collections.abc import Callable
from dataclasses import fields

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain.ids import ActivationId, ChannelId, ConferenceId, Gssi, MixId, ParticipantId, PatchId, TargetId
from bridge.domain.ids import TrunkName as Trunk
from bridge.domain.model import (
    FloorMode,
    ParticipantKind,
    ParticipantState,
    PatchState,
    Role,
    TrunkPolicy,
)
from bridge.domain.node import EntryPhase
from bridge.domain.policy import Policy
from tests.harness.promises import broken
from tests.harness.story import GROUP, SPARE, TERMINAL
from tests.model.county import Outcome
from tests.model.night import Night

NUMBERS = [f"+468465004{index:02d}" for index in range(8)]
CAUSES = st.sampled_from([0, 1, 16, 17, 18, 19, 21, 34, 38, 127])
KEYS = st.sampled_from(["*6", "*5", "**", "*1", "*2", "*3", "*7", "*8", "*9", "*#", "*#*#", "*0", "5", "#", "*"])
ROOMS = [ConferenceId(f"cnf-{index:026d}") for index in range(2)]
SLOW, FULL = Trunk("slow"), Trunk("full")
POLICY = Policy(
    trunks=(
        TrunkPolicy(name=SLOW, calls_per_s=2, channels=3),
        TrunkPolicy(name=FULL, calls_per_s=0, channels=1, prefixes=("+4684650040",)),
    )
)
SECRET = "90817263"
"""Every code begins with it, so that it is found wherever it leaks to."""
FAILURES = [Outcome.REFUSED, Outcome.NO_ANSWER, Outcome.DONE_WITHOUT_ANSWER, Outcome.GONE]
MOST_RESTARTS = 2
PATCHES = {GROUP: PatchId(f"pat-{1:026d}"), Gssi(2002): PatchId(f"pat-{2:026d}")}


class ACountyNight(Night, RuleBasedStateMachine):
    """Callers, call-outs and talkgroups in two conferences, with everything arriving when it likes."""

    @initialize()
    def evening(self) -> None:
        self.begin(POLICY, (TERMINAL, SPARE))
        self.activations = 0
        self.patched = 0
        self.restarted = 0
        self.sending: dict[PatchId, bool] = {}
        self.is_broken = False
        for room in ROOMS:
            self._open(room)

    def _open(self, room: ConferenceId) -> None:
        self.story.opens(recorded=True, conference=room, mix=MixId(room.replace("cnf", "mix")))
        index = ROOMS.index(room)
        self.county.codes[f"{SECRET}{index}1"] = (room, Role.PARTICIPANT)
        self.county.codes[f"{SECRET}{index}2"] = (room, Role.HOST)

    def look_at(self, effect: do.Effect) -> None:
        if isinstance(effect, do.HoldVoice):
            self.sending[effect.patch] = False
        elif isinstance(effect, do.SendVoice):
            self.sending[effect.patch] = True

    # --- what devices do ---

    @rule()
    def all_is_done_and_heard(self) -> None:
        self.settle()

    @precondition(lambda self: self.county.waiting())
    @rule(data=st.data(), outcome=st.sampled_from([Outcome.DONE, *FAILURES]))
    def a_device_answers(self, data: st.DataObject, outcome: Outcome) -> None:
        self.work(data.draw(st.sampled_from(self.county.waiting())), outcome)

    @precondition(lambda self: self.county.waiting())
    @rule(outcome=st.sampled_from(FAILURES))
    def every_device_fails(self, outcome: Outcome) -> None:
        for lane in self.county.waiting():
            self.work(lane, outcome)

    @precondition(lambda self: any(self.county.news.values()))
    @rule(data=st.data())
    def news_comes(self, data: st.DataObject) -> None:
        sources = [source for source, queue in self.county.news.items() if queue]
        self.happens(self.county.hear(data.draw(st.sampled_from(sources))))

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 31.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.passes(seconds)

    # --- Asterisk and the controller come and go ---

    @precondition(lambda self: self.county.connected)
    @rule(dies=st.booleans())
    def asterisk_goes(self, dies: bool) -> None:
        self.loses_asterisk(dies=dies)

    @precondition(lambda self: not self.county.connected)
    @rule(strange=st.booleans())
    def asterisk_is_back(self, strange: bool) -> None:
        if strange:
            self.county.mixes.add(MixId("mix-nobodys"))
            self.county.caller_comes(ChannelId("leg-nobodys"), "", SLOW, rescued=False)
        self.connects()

    @precondition(lambda self: self.restarted < MOST_RESTARTS)
    @rule(asterisk_too=st.booleans())
    def the_controller_dies(self, asterisk_too: bool) -> None:
        self.restarted += 1
        self.sending.clear()
        if asterisk_too:
            self.county.asterisk_dies()
        self.restarts()

    # --- people ---

    @rule(room=st.sampled_from(ROOMS), host=st.booleans(), caller=st.sampled_from(["", *NUMBERS]))
    def somebody_joins(self, room: ConferenceId, host: bool, caller: str) -> None:
        if self.county.connected:
            channel = self.calls(caller)
            self.settle()
            self.keys_code(channel, f"{SECRET}{ROOMS.index(room)}{2 if host else 1}#")
            self.settle()

    @rule(caller=st.sampled_from(["", *NUMBERS]), rescued=st.booleans())
    def somebody_calls(self, caller: str, rescued: bool) -> None:
        if self.county.connected:
            self.calls(caller, rescued=rescued)

    @rule(data=st.data(), code=st.sampled_from([f"{SECRET}01#", f"{SECRET}12#", f"{SECRET}99#", "12#", "*"]))
    def a_caller_keys_a_code(self, data: st.DataObject, code: str) -> None:
        asked = [one.channel for one in self.story.node.entries.values() if one.phase is EntryPhase.ASKING]
        if asked and self.county.connected:
            self.keys_code(data.draw(st.sampled_from(asked)), code)

    def _line(self, data: st.DataObject, wanted: Callable[[ChannelId], bool] = lambda _: True) -> ChannelId | None:
        lines = [one for one in self.county.lines if wanted(one)] if self.county.connected else []
        return data.draw(st.sampled_from(lines)) if lines else None

    @rule(data=st.data(), keys=KEYS)
    def somebody_keys(self, data: st.DataObject, keys: str) -> None:
        line = self._line(data, lambda one: one in self.story.node.seats)
        if line is not None:
            for key in keys:
                self.happens(e.DigitPressed(0.0, line, key))

    @rule(data=st.data(), talks=st.booleans())
    def somebody_talks(self, data: st.DataObject, talks: bool) -> None:
        line = self._line(data, lambda one: one in self.story.node.seats)
        if line is not None:
            self.happens((e.TalkingStarted if talks else e.TalkingStopped)(0.0, line))

    @rule(data=st.data(), cause=CAUSES)
    def a_line_ends(self, data: st.DataObject, cause: int) -> None:
        line = data.draw(st.sampled_from(sorted(self.county.lines))) if self.county.lines else None
        if line is not None:
            self.county.line_ends(line, cause)

    # --- what is asked for ---

    def _room(self, data: st.DataObject) -> ConferenceId:
        return data.draw(st.sampled_from([*ROOMS, *self.story.node.conferences]))

    @rule(data=st.data(), mode=st.sampled_from(list(FloorMode)))
    def the_mode_is_changed(self, data: st.DataObject, mode: FloorMode) -> None:
        self.asks(c.SetFloorMode(self._room(data), mode))

    @rule(data=st.data(), on=st.booleans())
    def recording_is_switched(self, data: st.DataObject, on: bool) -> None:
        self.asks(c.SetRecording(self._room(data), on))

    @rule(data=st.data(), locked=st.booleans())
    def the_door_is_locked(self, data: st.DataObject, locked: bool) -> None:
        self.asks(c.LockConference(self._room(data), locked))

    @rule(data=st.data(), wanted=st.sampled_from(["remove", "mute", "word", "give"]))
    def something_is_done_to_somebody(self, data: st.DataObject, wanted: str) -> None:
        people = list(self.story.node.participants.values())
        if not people:
            return
        one = data.draw(st.sampled_from(people))
        commands: dict[str, c.Command] = {
            "remove": c.RemoveParticipant(one.conference, one.id),
            "mute": c.SetMuted(one.conference, one.id, not one.muted),
            "word": c.RequestFloor(one.conference, one.id),
            "give": c.GiveFloor(one.conference, one.id),
        }
        self.asks(commands[wanted])

    @rule(data=st.data())
    def a_conference_is_ended(self, data: st.DataObject) -> None:
        self.asks(c.EndConference(self._room(data)))

    @rule(room=st.sampled_from(ROOMS))
    def a_conference_is_opened_again(self, room: ConferenceId) -> None:
        if room not in self.story.node.conferences and not self._is_on_its_way(do.WithdrawCodes, room):
            self._open(room)
            self.orders()

    @precondition(lambda self: self.activations < 4)
    @rule(
        data=st.data(),
        rows=st.lists(st.lists(st.sampled_from(NUMBERS), min_size=0, max_size=3, unique=True), min_size=1, max_size=4),
    )
    def a_list_is_called_out(self, data: st.DataObject, rows: list[list[str]]) -> None:
        self.activations += 1
        name = self.activations
        targets = tuple(
            c.NewTarget(TargetId(f"tgt-{name}-{index}"), "TiB", "K", tuple(row)) for index, row in enumerate(rows)
        )
        room = self._room(data)
        self.asks(c.StartActivation(ActivationId(f"act-{name}"), f"k{name}", room, f"L{name}", targets))

    @precondition(lambda self: self.story.node.activations)
    @rule(data=st.data())
    def a_call_out_is_cancelled(self, data: st.DataObject) -> None:
        self.asks(c.CancelActivation(data.draw(st.sampled_from(list(self.story.node.activations)))))

    @rule(data=st.data(), what=st.sampled_from(["ring", "answer", "1", "2", "3"]))
    def a_call_moves_on(self, data: st.DataObject, what: str) -> None:
        line = self._line(data, lambda one: self.county.lines[one].called)
        if line is None:
            return
        if what == "ring":
            self.county.called_one_rings(line)
        elif what == "answer":
            self.county.called_one_answers(line)
        elif self.county.lines[line].answered:
            self.happens(e.DigitPressed(0.0, line, what))

    # --- radio ---

    @rule(data=st.data(), group=st.sampled_from(list(PATCHES)), terminal=st.sampled_from([TERMINAL, SPARE]))
    def a_talkgroup_is_patched(self, data: st.DataObject, group: Gssi, terminal: object) -> None:
        self.patched += 1
        patch = PatchId(f"{PATCHES[group][:20]}{self.patched:010d}")
        voice = ParticipantId(f"prt-radio{self.patched}")
        name = TERMINAL if terminal == TERMINAL else SPARE
        self.asks(c.AddPatch(self._room(data), patch, voice, name, group, "Ledning"))

    @precondition(lambda self: self.story.node.patches)
    @rule(data=st.data(), at_once=st.booleans())
    def a_patch_is_removed(self, data: st.DataObject, at_once: bool) -> None:
        patch = self.story.node.patches[data.draw(st.sampled_from(list(self.story.node.patches)))]
        self.asks(c.RemovePatch(patch.conference, patch.id, at_once))

    @rule(terminal=st.sampled_from([TERMINAL, SPARE]), state=st.sampled_from(list(e.TerminalState)))
    def the_terminal_changes(self, terminal: object, state: e.TerminalState) -> None:
        name = TERMINAL if terminal == TERMINAL else SPARE
        self.county.terminal_is(name, state, self.county.terminals[name][1])

    @rule(
        data=st.data(),
        kind=st.sampled_from([e.SpeechBegan, e.SpeechDrained, e.TransmissionCut, e.SaidOnAir, e.PathUp, e.PathDown]),
    )
    def the_path_says(self, data: st.DataObject, kind: type[e.Event]) -> None:
        if self.county.paths:
            patch = data.draw(st.sampled_from(sorted(self.county.paths)))
            more = ("broken",) if kind is e.PathDown else ()
            self.happens(kind(0.0, patch, *more))  # type: ignore[arg-type]

    @rule(
        terminal=st.sampled_from([TERMINAL, SPARE]),
        kind=st.sampled_from([e.TransmitGranted, e.TransmitQueued, e.RadioTalkStopped, e.RadioTalkStarted]),
    )
    def the_radio_says(self, terminal: object, kind: type[e.Event]) -> None:
        more = (GROUP, None) if kind is e.RadioTalkStarted else ()
        self.happens(kind(0.0, terminal, *more))  # type: ignore[arg-type]

    @rule(terminal=st.sampled_from([TERMINAL, SPARE]), kind=st.sampled_from(["lost", "ended", "refused", "no"]))
    def the_network_takes_the_channel(self, terminal: object, kind: str) -> None:
        name = TERMINAL if terminal == TERMINAL else SPARE
        if kind in ("lost", "ended"):
            self.happens(e.TransmitEnded(0.0, name, kind == "lost", "x"))
        else:
            self.happens(e.TransmitRefused(0.0, name, "busy", kind == "refused"))

    # --- what must never be ---

    def _is_on_its_way(self, kind: type[do.DeviceEffect], subject: str) -> bool:
        """With a device, or its answer is to be heard; the end of a line answers every order about it."""
        if any(isinstance(one, kind) and do.subject_of(one) == subject for one in self.county.ordered()):
            return True
        answers = {
            do.LookUpCode: e.CodeResolved,
            do.StartRecording: e.RecordingStarted | e.RecordingEnded,
            do.StopRecording: e.RecordingEnded,
            do.ArchiveRecording: e.RecordingArchived,
            do.JoinMix: e.MixJoined,
        }
        for event in (one for queue in self.county.news.values() for one in queue):
            if isinstance(event, e.LegEnded) and event.channel == subject:
                return True
            about = getattr(event, "channel", None) or getattr(event, "recording", None)
            if about == subject and kind in answers and isinstance(event, answers[kind]):
                return True
        return False

    @invariant()
    def every_promise_is_kept(self) -> None:
        self.is_broken = True
        found = broken(self.story.node, self.story.timers, self._is_on_its_way)
        assert not found, found
        self._nobody_on_a_line_is_unknown()
        self._no_number_rings_twice()
        self._the_air_is_ours_only_when_granted()
        assert SECRET not in repr((self.story.audited, self.story.notes))
        self.is_broken = False

    def _nobody_on_a_line_is_unknown(self) -> None:
        node = self.story.node
        if not (self.county.connected and node.telephony_up):
            return
        arriving = {one.channel for one in self.county.news["asterisk"] if isinstance(one, e.CallArrived)}
        for channel in self.county.lines:
            is_known = channel in node.entries or channel in node.asks or channel in node.seats
            is_leaving = f"HangUpLeg {channel}" in node.again or self._is_on_its_way(do.HangUpLeg, channel)
            assert is_known or channel in node.attempts or channel in arriving or is_leaving, channel

    def _no_number_rings_twice(self) -> None:
        """In Asterisk itself, but for a call that is being hung up."""
        ringing: dict[str, list[ChannelId]] = {}
        for line in self.county.lines.values():
            is_leaving = f"HangUpLeg {line.channel}" in self.story.node.again
            if line.called and not is_leaving and not self._is_on_its_way(do.HangUpLeg, line.channel):
                ringing.setdefault(line.number, []).append(line.channel)
                assert self.county.dialled[line.channel] == 1
        if self.story.node.telephony_up and self.county.connected:
            assert all(len(lines) == 1 for lines in ringing.values()), ringing

    def _the_air_is_ours_only_when_granted(self) -> None:
        for patch in self.story.node.patches.values():
            sends = patch.state is PatchState.TRANSMITTING
            assert self.sending.get(patch.id, False) is sends
            if sends:
                assert patch.transmission_began_at_s is not None
                assert self.story.now_s - patch.transmission_began_at_s <= 60.0
            if patch.state in (PatchState.DEMANDING, PatchState.QUEUED):
                assert e.TimerKey(e.TimerKind.RADIO_GRANT, patch.id) in self.story.timers

    @invariant()
    def one_is_heard_unless_the_floor_is_open(self) -> None:
        for conference in self.story.node.conferences.values():
            if conference.floor.mode is FloorMode.OPEN:
                continue
            people = [one for one in self.story.node.participants.values() if one.conference == conference.id]
            in_it = [one for one in people if one.state is ParticipantState.PRESENT]
            heard = [
                one
                for one in in_it
                if (self.story.node.heard.get(one.channel, False) if one.channel else False)
                or (self.story.node.radio_heard.get(one.patch, False) if one.patch else False)
            ]
            assert len(heard) <= 1
            assert all(one.kind is ParticipantKind.PHONE or one.patch for one in in_it)

    # --- and then all comes to rest ---

    def teardown(self) -> None:
        if not hasattr(self, "story") or self.is_broken:
            return
        if not self.county.connected:
            self.connects()
        self.settle()
        for seconds in [*[5.0] * 12, *[61.0] * 8, *[1000.0] * 2]:
            self._everybody_hangs_up()
            for conference in list(self.story.node.conferences):
                self.asks(c.EndConference(conference))
            self.settle()
            self.passes(seconds)
            self.every_promise_is_kept()
        self._everybody_hangs_up()
        self._nothing_is_left()

    def _everybody_hangs_up(self) -> None:
        self.settle()
        for line in list(self.county.lines):
            self.county.line_ends(line, 16)
        self.settle()

    def _nothing_is_left(self) -> None:
        node = self.story.node
        stays = {"policy", "terminals", "telephony_up", "telephony_reason", "trunks", "wrong_codes", "on_call"}
        names = [one.name for one in fields(node) if one.name not in {*stays, "emergency_told_at_s"}]
        left = {name: dict(getattr(node, name)) for name in names if getattr(node, name)}
        assert not left, left
        assert not any(use.busy for use in node.trunks.values())
        assert not self.story.timers, self.story.timers
        assert not self.county.lines, self.county.lines
        assert not self.county.mixes, self.county.mixes
        assert not self.county.recordings, self.county.recordings


ACountyNight.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestACountyNight = ACountyNight.TestCase
