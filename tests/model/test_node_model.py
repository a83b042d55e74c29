"""Whatever happens, in whatever order, and whatever fails: what must never be, never is.

Random nights of a county against the whole node. People call in and are called out. Devices do what they are asked, or
refuse, or do not answer, or lose what it was about. Asterisk comes and goes. The controller dies and is started on what
was stored. After each night all comes to rest, and then nothing is left in the node.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.domain.alarms.records import ALARMS
from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation, SteerTarget, TargetAct
from bridge.domain.callout.passing import QUESTIONS, TRUNKS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS, TALLY, TARGETS, AnswerLevel, Goal
from bridge.domain.conference import legs
from bridge.domain.conference.commands import (
    EndConference,
    GiveFloor,
    LockConference,
    MuteAll,
    RemoveParticipant,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    SetRole,
    UndoMuteAll,
)
from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.passing import ENTRIES, HEARD, SEATS, EntryPhase
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    LEGS,
    PARTICIPANTS,
    ConferenceState,
    EntrySound,
    FloorMode,
    Holder,
    LegKind,
    OffRecord,
    RecordingState,
    RequestKind,
    Role,
    RoomKind,
    SeatState,
    Secrecy,
)
from bridge.domain.conference.records import ROOMS as SIDE_BY_SIDE
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.decisions.commands import AnswerDecision, BeginDecision, CancelDecision, EndDecision
from bridge.domain.decisions.records import DECISIONS
from bridge.domain.guessing.records import FAMILIAR_LINES, GUESSES
from bridge.domain.kernel.again import AGAIN
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect, Effect
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    DecisionId,
    Gssi,
    Issi,
    MessageId,
    MixId,
    OccurrenceId,
    ParticipantId,
    PatchId,
    RollCallId,
    ScheduleId,
    TargetId,
    TerminalName,
)
from bridge.domain.kernel.ids import TrunkName as Trunk
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.kernel.week import Weekday
from bridge.domain.meetingtime.commands import ExtendMeeting, SetEnd
from bridge.domain.radio.commands import AddPatch, RemovePatch
from bridge.domain.radio.effects import HoldVoice, SendVoice
from bridge.domain.radio.events import (
    PathDown,
    PathUp,
    RadioTalkStarted,
    RadioTalkStopped,
    SaidOnAir,
    SpeechBegan,
    SpeechDrained,
    TerminalState,
    TransmissionCut,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.passing import RADIO_HEARD
from bridge.domain.radio.records import PATCHES, TERMINALS, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.recording.records import RECORDINGS, RecordingKind
from bridge.domain.rollcall.commands import EndRollCall, StartRollCall, TickRollCall
from bridge.domain.rollcall.records import ROLL_ENTRIES
from bridge.domain.schedule import calendar
from bridge.domain.schedule.commands import AddSchedule, RemoveSchedule, SkipDate, StartScheduled
from bridge.domain.schedule.events import ClockSet
from bridge.domain.schedule.records import SCHEDULES, Rule, Schedule
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.events import (
    SdsDelivery,
    SdsProgress,
    SdsReceived,
    SdsReported,
    SdsStage,
    SdsUnreadable,
    StatusReceived,
)
from bridge.domain.shortdata.passing import EMERGENCY_TOLD_AT_S, ON_CALL
from bridge.domain.shortdata.records import MESSAGES, MessageState
from bridge.domain.siderooms.commands import CloseSideRoom, Consult, OpenSideRoom, RecallAll, SendToRoom
from bridge.domain.speaking.commands import SetSpeakingList, SetTurnLimit
from bridge.domain.speaking.records import SpeakingItem, TurnEnds
from bridge.domain.telephony.effects import HangUpLeg, JoinMix, LeaveMix, SetHeard, Whisper
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    LegEnded,
    LegHeld,
    LegResumed,
    MixJoined,
    MixLeft,
    TalkingStarted,
    TalkingStopped,
)
from bridge.domain.telephony.hours import Hours, NumberUse
from bridge.domain.telephony.state import TELEPHONY
from bridge.domain.waiting.commands import LetIn, Message, SetDoor, SpeakToWaiting, TellWaiting
from tests.harness.promises import broken
from tests.harness.reasons import because
from tests.harness.story import GROUP, SPARE, TERMINAL
from tests.model.county import ROLL, Outcome
from tests.model.night import Night

NUMBERS = [f"+468465004{index:02d}" for index in range(8)]
HOURS = st.sampled_from(
    [
        Hours((), "00:00", "12:00"),
        Hours((), "12:00", "00:00"),
        Hours((Weekday.SU,), "03:00", "03:01"),
        Hours((), "02:00", "02:05"),
    ]
)
CAUSES = st.sampled_from([0, 1, 16, 17, 18, 19, 21, 34, 38, 127])
KEYS = st.sampled_from(
    [
        "*6",
        "*5",
        "**",
        "*1",
        "*2",
        "*3",
        "#3",
        "*4",
        "*7",
        "*8",
        "*9",
        "*#",
        "*#*#",
        "*0",
        "5",
        "#",
        "*",
        "##",
        "#0",
        "#9",
        "#8",
        "#81",
        "#82",
        "#899",
        "#70",
        "#71",
        "#1",
        "#2",
        "#4",
        "#5",
        "#6",
        "#*",
        "0",
        "1",
        "2",
        "3",
    ]
)
ASKED_FOR = [None, RequestKind.URGENT, RequestKind.REPLY, RequestKind.ORDINARY]
ROOMS = [ConferenceId(f"cnf-{index:026d}") for index in range(2)]
SLOW, FULL = Trunk("slow"), Trunk("full")
POLICY = Policy(
    CalloutPolicy(
        operator_number="+46846500499",
        trunks=(
            TrunkPolicy(name=SLOW, calls_per_s=2, channels=3),
            TrunkPolicy(name=FULL, calls_per_s=0, channels=1, prefixes=("+4684650040",)),
        ),
    ),
    ConferencePolicy(encrypted_trunks=frozenset({SLOW})),
)
SECRET = "90817263"
"""Every code begins with it, so that it is found wherever it leaks to."""
FAILURES = [Outcome.REFUSED, Outcome.NO_ANSWER, Outcome.DONE_WITHOUT_ANSWER, Outcome.GONE]
MOST_RESTARTS = 2
FIELD = Issi(1_002_001)
FIRST_PATCHES = {GROUP: PatchId(f"pat-{1:026d}"), Gssi(2002): PatchId(f"pat-{2:026d}")}


class ACountyNight(Night, RuleBasedStateMachine):
    """Callers, call-outs and talkgroups in two conferences, with everything arriving when it likes."""

    @initialize()
    def evening(self) -> None:
        self.begin(POLICY, (TERMINAL, SPARE))
        self.activations = 0
        self.patched = 0
        self.texts = 0
        self.side_rooms = 0
        self.restarted = 0
        self.sending: dict[PatchId, bool] = {}
        self.is_broken = False
        self.gone: set[ChannelId] = set()
        self.said_to_gone: list[Effect] = []
        for room in ROOMS:
            self._open(room)

    def _open(self, room: ConferenceId, secrecy: Secrecy = Secrecy.OPEN) -> None:
        mix = MixId(room.replace("cnf", "mix"))
        self.story.opens(recorded=True, conference=room, mix=mix, forum="forum", secrecy=secrecy)
        index = ROOMS.index(room)
        for number, one in enumerate(ROLL.expected, 3):
            self.county.codes[f"{SECRET}{index}{number}"] = (room, Role.PARTICIPANT)
            self.county.holders[f"{SECRET}{index}{number}"] = Holder(one.function, one.organisation)
        self.county.codes[f"{SECRET}{index}1"] = (room, Role.PARTICIPANT)
        self.county.codes[f"{SECRET}{index}2"] = (room, Role.HOST)

    def look_at(self, effect: Effect) -> None:
        if isinstance(effect, HoldVoice):
            self.sending[effect.patch] = False
        elif isinstance(effect, SendVoice):
            self.sending[effect.patch] = True
        elif isinstance(effect, Whisper | SetHeard | JoinMix) and effect.channel in self.gone:
            self.said_to_gone.append(effect)

    # --- what devices do ---

    @rule()
    def all_is_done_and_heard(self) -> None:
        self.settle()
        self._who_is_heard_on_the_record_is_in_a_track_and_nobody_else()

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

    @rule(room=st.sampled_from(ROOMS), which=st.integers(1, 4), caller=st.sampled_from(["", *NUMBERS]))
    def somebody_joins(self, room: ConferenceId, which: int, caller: str) -> None:
        """With the conference's code, the host's, or the personal code of a function: it may have a seat already."""
        if self.county.connected:
            channel = self.calls(caller)
            self.settle()
            self.keys_code(channel, f"{SECRET}{ROOMS.index(room)}{which}#")
            self.settle()

    @rule(caller=st.sampled_from(["", *NUMBERS]), rescued=st.booleans())
    def somebody_calls(self, caller: str, rescued: bool) -> None:
        if self.county.connected:
            self.calls(caller, rescued=rescued)

    @rule(numbers=st.lists(st.sampled_from(["", *NUMBERS]), min_size=2, max_size=3))
    def those_in_the_emergency_room_are_fetched(self, numbers: list[str]) -> None:
        if self.county.connected:
            for number in numbers:
                self.calls(number, rescued=True)
            self.settle()

    @rule(data=st.data(), to_the_door=st.booleans())
    def one_of_them_goes_to_the_door_or_all_are_let_in(self, data: st.DataObject, to_the_door: bool) -> None:
        together = [one for one in self.story.node[PARTICIPANTS].values() if one.is_kept_together]
        waiting = [one for one in together if one.bound_for is not None]
        if to_the_door and together:
            line = legs.channel_of(self.story.node, data.draw(st.sampled_from(together)))
            if line is not None and line in self.county.lines and self.county.connected:
                for key in "#78":
                    self.happens(DigitPressed(0.0, line, key))
        elif waiting:
            one = data.draw(st.sampled_from(waiting))
            self.asks(LetIn(one.bound_for or one.conference, one.id))

    @rule(
        data=st.data(),
        code=st.sampled_from([f"{SECRET}01#", f"{SECRET}12#", f"{SECRET}03#", f"{SECRET}99#", "12#", "*"]),
    )
    def a_caller_keys_a_code(self, data: st.DataObject, code: str) -> None:
        asked = [one.channel for one in self.story.node[ENTRIES].values() if one.phase is EntryPhase.ASKING]
        if asked and self.county.connected:
            self.keys_code(data.draw(st.sampled_from(asked)), code)

    def _line(self, data: st.DataObject, wanted: Callable[[ChannelId], bool] = lambda _: True) -> ChannelId | None:
        lines = [one for one in self.county.lines if wanted(one)] if self.county.connected else []
        return data.draw(st.sampled_from(lines)) if lines else None

    @rule(data=st.data(), keys=KEYS)
    def somebody_keys(self, data: st.DataObject, keys: str) -> None:
        line = self._line(data, lambda one: one in self.story.node[SEATS])
        if line is not None:
            for key in keys:
                self.happens(DigitPressed(0.0, line, key))

    @rule(data=st.data(), talks=st.booleans())
    def somebody_talks(self, data: st.DataObject, talks: bool) -> None:
        line = self._line(data, lambda one: one in self.story.node[SEATS])
        if line is not None:
            self.happens((TalkingStarted if talks else TalkingStopped)(0.0, line))

    @rule(data=st.data(), held=st.booleans())
    def a_telephone_puts_the_meeting_on_hold(self, data: st.DataObject, held: bool) -> None:
        line = self._line(data, lambda one: one in self.story.node[SEATS])
        if line is not None:
            self.happens((LegHeld if held else LegResumed)(0.0, line))

    @rule(data=st.data(), cause=CAUSES)
    def a_line_ends(self, data: st.DataObject, cause: int) -> None:
        line = data.draw(st.sampled_from(sorted(self.county.lines))) if self.county.lines else None
        if line is not None:
            self.county.line_ends(line, cause)

    @precondition(lambda self: self.county.connected and any(line.mix for line in self.county.lines.values()))
    @rule(data=st.data(), is_heard=st.booleans())
    def somebody_falls_out_of_the_mix(self, data: st.DataObject, is_heard: bool) -> None:
        inside = [one.channel for one in self.county.lines.values() if one.mix is not None]
        self.county.falls_out(data.draw(st.sampled_from(inside)))
        if is_heard:
            self.settle()

    # --- what is asked for ---

    def _room(self, data: st.DataObject) -> ConferenceId:
        return data.draw(st.sampled_from([*ROOMS, *self.story.node[CONFERENCES]]))

    @rule(data=st.data(), mode=st.sampled_from(list(FloorMode)))
    def the_mode_is_changed(self, data: st.DataObject, mode: FloorMode) -> None:
        self.asks(SetFloorMode(self._room(data), mode))

    @rule(data=st.data(), by_organisation=st.booleans())
    def the_speakers_are_listed(self, data: st.DataObject, by_organisation: bool) -> None:
        room = self._room(data)
        people = [one for one in self.story.node[PARTICIPANTS].values() if one.conference == room]
        named = data.draw(st.lists(st.sampled_from(people), max_size=3)) if people else []
        items = [
            SpeakingItem(organisation=one.organisation, minutes=1.0)
            if by_organisation and one.organisation
            else SpeakingItem(participant=one.id)
            for one in named
        ]
        self.asks(SetSpeakingList(room, tuple(items)))

    @rule(data=st.data(), turn_s=st.sampled_from([None, 0.0, 20.0, 60.0]), ends=st.sampled_from(TurnEnds))
    def turns_are_limited(self, data: st.DataObject, turn_s: float | None, ends: TurnEnds) -> None:
        self.asks(SetTurnLimit(self._room(data), turn_s, ends))

    @rule(data=st.data(), undone=st.booleans())
    def everybody_is_muted(self, data: st.DataObject, undone: bool) -> None:
        self.asks((UndoMuteAll if undone else MuteAll)(self._room(data)))

    @rule(data=st.data(), on=st.booleans())
    def recording_is_switched(self, data: st.DataObject, on: bool) -> None:
        self.asks(SetRecording(self._room(data), on))

    @rule(data=st.data(), off=st.booleans())
    def the_meeting_goes_off_the_record(self, data: st.DataObject, off: bool) -> None:
        self.asks(SetOffRecord(self._room(data), off))

    @rule(data=st.data(), locked=st.booleans())
    def the_door_is_locked(self, data: st.DataObject, locked: bool) -> None:
        self.asks(LockConference(self._room(data), locked))

    @rule(
        data=st.data(),
        waiting_room=st.none() | st.booleans(),
        joins_muted=st.none() | st.booleans(),
        sound=st.none() | st.sampled_from(list(EntrySound)),
        asks_name=st.none() | st.booleans(),
    )
    def the_rules_of_the_door_change(
        self,
        data: st.DataObject,
        waiting_room: bool | None,
        joins_muted: bool | None,
        sound: EntrySound | None,
        asks_name: bool | None,
    ) -> None:
        self.asks(SetDoor(self._room(data), waiting_room, joins_muted, sound, asks_name))

    @precondition(lambda self: self.county.names)
    @rule(data=st.data())
    def somebody_has_said_their_name(self, data: st.DataObject) -> None:
        self.county.name_ends(data.draw(st.sampled_from(sorted(self.county.names))))

    @rule(data=st.data(), is_begun=st.booleans())
    def a_host_speaks_to_those_who_wait(self, data: st.DataObject, is_begun: bool) -> None:
        room = self._room(data)
        hosts = [one.id for one in self.story.node[PARTICIPANTS].values() if one.leads and one.conference == room]
        who = data.draw(st.sampled_from(sorted(hosts))) if is_begun and hosts else None
        self.asks(SpeakToWaiting(room, who))

    @rule(data=st.data(), message=st.none() | st.sampled_from(list(Message)))
    def those_who_wait_are_let_in_or_spoken_to(self, data: st.DataObject, message: Message | None) -> None:
        room = self._room(data)
        self.asks(LetIn(room) if message is None else TellWaiting(room, message))

    @rule(data=st.data(), wanted=st.sampled_from(["remove", "mute", "word", "give", "role", "let in"]))
    def something_is_done_to_somebody(self, data: st.DataObject, wanted: str) -> None:
        people = list(self.story.node[PARTICIPANTS].values())
        if not people:
            return
        one = data.draw(st.sampled_from(people))
        commands: dict[str, Command] = {
            "remove": RemoveParticipant(one.conference, one.id),
            "mute": SetMuted(one.conference, one.id, not one.muted),
            "word": RequestFloor(one.conference, one.id, kind=data.draw(st.sampled_from(ASKED_FOR))),
            "give": GiveFloor(one.conference, one.id),
            "let in": LetIn(one.conference, one.id),
            "role": SetRole(one.conference, one.id, data.draw(st.sampled_from(list(Role)))),
        }
        self.asks(commands[wanted])

    @rule(data=st.data(), what=st.sampled_from(["open", "send", "consult", "recall", "close"]))
    def people_go_to_side_rooms(self, data: st.DataObject, what: str) -> None:
        conference = self._room(data)
        if conference not in self.story.node[CONFERENCES]:
            return
        people = [one.id for one in self.story.node[PARTICIPANTS].values() if one.conference == conference]
        rooms = [one.id for one in self.story.node[SIDE_BY_SIDE].values() if one.conference == conference]
        some = st.lists(st.sampled_from(people), min_size=1, max_size=2, unique=True) if people else st.just([])
        room = data.draw(st.sampled_from(rooms)) if rooms else MixId("mix-none")
        self.side_rooms += 1
        fresh = MixId(f"mix-side{self.side_rooms:022d}")
        commands: dict[str, Command] = {
            "open": OpenSideRoom(conference, fresh, "Media", data.draw(st.booleans())),
            "send": SendToRoom(conference, room, tuple(data.draw(some))),
            "consult": Consult(conference, fresh, tuple(data.draw(some))),
            "recall": RecallAll(conference, data.draw(st.sampled_from([None, 0.0]))),
            "close": CloseSideRoom(conference, room),
        }
        self.asks(commands[what])

    @rule(data=st.data(), wanted=st.sampled_from(["start", "tick", "end"]), present=st.booleans())
    def a_roll_is_called(self, data: st.DataObject, wanted: str, present: bool) -> None:
        room, entries = self._room(data), list(self.story.node[ROLL_ENTRIES])
        if wanted == "start":
            self.asks(StartRollCall(RollCallId(self.story.mint("roll_call")), room, ROLL))
        elif wanted == "end":
            self.asks(EndRollCall(room))
        elif entries:
            self.asks(TickRollCall(room, data.draw(st.sampled_from(entries)), present))

    @rule(
        data=st.data(),
        wanted=st.sampled_from(["add", "start", "skip", "remove", "clock"]),
        in_min=st.integers(0, 20),
        rings=st.booleans(),
        invites=st.booleans(),
    )
    def a_meeting_is_scheduled(self, data: st.DataObject, wanted: str, in_min: int, rings: bool, invites: bool) -> None:
        known, now_s = sorted(self.story.node[SCHEDULES]), self.story.now_s
        if wanted == "add" and len(known) < 3:
            when = datetime.fromtimestamp(now_s + 60.0 * in_min, UTC)
            rule = Rule(when.strftime("%Y-%m-%d"), when.strftime("%H:%M"), tuple(Weekday), zone="UTC")
            key = ScheduleId(self.story.mint("schedule"))
            new = Schedule(key, "", 0.0, "Möte", rule, "forum", rings=rings, invites=invites, open_before_s=60.0)
            self.asks(AddSchedule(new))
        elif wanted == "clock":
            self.happens(ClockSet(now_s, data.draw(st.sampled_from([0.0, 3600.0, -600.0]))))
        elif known:
            one = data.draw(st.sampled_from(known))
            extra, conference, mix = (self.story.mint(kind) for kind in ("occurrence", "conference", "mix"))
            commands: dict[str, Command] = {
                "start": StartScheduled(one, OccurrenceId(extra), ConferenceId(conference), MixId(mix)),
                "skip": SkipDate(one, calendar.local_date(self.story.node[SCHEDULES][one].rule, now_s + 86_400.0)),
            }
            self.asks(commands.get(wanted, RemoveSchedule(one)))

    @rule(data=st.data(), wanted=st.sampled_from(["begin", "end", "cancel", "answer"]), reserved=st.booleans())
    def a_decision_is_made(self, data: st.DataObject, wanted: str, reserved: bool) -> None:
        room, made = self._room(data), list(self.story.node[DECISIONS])
        if wanted == "begin":
            self.asks(BeginDecision(room, DecisionId(self.story.mint("decision"))))
        elif made:
            one = data.draw(st.sampled_from(made))
            commands: dict[str, Command] = {
                "end": EndDecision(room, one),
                "cancel": CancelDecision(room, one),
                "answer": AnswerDecision(room, one, "K", reserved),
            }
            self.asks(commands[wanted])

    @rule(data=st.data())
    def a_conference_is_ended(self, data: st.DataObject) -> None:
        self.asks(EndConference(self._room(data)))

    @rule(data=st.data(), in_s=st.sampled_from([None, 30.0, 125.0, 700.0]))
    def a_conference_is_meant_to_end(self, data: st.DataObject, in_s: float | None) -> None:
        ends_at_s = self.story.now_s + in_s if in_s is not None else None
        self.asks(SetEnd(self._room(data), ends_at_s))

    @rule(data=st.data())
    def a_conference_gets_more_time(self, data: st.DataObject) -> None:
        self.asks(ExtendMeeting(self._room(data), 60.0))

    @rule(room=st.sampled_from(ROOMS), secrecy=st.sampled_from([Secrecy.OPEN, Secrecy.SECRET]))
    def a_conference_is_opened_again(self, room: ConferenceId, secrecy: Secrecy) -> None:
        if room not in self.story.node[CONFERENCES] and not self.is_on_its_way(WithdrawCodes, room):
            self._open(room, secrecy)
            self.orders()

    @precondition(lambda self: self.activations < 4)
    @rule(
        data=st.data(),
        rows=st.lists(st.lists(st.sampled_from(NUMBERS), min_size=0, max_size=3, unique=True), min_size=1, max_size=4),
        stand_ins=st.lists(st.sampled_from(["", *NUMBERS]), max_size=2),
        parallel=st.booleans(),
        hours=st.lists(HOURS, max_size=2),
        levels=st.lists(st.none() | st.sampled_from(AnswerLevel), min_size=4, max_size=4),
        quorum=st.sampled_from([None, None, 1]),
    )
    def a_list_is_called_out(
        self,
        data: st.DataObject,
        rows: list[list[str]],
        stand_ins: list[str],
        parallel: bool,
        hours: list[Hours],
        levels: list[AnswerLevel | None],
        quorum: int | None,
    ) -> None:
        self.activations += 1
        name = self.activations
        deputies = tuple(
            NewTarget(
                TargetId(f"tgt-{name}-deputy-{index}"), "Ers", "K", (one,) if one else (), function_id=f"f{index}"
            )
            for index, one in enumerate(stand_ins)
        )
        targets = tuple(
            NewTarget(
                TargetId(f"tgt-{name}-{index}"),
                "TiB",
                "K",
                tuple(row),
                host_rank=index or None,
                deputies=() if index else deputies,
                level=levels[index],
                number_uses=tuple(NumberUse(one, hours=(each,)) for one, each in zip(row, hours, strict=False)),
            )
            for index, row in enumerate(rows)
        )
        room = self._room(data)
        activation = ActivationId(f"act-{name}")
        goals = tuple(Goal(one, None, quorum, quorum is not None) for one in dict.fromkeys(levels[: len(rows)]))
        order = StartActivation(activation, f"k{name}", room, f"L{name}", targets, parallel=parallel, goals=goals)
        self.asks(order)

    @precondition(lambda self: self.story.node[ACTIVATIONS])
    @rule(data=st.data())
    def a_call_out_is_cancelled(self, data: st.DataObject) -> None:
        self.asks(CancelActivation(data.draw(st.sampled_from(list(self.story.node[ACTIVATIONS])))))

    @precondition(lambda self: self.story.node[TARGETS])
    @rule(data=st.data(), act=st.sampled_from(TargetAct))
    def a_leader_acts_on_one_function(self, data: st.DataObject, act: TargetAct) -> None:
        target = self.story.node[TARGETS][data.draw(st.sampled_from(list(self.story.node[TARGETS])))]
        self.asks(SteerTarget(target.activation, target.id, act, "by radio"))

    @rule(data=st.data(), what=st.sampled_from(["ring", "answer", "1", "2", "3", "4", "5 min", "no min", "no key"]))
    def a_call_moves_on(self, data: st.DataObject, what: str) -> None:
        """Also while nobody listens: Asterisk goes on by itself."""
        called = [one.channel for one in self.county.lines.values() if one.called]
        if not called:
            return
        line = data.draw(st.sampled_from(called))
        if what == "ring":
            self.county.called_one_rings(line)
        elif what == "answer":
            self.county.called_one_answers(line)
        elif what.endswith(" min"):
            self.county.called_one_keys_minutes(line, "05" if what == "5 min" else "")
        elif what == "no key":
            self.county.nobody_presses(line)
        else:
            self.county.called_one_presses(line, what)

    # --- radio ---

    @rule(data=st.data(), group=st.sampled_from(list(FIRST_PATCHES)), terminal=st.sampled_from([TERMINAL, SPARE]))
    def a_talkgroup_is_patched(self, data: st.DataObject, group: Gssi, terminal: object) -> None:
        self.patched += 1
        patch = PatchId(f"{FIRST_PATCHES[group][:20]}{self.patched:010d}")
        voice = ParticipantId(f"prt-radio{self.patched}")
        name = TERMINAL if terminal == TERMINAL else SPARE
        self.asks(AddPatch(self._room(data), patch, voice, name, group, "Ledning"))

    @precondition(lambda self: self.story.node[PATCHES])
    @rule(data=st.data(), at_once=st.booleans())
    def a_patch_is_removed(self, data: st.DataObject, at_once: bool) -> None:
        patch = self.story.node[PATCHES][data.draw(st.sampled_from(list(self.story.node[PATCHES])))]
        self.asks(RemovePatch(patch.conference, patch.id, at_once))

    @rule(terminal=st.sampled_from([TERMINAL, SPARE]), state=st.sampled_from(list(TerminalState)))
    def the_terminal_changes(self, terminal: object, state: TerminalState) -> None:
        name = TERMINAL if terminal == TERMINAL else SPARE
        self.county.terminal_is(name, state, self.county.terminals[name][1])

    @rule(
        data=st.data(),
        kind=st.sampled_from([SpeechBegan, SpeechDrained, TransmissionCut, SaidOnAir, PathUp, PathDown]),
    )
    def the_path_says(self, data: st.DataObject, kind: type[Event]) -> None:
        if self.county.paths:
            patch = data.draw(st.sampled_from(sorted(self.county.paths)))
            more = ("broken",) if kind is PathDown else ()
            self.happens(kind(0.0, patch, *more))  # type: ignore[call-arg]

    @rule(
        terminal=st.sampled_from([TERMINAL, SPARE]),
        kind=st.sampled_from([TransmitGranted, TransmitQueued, RadioTalkStopped, RadioTalkStarted]),
    )
    def the_radio_says(self, terminal: object, kind: type[Event]) -> None:
        more = (GROUP, None) if kind is RadioTalkStarted else ()
        self.happens(kind(0.0, terminal, *more))  # type: ignore[call-arg]

    @rule(terminal=st.sampled_from([TERMINAL, SPARE]), kind=st.sampled_from(["lost", "ended", "refused", "no"]))
    def the_network_takes_the_channel(self, terminal: object, kind: str) -> None:
        name = TERMINAL if terminal == TERMINAL else SPARE
        if kind in ("lost", "ended"):
            self.happens(TransmitEnded(0.0, name, kind == "lost", because("x")))
        else:
            self.happens(TransmitRefused(0.0, name, because("busy"), kind == "refused"))

    @precondition(lambda self: self.county.paths)
    @rule()
    def the_media_worker_dies(self) -> None:
        self.county.worker_dies()

    # --- texts by radio ---

    @precondition(lambda self: self.texts < 6)
    @rule(
        length=st.sampled_from([10, 300]),
        group=st.booleans(),
        terminals=st.sampled_from([(), (TERMINAL,), (SPARE,), (TERMINAL, SPARE)]),
        is_status=st.booleans(),
    )
    def a_text_is_written(self, length: int, group: bool, terminals: tuple[TerminalName, ...], is_status: bool) -> None:
        self.texts += 1
        message, to = MessageId(f"sds-{self.texts:026d}"), GROUP if group else FIELD
        if is_status:
            self.asks(SendStatus(message, to, 0x8004, group, terminals))
        else:
            self.asks(SendSds(message, to, "x" * length, group, terminals))

    @precondition(lambda self: self.story.node[MESSAGES])
    @rule(data=st.data(), stage=st.sampled_from([SdsStage.ON_AIR, SdsStage.NOT_ON_AIR, SdsStage.IN_DOUBT]))
    def the_terminal_says_how_far_a_text_is(self, data: st.DataObject, stage: SdsStage) -> None:
        """At any moment, in a text that it has."""
        handed = [one for one in self.story.node[MESSAGES].values() if one.terminal is not None]
        if handed:
            one = data.draw(st.sampled_from(handed))
            self.happens(SdsProgress(0.0, one.terminal or TERMINAL, one.id, stage, 1, one.parts, None, because("x")))

    @precondition(lambda self: self.story.node[MESSAGES])
    @rule(data=st.data(), delivery=st.sampled_from(list(SdsDelivery)), reference=st.integers(1, 6))
    def a_receiver_reports(self, data: st.DataObject, delivery: SdsDelivery, reference: int) -> None:
        terminal = data.draw(st.sampled_from([TERMINAL, SPARE]))
        self.happens(SdsReported(0.0, terminal, FIELD, reference, delivery, because("x")))

    @rule(terminal=st.sampled_from([TERMINAL, SPARE]), kind=st.sampled_from(["text", "status", "alarm", "unreadable"]))
    def somebody_writes_to_us(self, terminal: TerminalName, kind: str) -> None:
        news: dict[str, Event] = {
            "text": SdsReceived(0.0, terminal, FIELD, "Läget är lugnt", GROUP, True),
            "status": StatusReceived(0.0, terminal, FIELD, 0x8003),
            "alarm": StatusReceived(0.0, terminal, FIELD, 0),
            "unreadable": SdsUnreadable(0.0, terminal, None, because("protocol 12")),
        }
        self.happens(news[kind])

    # --- what must never be ---

    @invariant()
    def every_promise_is_kept(self) -> None:
        self.is_broken = True
        found = broken(self.story.node, self.story.timers, self.is_on_its_way, self.story.now_s)
        assert not found, found
        self._nobody_on_a_line_is_unknown()
        self._who_is_present_is_in_the_mix()
        self._no_number_rings_twice()
        self._the_air_is_ours_only_when_granted()
        self._no_text_goes_out_twice()
        self._nothing_is_recorded_off_the_record()
        self._what_is_secret_goes_out_on_no_air()
        self._what_is_secret_goes_over_the_encrypted_trunk()
        self._nobody_muted_is_heard()
        self._nothing_is_said_to_those_who_left()
        assert SECRET not in repr((self.story.audited, self.story.notes))
        self.is_broken = False

    def _nobody_on_a_line_is_unknown(self) -> None:
        node = self.story.node
        if not (self.county.connected and node[TELEPHONY].up):
            return
        arriving = {one.channel for one in self.county.news["asterisk"] if isinstance(one, CallArrived)}
        for channel in self.county.lines:
            is_known = channel in node[ENTRIES] or channel in node[QUESTIONS] or channel in node[SEATS]
            is_leaving = f"HangUpLeg {channel}" in node[AGAIN] or self.is_on_its_way(HangUpLeg, channel)
            assert is_known or channel in node[ATTEMPTS] or channel in arriving or is_leaving, channel

    def _what_is_secret_goes_out_on_no_air(self) -> None:
        node = self.story.node
        secret = {one.id for one in node[CONFERENCES].values() if one.secrecy is Secrecy.SECRET}
        assert not [one.id for one in node[PATCHES].values() if one.conference in secret]

    def _what_is_secret_goes_over_the_encrypted_trunk(self) -> None:
        node = self.story.node
        secret = {one.id for one in node[CONFERENCES].values() if one.secrecy is Secrecy.SECRET}
        called = [one for one in node[ATTEMPTS].values() if node[ACTIVATIONS][one.activation].conference in secret]
        assert {one.trunk for one in called} <= {SLOW}

    def _nobody_muted_is_heard(self) -> None:
        """Whoever owns the mute: microphones as Asterisk has them, once every order about them is carried out."""
        node = self.story.node
        if not (self.county.connected and node[TELEPHONY].up):
            return
        for one in node[PARTICIPANTS].values():
            channel = legs.channel_of(node, one)
            line = self.county.lines.get(channel) if channel else None
            if line is None or line.mix is None or not (one.muted or one.role is Role.LISTENER):
                continue
            is_ordered = any(self._is_asked_for(kind, line.channel) for kind in (SetHeard, JoinMix, LeaveMix))
            assert not line.heard or is_ordered, one.id

    def _is_asked_for(self, kind: type[DeviceEffect], channel: ChannelId) -> bool:
        return f"{kind.__name__} {channel}" in self.story.node[AGAIN] or self.is_on_its_way(kind, channel)

    def _nothing_is_said_to_those_who_left(self) -> None:
        """The word of farewell is said in the step in which they leave."""
        node = self.story.node
        assert not self.said_to_gone, self.said_to_gone
        left = {one.id for one in node[PARTICIPANTS].values() if one.state is SeatState.LEFT}
        known = {*node[SEATS], *node[ENTRIES]}  # one who went back to the door comes in anew
        ended = [leg.channel for leg in node[LEGS].values() if leg.seat in left]
        self.gone = {one for one in ended if one is not None and one not in known}

    def _nothing_is_recorded_off_the_record(self) -> None:
        """From the words that say so until everybody has heard that the recording goes on."""
        node = self.story.node
        off = {
            one.id
            for one in node[CONFERENCES].values()
            if one.recording.off_record in (OffRecord.YES, OffRecord.ENDING)
        }
        audible = self.county.recordings - self.county.silent
        for recording in audible | set(self.county.tracks) | set(self.county.taped.values()):
            known = node[RECORDINGS].get(recording)
            is_at_the_door = known is not None and known.kind is RecordingKind.NAME
            assert known is None or is_at_the_door or known.conference not in off, recording

    def _who_is_present_is_in_the_mix(self) -> None:
        """Or is looked for, or their end or their leaving it is still to be heard."""
        node = self.story.node
        if not (self.county.connected and node[TELEPHONY].up):
            return
        news = [one for one in self.county.news["asterisk"] if isinstance(one, LegEnded | MixLeft | MixJoined)]
        for one in node[PARTICIPANTS].values():
            channel = legs.channel_of(node, one)
            line = self.county.lines.get(channel) if channel else None
            if one.state is not SeatState.PRESENT or line is None:
                continue
            conference = node[CONFERENCES][one.conference]
            is_looked_for = TimerKey(ConferenceTimer.JOIN, line.channel) in self.story.timers
            is_over = conference.state is ConferenceState.ENDED
            is_news = any(event.channel == line.channel for event in news)
            assert line.mix == one.room or is_looked_for or is_over or is_news, one.id

    def _no_number_rings_twice(self) -> None:
        """In Asterisk itself, but for a call that is being hung up."""
        ringing: dict[str, list[ChannelId]] = {}
        for line in self.county.lines.values():
            is_leaving = f"HangUpLeg {line.channel}" in self.story.node[AGAIN]
            if line.called and not is_leaving and not self.is_on_its_way(HangUpLeg, line.channel):
                ringing.setdefault(line.number, []).append(line.channel)
                assert self.county.dialled[line.channel] == 1
        if self.story.node[TELEPHONY].up and self.county.connected:
            assert all(len(lines) == 1 for lines in ringing.values()), ringing

    def _the_air_is_ours_only_when_granted(self) -> None:
        for patch in self.story.node[PATCHES].values():
            sends = patch.state is PatchState.TRANSMITTING
            assert self.sending.get(patch.id, False) is sends
            if sends:
                assert patch.transmission_began_at_s is not None
                assert self.story.now_s - patch.transmission_began_at_s <= 60.0
            if patch.state in (PatchState.DEMANDING, PatchState.QUEUED):
                assert TimerKey(RadioTimer.RADIO_GRANT, patch.id) in self.story.timers

    def _no_text_goes_out_twice(self) -> None:
        """Nor does more than one lie with a terminal at a time; and only its receiver makes it delivered."""
        assert all(times == 1 for times in self.county.sent.values()), self.county.sent
        sending = [one.terminal for one in self.story.node[MESSAGES].values() if one.state is MessageState.SENDING]
        assert len(set(sending)) == len(sending), sending
        for one in self.story.node[MESSAGES].values():
            assert one.state is not MessageState.DELIVERED or len(one.delivered) == one.parts, one

    @invariant()
    def nobody_is_bound_for_a_meeting_that_is_over(self) -> None:
        node = self.story.node
        for one in node[PARTICIPANTS].values():
            if one.state is SeatState.PRESENT and one.bound_for is not None:
                meeting = node[CONFERENCES].get(one.bound_for)
                assert meeting is not None, one
                assert (one.is_kept_together, meeting.emergency) == (True, False), one
                assert meeting.state is not ConferenceState.ENDED, one

    @invariant()
    def one_is_heard_unless_the_floor_is_open(self) -> None:
        for conference in self.story.node[CONFERENCES].values():
            if conference.floor.mode is FloorMode.OPEN:
                continue
            people = [one for one in self.story.node[PARTICIPANTS].values() if one.conference == conference.id]
            here = [one for one in people if self.story.node[SIDE_BY_SIDE][one.room].kind is not RoomKind.SIDE]
            in_it = [one for one in here if one.state is SeatState.PRESENT]
            carriers = [leg for one in in_it if (leg := legs.live(self.story.node, one)) is not None]
            heard = [
                leg
                for leg in carriers
                if (self.story.node[HEARD].get(leg.channel, False) if leg.channel else False)
                or (self.story.node[RADIO_HEARD].get(leg.patch, False) if leg.patch else False)
            ]
            assert len(heard) <= 1
            assert all(leg.channel if leg.kind is LegKind.PHONE else leg.patch for leg in carriers)

    # --- and then all comes to rest ---

    def teardown(self) -> None:
        if not hasattr(self, "story") or self.is_broken:
            return
        if not self.county.connected:
            self.connects()
        self.settle()
        for seconds in [*[5.0] * 12, *[61.0] * 8, *[1000.0] * 2]:
            self._everybody_hangs_up()
            for schedule in list(self.story.node[SCHEDULES]):
                self.asks(RemoveSchedule(schedule))
            for conference in list(self.story.node[CONFERENCES]):
                self.asks(EndConference(conference))
            self.settle()
            self.passes(seconds)
            self.every_promise_is_kept()
        self._everybody_hangs_up()
        self._nothing_is_left()

    def _who_is_heard_on_the_record_is_in_a_track_and_nobody_else(self) -> None:
        """When all is done and heard."""
        node = self.story.node
        if not (self.county.connected and node[TELEPHONY].up) or node[AGAIN]:
            return
        for one in node[PARTICIPANTS].values():
            channel, side = legs.channel_of(node, one), node[CONFERENCES][one.conference].recording
            if channel is None or channel not in self.county.lines:
                continue
            is_on = side.state is RecordingState.ON and side.off_record is OffRecord.NO
            is_heard = one.state is SeatState.PRESENT and node[HEARD].get(channel, False)
            is_taped = channel in self.county.taped
            assert is_taped is (is_on and is_heard and node[SIDE_BY_SIDE][one.room].kind is not RoomKind.SIDE), one

    def _everybody_hangs_up(self) -> None:
        self.settle()
        for line in list(self.county.lines):
            self.county.line_ends(line, 16)
        self.settle()

    def _nothing_is_left(self) -> None:
        node = self.story.node
        stays = {TERMINALS, TRUNKS, ON_CALL, GUESSES, FAMILIAR_LINES, EMERGENCY_TOLD_AT_S, TALLY, ALARMS}
        left = {table.name: held for table, held in node.tables.items() if held and table not in stays}
        assert not left, left
        assert all(one.is_emergency for one in node[ALARMS].values()), "they stay until somebody acknowledges them"
        assert not any(use.busy for use in node[TRUNKS].values())
        assert not self.story.timers, self.story.timers
        assert not self.county.lines, self.county.lines
        assert not self.county.mixes, self.county.mixes
        assert not self.county.recordings, self.county.recordings


ACountyNight.TestCase.settings = settings(max_examples=20, stateful_step_count=50, deadline=None)
TestACountyNight = ACountyNight.TestCase


@pytest.mark.slow
class TestManyCountyNights(ACountyNight.TestCase):  # type: ignore[misc, valid-type]
    """The same law, for `make test`."""

    settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
