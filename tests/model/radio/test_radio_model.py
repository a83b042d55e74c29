"""A talkgroup patched into a meeting, at random: domain, `GroupCalls`, two terminals with their networks, and the path.

It is extended so. A new thing that can happen is a rule, a new effect a case of `_do`. A new law is an invariant.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.domain.conference.commands import RequestFloor, SetFloorMode
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import Effect
from bridge.domain.kernel.events import Commanded, EffectFailed, Event, Fate
from bridge.domain.kernel.ids import Gssi, Issi, PatchId, TerminalName
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, KeyRadio, RemovePatch, SetPatch
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    OpenPath,
    SayOnAir,
    SelectTalkgroup,
    SendVoice,
)
from bridge.domain.radio.events import PathDown, PathUp, TerminalState
from bridge.domain.radio.passing import RADIO_HEARD
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.records import PATCHES, Keying, Patch, PatchState, Precedence
from bridge.domain.radio.timers import RadioTimer
from bridge.rakel.call_values import Asking, Releasing, Sending
from tests.harness.principals import somebody
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, PATCH, RADIO_VOICE, TERMINAL, Story
from tests.model.radio.parts import Path, Terminal

SPARE, SECOND_SPARE = TerminalName("rakel-2"), TerminalName("rakel-3")
NAMES = (TERMINAL, SPARE, SECOND_SPARE)
STEP_S = 0.5
LONG_STEP_S = 2.0
LINE = "in-1"
SPARES = (TerminalPolicy(SPARE, spare=True), TerminalPolicy(SECOND_SPARE, spare=True))
POLICY = Policy(RadioPolicy(terminals=(TerminalPolicy(TERMINAL), *SPARES)))
ASKING = (PatchState.DEMANDING, PatchState.QUEUED)
AT_REST = (PatchState.IDLE, PatchState.OFFLINE, PatchState.REMOVED, PatchState.PENDING_APPROVAL)


class RadioNight(RuleBasedStateMachine):
    """Everything arrives when it likes; effects are done at once and in order, as the engine's lanes do them."""

    @initialize(
        keying=st.sampled_from(Keying),
        precedence=st.sampled_from(Precedence),
        notice=st.booleans(),
        spoken_end=st.booleans(),
        approval=st.booleans(),
        mode=st.sampled_from(FloorMode),
        at_first=st.tuples(*(st.sampled_from([TerminalState.READY, TerminalState.ABSENT]) for _ in NAMES)),
    )
    def evening(
        self,
        keying: Keying,
        precedence: Precedence,
        notice: bool,
        spoken_end: bool,
        approval: bool,
        mode: FloorMode,
        at_first: tuple[TerminalState, ...],
    ) -> None:
        self.story = Story(POLICY, terminals=NAMES)
        self.events: list[Event] = []
        self.done = 0
        self.terminals = {name: Terminal(name, Issi(1001 + at), self.events.append)
                          for at, name in enumerate(NAMES)}  # fmt: skip
        self.refusing: set[TerminalName] = set()
        """Terminals that do not take the talkgroup."""
        self.paths: dict[PatchId, Path] = {}
        self.talking = False
        self._free_since_s: float | None = None
        self.story.opens()
        self.story.joins(LINE, Role.HOST)
        self.story.asks(SetFloorMode(CONFERENCE, mode))
        for terminal in self.terminals.values():
            terminal.now_s = self.story.now_s
        for terminal, state in zip(self.terminals.values(), at_first, strict=True):
            stands_on = GROUP if terminal.name == TERMINAL and state is TerminalState.READY else None
            terminal.becomes(state, stands_on)
        add = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning", keying, precedence)
        self._ask(replace(add, notice=notice, spoken_end=spoken_end, approval_required=approval))

    # --- the engine in small ---

    def _settle(self) -> None:
        """Events to the domain, its effects to the world, until nothing more comes of anything."""
        while self.events or self.done < len(self.story.effects):
            while self.done < len(self.story.effects):
                effect = self.story.effects[self.done]
                self.done += 1
                self._do(effect)
            if self.events:
                self.story.happens(self.events.pop(0))

    def _do(self, effect: Effect) -> None:
        match effect:
            case DemandTransmit():
                self.terminals[effect.terminal].demand(effect.gssi, preempt=effect.preempt)
            case CeaseTransmit():
                self.terminals[effect.terminal].cease()
            case SelectTalkgroup(terminal=name, gssi=gssi):
                if name in self.refusing or self.terminals[name].state is not TerminalState.READY:
                    self.events.append(EffectFailed(self.story.now_s, effect, Fate.REFUSED, because("not there")))
                else:
                    self.terminals[name].becomes(TerminalState.READY, gssi)
            case OpenPath(patch=patch, terminal=name):
                self.paths[patch] = Path(patch, name, up=True)
                self.events.append(PathUp(self.story.now_s, patch))
            case ClosePath(patch=patch):
                self.paths.pop(patch, None)
            case SendVoice() | HoldVoice() | DropVoice() | ArmVoice() | SayOnAir():
                self._do_on_path(effect)
            case _:
                pass

    def _do_on_path(self, effect: SendVoice | HoldVoice | DropVoice | ArmVoice | SayOnAir) -> None:
        path = self.paths.get(effect.patch)
        if path is None:
            return
        match effect:
            case SendVoice():
                path.send()
            case HoldVoice():
                path.hold()
            case DropVoice():
                path.drop(effect.older_than_s)
            case ArmVoice():
                path.arm(armed=effect.armed)
            case SayOnAir():
                path.held_s += 1.0
                path.said_s += 1.0
                path.words += 1
                path.drained_told = False

    def _ask(self, command: Command, actor: str = "test") -> None:
        self.story.happens(Commanded(self.story.now_s, somebody(actor), command))
        self._settle()

    def _passes(self, seconds: float) -> None:
        while seconds > 0:
            busy = self.talking or any(one.keyed_s is not None for one in self.terminals.values())
            step_s = min(seconds, STEP_S if busy else LONG_STEP_S)
            seconds -= step_s
            self.story.passes(step_s)
            self._settle()
            for terminal in self.terminals.values():
                terminal.passes(step_s, self.story.now_s)
            self._settle()
            for path in list(self.paths.values()):
                keyed = self.terminals[path.terminal].keyed_s is not None
                self.events += path.passes(step_s, self.story.now_s, talking=self._is_heard(), keyed=keyed)
            self._settle()

    def _is_heard(self) -> bool:
        return self.talking and self.story.is_heard(LINE)

    @property
    def patch(self) -> Patch | None:
        return self.story.node[PATCHES].get(PATCH)

    @property
    def terminal(self) -> Terminal:
        return self.terminals[self.patch.terminal if self.patch and self.patch.terminal else TERMINAL]

    # --- what happens ---

    @rule(talks=st.booleans())
    def somebody_talks(self, talks: bool) -> None:
        if talks is not self.talking:
            self.talking = talks
            (self.story.talks if talks else self.story.falls_silent)(LINE)
            self._settle()
        self._passes(STEP_S)

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0, 20.0, 62.0]))
    def time_passes(self, seconds: float) -> None:
        self._passes(seconds)

    @rule(how=st.sampled_from(["grant", "grant", "grant", "queue", "refuse", "bar", "other"]))
    def the_network_answers(self, how: str) -> None:
        if any(one.demand_open for one in self.terminals.values()):
            next(one for one in self.terminals.values() if one.demand_open).answers(how)
            self._settle()

    @rule()
    def a_user_presses(self) -> None:
        if self.terminal.state is TerminalState.READY and self.terminal.gssi == GROUP:
            self.terminal.user_presses()
            self._settle()

    @rule(told=st.booleans())
    def a_user_releases(self, told: bool) -> None:
        self.terminal.user_releases(told=told)
        self._settle()

    @rule()
    def the_cell_changes(self) -> None:
        if self.terminal.up:
            self.terminal.cell_changes()
            self._settle()

    @rule(name=st.sampled_from(NAMES), refuses=st.booleans())
    def a_terminal_takes_no_talkgroup(self, name: TerminalName, refuses: bool) -> None:
        (self.refusing.add if refuses else self.refusing.discard)(name)

    @rule(name=st.sampled_from(NAMES), state=st.sampled_from(list(TerminalState)))
    def a_terminal_changes(self, name: TerminalName, state: TerminalState) -> None:
        terminal = self.terminals[name]
        terminal.becomes(state, terminal.gssi if state is TerminalState.READY else None)
        self._settle()

    @rule(gssi=st.sampled_from([GROUP, Gssi(2002)]))
    def somebody_turns_the_knob(self, gssi: Gssi) -> None:
        if self.terminal.state is TerminalState.READY:
            self.terminal.becomes(TerminalState.READY, gssi)
            self._settle()

    @precondition(lambda self: PATCH in self.paths)
    @rule(up=st.booleans())
    def the_path_changes(self, up: bool) -> None:
        path = self.paths[PATCH]
        if up is path.up:
            return
        path.up = up
        if up:
            path.began_told = False
            self.events.append(PathUp(self.story.now_s, PATCH))
        else:
            path.hold()
            self.events.append(PathDown(self.story.now_s, PATCH, because("no audio")))
        self._settle()

    @rule(keying=st.sampled_from(Keying), precedence=st.sampled_from(Precedence), spoken_end=st.booleans())
    def the_host_changes_the_patch(self, keying: Keying, precedence: Precedence, spoken_end: bool) -> None:
        self._ask(SetPatch(CONFERENCE, PATCH, keying, precedence, spoken_end))

    @rule(mode=st.sampled_from(FloorMode))
    def the_host_changes_the_mode(self, mode: FloorMode) -> None:
        self._ask(SetFloorMode(CONFERENCE, mode))

    @rule(keyed=st.booleans())
    def the_host_keys(self, keyed: bool) -> None:
        self._ask(KeyRadio(CONFERENCE, self.story.who(LINE).id, keyed))

    @rule(wanted=st.booleans())
    def the_host_asks_for_the_word(self, wanted: bool) -> None:
        self._ask(RequestFloor(CONFERENCE, self.story.who(LINE).id, wanted))

    @rule()
    def somebody_else_approves(self) -> None:
        self._ask(ApprovePatch(CONFERENCE, PATCH), actor="another")

    @rule(lease_s=st.none() | st.sampled_from([1.0, 30.0, 900.0]))
    def the_lease_is_set(self, lease_s: float | None) -> None:
        self._ask(ExtendPatch(CONFERENCE, PATCH, lease_s))

    @rule(at_once=st.booleans())
    def the_patch_is_removed(self, at_once: bool) -> None:
        self._ask(RemovePatch(CONFERENCE, PATCH, at_once))

    @precondition(lambda self: self.patch is None or self.patch.state is PatchState.REMOVED)
    @rule(keying=st.sampled_from(Keying))
    def it_is_patched_again(self, keying: Keying) -> None:
        self._ask(AddPatch(CONFERENCE, PATCH, RADIO_VOICE, None, GROUP, "Ledning", keying))

    @rule()
    def all_falls_quiet(self) -> None:
        """A network that answers, nobody who talks: whatever went before, all comes to rest."""
        if self.talking:
            self.somebody_talks(False)
        for path in self.paths.values():
            if not path.up:
                self.the_path_changes(True)
        for terminal in self.terminals.values():
            terminal.user_releases()
            self._settle()
        for _ in range(100):
            for terminal in self.terminals.values():
                if terminal.demand_open:
                    terminal.answers("grant")
                    self._settle()
            self._passes(LONG_STEP_S)
        self._is_at_rest()

    def _is_at_rest(self) -> None:
        patch, path = self.patch, self.paths.get(PATCH)
        assert patch is None or patch.state in AT_REST, patch
        if patch is not None and patch.state is PatchState.IDLE and path is not None:
            assert path.held_s == 0, "held speech is forgotten"
        for terminal in self.terminals.values():
            assert terminal.keyed_s is None
            assert not terminal.demand_open
        assert PATCH not in self.story.node[RADIO_HEARD] or not self.story.node[RADIO_HEARD][PATCH]

    # --- what must never be ---

    @invariant()
    def nothing_goes_to_the_air_without_our_own_grant(self) -> None:
        for path in self.paths.values():
            assert path.wasted_s == 0, "sent to a terminal that was not keyed"
            if path.sending:
                assert isinstance(self.terminals[path.terminal].calls.phase, Sending)

    @invariant()
    def nobody_is_keyed_for_longer_than_a_minute(self) -> None:
        for terminal in self.terminals.values():
            assert terminal.longest_keyed_s <= 60.0

    @invariant()
    def whoever_is_keyed_has_somebody_who_answers_for_it(self) -> None:
        for terminal in self.terminals.values():
            if terminal.keyed_s is not None:
                assert isinstance(terminal.calls.phase, Sending), "keyed, and nobody knows"
            if isinstance(terminal.calls.phase, Sending):
                patch = self.patch
                assert patch is not None
                assert patch.state is PatchState.TRANSMITTING, "keyed for nobody"
                assert patch.terminal == terminal.name

    @invariant()
    def every_demand_has_an_end_to_come(self) -> None:
        patch = self.patch
        if patch is None or patch.state is PatchState.REMOVED:
            return
        if patch.state in ASKING or patch.breaking_in:
            assert TimerKey(RadioTimer.RADIO_GRANT, PATCH) in self.story.timers
            phase = self.terminals[patch.terminal].calls.phase
            asked_again = isinstance(phase, Releasing) and phase.again is not None
            assert isinstance(phase, Asking) or asked_again or patch.breaking_in

    @invariant()
    def what_was_said_is_aired_held_or_dropped_by_a_rule(self) -> None:
        for path in self.paths.values():
            assert abs(path.said_s - path.aired_s - path.held_s - path.dropped_s - path.wasted_s) < 1e-6

    @invariant()
    def held_speech_has_somebody_who_will_send_it(self) -> None:
        patch, path = self.patch, self.paths.get(PATCH)
        if patch is None or path is None or not path.up or path.sending or path.held_s == 0 or not path.began_told:
            return
        assert patch.voice_held, f"told, and forgotten in {patch.state.value}"
        assert patch.state is not PatchState.IDLE, "held in a free channel, and not asked for"

    @invariant()
    def the_radio_is_heard_only_while_somebody_talks_there(self) -> None:
        patch = self.patch
        if self.story.node[RADIO_HEARD].get(PATCH, False):
            assert patch is not None
            assert patch.state is PatchState.RECEIVING
            assert not patch.looped

    @invariant()
    def a_talkgroup_out_of_reach_says_why_and_has_somebody_who_looks_for_a_spare(self) -> None:
        patch = self.patch
        if patch is not None and patch.state is PatchState.OFFLINE:
            assert patch.reason
            assert TimerKey(RadioTimer.RADIO_TAKEOVER, PATCH) in self.story.timers

    @invariant()
    def a_spare_that_can_serve_does_not_wait_for_long(self) -> None:
        since_s = self.free_since_s()  # looked at in every state, so that an earlier wait is not counted on
        if since_s is None:
            return
        waited_s = self.story.now_s - since_s
        assert waited_s <= 2 * POLICY[RadioPolicy].takeover_s + LONG_STEP_S, (
            "a spare is ready, and the talkgroup out of reach"
        )

    def free_since_s(self) -> float | None:
        """Since when a spare stands by for a talkgroup that cannot be reached."""
        patch = self.patch
        away = patch is not None and patch.state is PatchState.OFFLINE
        if away and self.terminal.state is TerminalState.READY and self.terminal.name not in self.refusing:
            away = False
        ready = any(
            self.terminals[one].state is TerminalState.READY and one != self.terminal.name and one not in self.refusing
            for one in (SPARE, SECOND_SPARE)
        )
        self._free_since_s = (self._free_since_s or self.story.now_s) if away and ready else None
        return self._free_since_s

    @invariant()
    def the_word_is_with_nobody_who_cannot_be_heard(self) -> None:
        for participant in (self.story.floor.holder, *self.story.floor.queue):
            if participant == RADIO_VOICE:
                assert self.patch is not None
                assert self.patch.state is not PatchState.OFFLINE

    @invariant()
    def what_is_removed_is_forgotten(self) -> None:
        assert all(one.state is not PatchState.REMOVED for one in self.story.node[PATCHES].values())

    @invariant()
    def one_terminal_serves_one_patch(self) -> None:
        live = [
            one for one in self.story.node[PATCHES].values() if one.state is not PatchState.REMOVED and one.terminal
        ]
        assert len({one.terminal for one in live}) == len(live)


TestRadioNight = RadioNight.TestCase
TestRadioNight.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
