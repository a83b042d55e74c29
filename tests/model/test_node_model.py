"""Whatever happens, in whatever order: what must never be, never is. Random stories against the whole node."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain.ids import ActivationId, TargetId
from bridge.domain.model import (
    TARGET_DONE,
    ActivationState,
    FloorMode,
    ParticipantKind,
    ParticipantState,
    PatchState,
    Role,
    TargetState,
)
from tests.harness.story import CONFERENCE, PATCH, TERMINAL, Story

NUMBERS = [f"+468465004{index:02d}" for index in range(8)]
CAUSES = st.sampled_from([0, 1, 16, 17, 18, 19, 21, 34, 38, 127])
KEYS = st.sampled_from(["*6", "*5", "**", "*1", "*2", "*3", "*7", "*9", "5", "#", "*"])


class ACountyNight(RuleBasedStateMachine):
    """Callers, a call-out and a talkgroup in one conference, with everything arriving when it likes."""

    @initialize()
    def evening(self) -> None:
        self.story = Story()
        self.story.opens(recorded=True)
        self.joined = 0
        self.sending = False
        self.granted = False
        self.read = 0
        self.activations = 0

    # --- what happens ---

    @rule(host=st.booleans())
    def somebody_joins(self, host: bool) -> None:
        self.joined += 1
        self.story.joins(f"in-{self.joined}", Role.HOST if host else Role.PARTICIPANT)

    def _someone(self, data: st.DataObject) -> str | None:
        lines = [str(one.channel) for one in self.story.present() if one.channel]
        return data.draw(st.sampled_from(lines)) if lines else None

    @rule(data=st.data(), keys=KEYS)
    def somebody_keys(self, data: st.DataObject, keys: str) -> None:
        line = self._someone(data)
        if line is not None:
            channel = self.story.who(line).channel
            assert channel is not None
            self.story.keys(channel, keys)

    @rule(data=st.data(), talks=st.booleans())
    def somebody_talks(self, data: st.DataObject, talks: bool) -> None:
        line = self._someone(data)
        if line is not None:
            (self.story.talks if talks else self.story.falls_silent)(line)

    @rule(data=st.data())
    def somebody_hangs_up(self, data: st.DataObject) -> None:
        line = self._someone(data)
        if line is not None:
            self.story.hangs_up(line)

    @rule(mode=st.sampled_from(list(FloorMode)))
    def the_host_changes_the_mode(self, mode: FloorMode) -> None:
        self.story.asks(c.SetFloorMode(CONFERENCE, mode))

    @precondition(lambda self: self.activations < 3)
    @rule(
        rows=st.lists(st.lists(st.sampled_from(NUMBERS), min_size=0, max_size=3, unique=True), min_size=1, max_size=4)
    )
    def a_list_is_called_out(self, rows: list[list[str]]) -> None:
        self.activations += 1
        name = self.activations
        targets = tuple(
            c.NewTarget(TargetId(f"tgt-{name}-{index}"), "TiB", "K", tuple(row)) for index, row in enumerate(rows)
        )
        self.story.asks(c.StartActivation(ActivationId(f"act-{name}"), f"k{name}", CONFERENCE, f"L{name}", targets))

    @precondition(lambda self: self.story.live_attempts())
    @rule(
        data=st.data(), cause=CAUSES, key=st.sampled_from("123"), what=st.sampled_from(["ring", "answer", "key", "end"])
    )
    def a_call_moves_on(self, data: st.DataObject, cause: int, key: str, what: str) -> None:
        attempt = self.story.node.attempts[data.draw(st.sampled_from(self.story.live_attempts()))]
        line = self.story.line_to(attempt.number)
        match what:
            case "ring":
                self.story.rings(attempt.number)
            case "answer":
                self.story.answers(attempt.number)
            case "key":
                self.story.keys(line, key)
            case _:
                self.story.call_ends(attempt.number, cause)

    @rule(data=st.data())
    def a_prompt_ends(self, data: st.DataObject) -> None:
        lines = [*self.story.node.entries, *self.story.node.asks]
        if lines:
            line = data.draw(st.sampled_from(lines))
            self.story.prompt_ends(line)
            if line in self.story.node.seats:
                self.story.happens(e.MixJoined(self.story.now_s, line, self.story.conference.mix))

    @precondition(lambda self: PATCH not in self.story.node.patches)
    @rule()
    def the_talkgroup_is_patched(self) -> None:
        self.story.patches()

    @rule(state=st.sampled_from(list(e.TerminalState)))
    def the_terminal_changes(self, state: e.TerminalState) -> None:
        self.story.terminal_is(state)

    @rule(
        kind=st.sampled_from(
            [e.TransmitGranted, e.TransmitQueued, e.RadioTalkStopped, e.SpeechBegan, e.SpeechDrained, e.TransmissionCut]
        )
    )
    def the_radio_side_says(self, kind: type[e.Event]) -> None:
        subject = PATCH if kind in (e.SpeechBegan, e.SpeechDrained, e.TransmissionCut) else TERMINAL
        self.story.happens(kind(self.story.now_s, subject))  # type: ignore[call-arg, arg-type]

    @rule(lost=st.booleans())
    def the_transmission_ends(self, lost: bool) -> None:
        self.story.happens(e.TransmitEnded(self.story.now_s, TERMINAL, lost, "x"))

    @rule()
    def a_radio_user_talks(self) -> None:
        self.story.radio_user_talks()

    @rule(retry=st.booleans())
    def the_network_refuses(self, retry: bool) -> None:
        self.story.happens(e.TransmitRefused(self.story.now_s, TERMINAL, "busy", retry))

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 31.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.story.passes(seconds)

    # --- what must never be ---

    @invariant()
    def one_is_heard_unless_the_floor_is_open(self) -> None:
        story = self.story
        heard = [one for one in story.present() if one.channel is not None and story.node.heard.get(one.channel, False)]
        radio = [patch for patch, is_heard in story.node.radio_heard.items() if is_heard]
        assert story.floor.mode is FloorMode.OPEN or len(heard) + len(radio) <= 1

    @invariant()
    def microphones_are_as_mute_and_floor_say(self) -> None:
        story = self.story
        for one in story.present():
            if one.channel is not None:
                allowed = story.floor.mode is FloorMode.OPEN or story.floor.holder == one.id
                assert story.node.heard[one.channel] is (allowed and not one.muted)

    @invariant()
    def the_floor_holds_only_those_present_and_nobody_twice(self) -> None:
        present = {one.id for one in self.story.present()}
        floor = self.story.floor
        assert set(floor.queue) <= present
        assert len(set(floor.queue)) == len(floor.queue)
        assert floor.holder is None or floor.holder in present
        assert floor.holder not in floor.queue

    @invariant()
    def no_function_and_no_number_has_two_live_calls(self) -> None:
        attempts = list(self.story.node.attempts.values())
        assert len({one.target for one in attempts}) == len(attempts)
        assert len({one.number for one in attempts}) == len(attempts)

    @invariant()
    def nobody_is_skipped(self) -> None:
        for target in self.story.node.targets.values():
            activation = self.story.node.activations[target.activation]
            if target.state in (TargetState.CALLING, TargetState.ASKED):
                assert target.attempt in self.story.node.attempts
            if target.state in (TargetState.UNREACHABLE, TargetState.CANCELLED):
                assert target.reason
            if activation.state is ActivationState.OPEN:
                unfinished = [
                    one
                    for one in self.story.node.targets.values()
                    if one.activation == activation.id and one.state not in TARGET_DONE
                ]
                assert unfinished

    @invariant()
    def audio_goes_to_the_air_only_after_our_own_grant_and_never_for_a_minute(self) -> None:
        for effect in self.story.effects[self.read :]:
            if isinstance(effect, do.DemandTransmit | do.CeaseTransmit | do.HoldVoice):
                self.sending = False
            if isinstance(effect, do.SendVoice):
                self.sending = True
        self.read = len(self.story.effects)
        patch = self.story.node.patches.get(PATCH)
        if patch is None:
            return
        assert self.sending is (patch.state is PatchState.TRANSMITTING)
        if patch.state is PatchState.TRANSMITTING:
            assert patch.transmission_began_at_s is not None
            assert self.story.now_s - patch.transmission_began_at_s <= 60.0

    @invariant()
    def every_demand_has_a_timer(self) -> None:
        patch = self.story.node.patches.get(PATCH)
        if patch is not None and patch.state in (PatchState.DEMANDING, PatchState.QUEUED):
            assert e.TimerKey(e.TimerKind.RADIO_GRANT, PATCH) in self.story.timers

    @invariant()
    def every_seat_is_somebodys_line(self) -> None:
        for channel, participant in self.story.node.seats.items():
            one = self.story.node.participants[participant]
            assert one.channel == channel
            assert one.state is not ParticipantState.LEFT
            assert one.kind is ParticipantKind.PHONE


ACountyNight.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestACountyNight = ACountyNight.TestCase
