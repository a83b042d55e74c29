"""Who talks on the talkgroup, and whether we may: told as a radio operator would."""

import pytest

from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.radio.events import (
    ChannelFree,
    RadioTalkStarted,
    RadioTalkStopped,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.rakel.call_book import MAX_CALLS
from bridge.rakel.call_values import (
    CallTimes,
    Dial,
    HangUp,
    Idle,
    Noted,
    Output,
    Press,
    Release,
    Releasing,
    Sending,
    Withdraw,
)
from bridge.rakel.group_calls import GroupCalls
from bridge.rakel.pei.codes import CallStatus, TxGrant
from bridge.rakel.pei.identity import Identity
from bridge.rakel.pei.indications import (
    CallConnected,
    CallReleased,
    IncomingCall,
    Indication,
    LocalCease,
    LocalDemand,
    OutgoingCall,
    TransmissionCeased,
    TransmissionContinues,
    TransmissionGrant,
    TransmissionInterrupted,
    TransmissionWait,
)
from bridge.rakel.reasons import TransmitReason
from tests.harness.reasons import because
from tests.unit.rakel.wire import read_one

T = TerminalName("rakel-1")
GROUP = Gssi(1)
OTHER = Gssi(2)
OWN = Issi(1000)
TIMES = CallTimes(grant_s=5, queued_s=20, transmit_limit_s=60, talk_watchdog_s=90, release_s=3, late_grant_s=10)

CALLED = IncomingCall(1, 0, 0, Identity(23404), 1, Identity(1), 0)
CONNECTED = CallConnected(1)
GRANTED = TransmissionGrant(1, TxGrant.GRANTED)
OTHER_TALKS = TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, True, Identity(23404))
CEASED = TransmissionCeased(1)
RELEASED = CallReleased(1, 13)


class Terminal:
    """The machine with a clock that moves a tenth of a second at each step."""

    def __init__(self) -> None:
        self.calls = GroupCalls(T, TIMES)
        self.calls.own_issi = OWN
        self.now_s = 100.0

    def hears(self, *said: Indication) -> list[Output]:
        return [output for one in said for output in self.calls.hear(one, self._step())]

    def demands(self, gssi: Gssi = GROUP, *, preempt: bool = False) -> list[Output]:
        return self.calls.ours.demand(gssi, self._step(), preempt=preempt)

    def ceases(self) -> list[Output]:
        return self.calls.ours.cease(self._step())

    def waits(self, seconds: float) -> list[Output]:
        self.now_s += seconds
        return self.calls.tick(self.now_s)

    def _step(self) -> float:
        self.now_s += 0.1
        return self.now_s


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def in_hang_time(terminal: Terminal) -> Terminal:
    """A call is up and nobody talks."""
    terminal.hears(CALLED, CONNECTED, OTHER_TALKS, CEASED)
    return terminal


@pytest.fixture
def sending(in_hang_time: Terminal) -> Terminal:
    in_hang_time.demands()
    in_hang_time.hears(GRANTED)
    assert isinstance(in_hang_time.calls.phase, Sending)
    return in_hang_time


def kinds(outputs: list[Output]) -> list[type]:
    return [type(output) for output in outputs]


# --- others talk ---


def test_a_talker_is_shown_with_identity_and_group_and_gone_when_he_ceases(terminal: Terminal) -> None:
    assert terminal.hears(CALLED, CONNECTED) == []
    (started,) = terminal.hears(OTHER_TALKS)
    assert isinstance(started, RadioTalkStarted)
    assert (started.gssi, started.issi, started.emergency) == (GROUP, 23404, False)
    assert kinds(terminal.hears(CEASED)) == [RadioTalkStopped]


def test_the_captured_direct_mode_call_names_its_talker_despite_the_wrong_network(terminal: Terminal) -> None:
    names = ("cticn_empty_caller", "ctcc", "ctxg_another_no_talker", "cticn_wrong_mni", "ctxg_wrong_mni", "cdtxc")
    outputs = terminal.hears(*(read_one(name) for name in names))
    assert kinds(outputs) == [RadioTalkStarted, RadioTalkStarted, RadioTalkStopped]
    assert [one.issi for one in outputs if isinstance(one, RadioTalkStarted)] == [None, 2089144]


def test_a_grant_without_name_is_the_callers_only_for_the_first_talk(terminal: Terminal) -> None:
    nameless = TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER)
    outputs = terminal.hears(CALLED, CONNECTED, nameless, CEASED, nameless)
    assert [one.issi for one in outputs if isinstance(one, RadioTalkStarted)] == [23404, None]


def test_repeats_say_nothing_new(terminal: Terminal) -> None:
    terminal.hears(CALLED, CONNECTED, OTHER_TALKS)
    assert terminal.hears(CALLED, CONNECTED, OTHER_TALKS, OTHER_TALKS) == []
    terminal.hears(CEASED)
    assert terminal.hears(CEASED, RELEASED, RELEASED) == []


def test_another_talker_without_an_end_between_is_told(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    (started,) = terminal.hears(TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, True, Identity(777)))
    assert isinstance(started, RadioTalkStarted)
    assert started.issi == 777


def test_a_late_entry_is_a_talker_at_once(terminal: Terminal) -> None:
    assert kinds(terminal.hears(OTHER_TALKS)) == [RadioTalkStarted]


def test_a_talker_who_drives_out_of_coverage_ends_with_the_call(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    assert kinds(terminal.hears(RELEASED)) == [RadioTalkStopped]


def test_a_talker_of_whom_nothing_is_heard_is_closed_by_the_watchdog(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    assert terminal.waits(89) == []
    assert kinds(terminal.waits(1)) == [Noted, RadioTalkStopped]


def test_an_emergency_call_is_told_as_one(terminal: Terminal) -> None:
    outputs = terminal.hears(read_one("cticn_emergency"), OTHER_TALKS)
    assert [one.emergency for one in outputs if isinstance(one, RadioTalkStarted)] == [True]


def test_a_call_to_the_terminal_itself_never_opens_the_meeting(terminal: Terminal) -> None:
    outputs = terminal.hears(IncomingCall(1, 0, 0, Identity(5), 0, Identity(1000), 0), OTHER_TALKS, GRANTED)
    assert set(kinds(outputs)) == {Noted}


def test_an_interruption_by_the_network_silences_and_brings_back_the_talker(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    assert kinds(terminal.hears(TransmissionWait(1))) == [RadioTalkStopped]
    (again,) = terminal.hears(TransmissionContinues(1))
    assert isinstance(again, RadioTalkStarted)
    assert again.issi == 23404
    assert terminal.hears(TransmissionContinues(1, goes_on=False)) == []


# --- we talk ---


def test_with_no_call_up_we_dial_and_talk_after_our_own_grant(terminal: Terminal) -> None:
    assert terminal.demands() == [Dial(1, GROUP)]
    assert terminal.hears(OutgoingCall(1, 0), CONNECTED) == []
    assert kinds(terminal.hears(GRANTED)) == [TransmitGranted]


def test_in_hang_time_we_press(in_hang_time: Terminal) -> None:
    assert in_hang_time.demands() == [Press(1, 1)]
    assert kinds(in_hang_time.hears(GRANTED)) == [TransmitGranted]


def test_letting_go_is_told_when_the_terminal_has_let_go(sending: Terminal) -> None:
    assert sending.ceases() == [Withdraw(1), Release(1)]
    (ended,) = sending.hears(CEASED)
    assert ended == TransmitEnded(sending.now_s, T)
    assert sending.calls.ours.release_answered(sending.now_s, done=True) == []


def test_asking_and_ceasing_twice_changes_nothing(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    assert in_hang_time.demands() == []
    in_hang_time.hears(GRANTED)
    assert in_hang_time.demands() == []
    assert in_hang_time.hears(GRANTED) == []
    in_hang_time.ceases()
    assert in_hang_time.ceases() == []


@pytest.mark.parametrize(("may_request", "retry"), [(True, True), (False, False)])
def test_not_granted_is_a_refusal(in_hang_time: Terminal, may_request: bool, retry: bool) -> None:
    in_hang_time.demands()
    (refused,) = in_hang_time.hears(TransmissionGrant(1, TxGrant.NOT_GRANTED, may_request))
    assert isinstance(refused, TransmitRefused)
    assert refused.retry is retry


def test_where_the_network_allows_no_demand_none_is_made(terminal: Terminal) -> None:
    terminal.hears(CALLED, TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, False, Identity(23404)))
    (refused,) = terminal.demands()
    assert isinstance(refused, TransmitRefused)
    assert not refused.retry
    terminal.hears(CEASED)
    assert kinds(terminal.demands()) == [Press]


def test_a_queued_demand_is_told_once_and_granted_in_its_time(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    queued = TransmissionGrant(1, TxGrant.QUEUED)
    assert kinds(in_hang_time.hears(queued, queued)) == [TransmitQueued]
    assert in_hang_time.waits(10) == []
    assert kinds(in_hang_time.hears(GRANTED)) == [TransmitGranted]


def test_a_call_set_up_that_is_queued_is_a_queued_demand(terminal: Terminal) -> None:
    terminal.demands()
    assert kinds(terminal.hears(OutgoingCall(1, 1))) == [TransmitQueued]


def test_a_queue_that_never_ends_is_left(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    in_hang_time.hears(TransmissionGrant(1, TxGrant.QUEUED))
    assert kinds(in_hang_time.waits(20)) == [TransmitRefused, Withdraw, Release]


def test_when_nobody_answers_the_demand_is_given_up(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    assert kinds(in_hang_time.waits(5)) == [TransmitRefused, Withdraw, Release]


def test_another_who_wins_is_the_talker_and_we_are_refused(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    outputs = in_hang_time.hears(OTHER_TALKS)
    assert kinds(outputs) == [TransmitRefused, Withdraw, Release, RadioTalkStarted]


def test_a_repeat_about_the_one_we_want_to_break_in_on_is_no_answer(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    terminal.demands()
    assert terminal.hears(OTHER_TALKS) == []
    assert kinds(terminal.hears(GRANTED)) == [RadioTalkStopped, TransmitGranted]


@pytest.mark.parametrize(
    "taken",
    [
        OTHER_TALKS,
        TransmissionInterrupted(1, TxGrant.GRANTED_TO_ANOTHER, True, Identity(23404)),
    ],
)
def test_permission_withdrawn_ends_our_transmission_at_once(sending: Terminal, taken: Indication) -> None:
    ended, started = sending.hears(taken)
    assert isinstance(ended, TransmitEnded)
    assert ended.lost
    assert isinstance(started, RadioTalkStarted)
    assert sending.calls.phase == Idle()


@pytest.mark.parametrize(
    "end", [CEASED, RELEASED, TransmissionGrant(1, TxGrant.NOT_GRANTED), CallReleased(1, 9), CallReleased(1, 38)]
)
def test_the_networks_end_of_our_transmission_is_a_lost_one(sending: Terminal, end: Indication) -> None:
    (ended,) = sending.hears(end)
    assert isinstance(ended, TransmitEnded)
    assert ended.lost
    assert ended.reason


def test_an_interruption_ends_ours_and_unkeys_the_terminal(sending: Terminal) -> None:
    assert kinds(sending.hears(TransmissionWait(1))) == [TransmitEnded, Withdraw, Release]


def test_no_transmission_is_longer_than_its_minute_whatever_else_fails(sending: Terminal) -> None:
    outputs = sending.waits(60)
    assert kinds(outputs) == [TransmitEnded, Withdraw, Release]


@pytest.mark.parametrize(("cause", "retry"), [(5, True), (9, True), (6, False), (16, False)])
def test_a_call_that_is_released_while_we_ask_is_a_refusal(terminal: Terminal, cause: int, retry: bool) -> None:
    terminal.demands()
    (refused,) = terminal.hears(CallReleased(1, cause))
    assert isinstance(refused, TransmitRefused)
    assert refused.retry is retry


def test_the_end_of_somebody_elses_call_is_not_the_end_of_ours(terminal: Terminal) -> None:
    terminal.hears(IncomingCall(2, 0, 0, Identity(5), 1, Identity(2), 0))
    terminal.demands()
    assert terminal.hears(CallReleased(2, 13)) == []
    assert kinds(terminal.hears(CONNECTED, GRANTED)) == [TransmitGranted]


def test_a_grant_in_another_groups_call_is_not_our_grant(terminal: Terminal) -> None:
    terminal.hears(IncomingCall(2, 0, 0, Identity(5), 1, Identity(2), 0))
    terminal.demands()
    outputs = terminal.hears(TransmissionGrant(2, TxGrant.GRANTED))
    assert TransmitGranted not in kinds(outputs)


def test_a_refused_command_is_a_refused_demand(terminal: Terminal) -> None:
    terminal.demands()
    outputs = terminal.calls.ours.ask_failed(1, because("busy"), 101, retry=True)
    assert outputs == [TransmitRefused(101, T, because("busy"), True)]
    assert terminal.calls.ours.ask_failed(1, because("busy"), 102, retry=True) == []


def test_the_failure_of_an_old_command_is_not_the_new_demands(terminal: Terminal) -> None:
    terminal.demands()
    terminal.calls.ours.ask_failed(1, because("busy"), 101, retry=True)
    terminal.demands()
    assert terminal.calls.ours.ask_failed(1, because("busy"), 102, retry=True) == []


def test_a_call_that_is_not_there_after_all_is_dialled_at_once(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    refused = in_hang_time.calls.ours.ask_failed(
        1, because("not in direct mode"), in_hang_time.now_s, retry=False, stale=True
    )
    assert refused == [Dial(2, GROUP)]
    assert kinds(in_hang_time.hears(OutgoingCall(3, 0), CallConnected(3))) == []
    assert kinds(in_hang_time.hears(TransmissionGrant(3, TxGrant.GRANTED))) == [TransmitGranted]


def test_a_press_refused_while_another_talks_is_no_reason_to_dial_over_them(terminal: Terminal) -> None:
    terminal.hears(CALLED, CONNECTED, OTHER_TALKS)
    terminal.demands(preempt=True)
    refused = terminal.calls.ours.ask_failed(1, because("not supported"), terminal.now_s, retry=False, stale=True)
    assert kinds(refused) == [TransmitRefused]


def test_who_was_turned_away_is_told_when_the_channel_is_free(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    in_hang_time.hears(TransmissionGrant(1, TxGrant.NOT_GRANTED, False))
    assert in_hang_time.hears(RELEASED) == [ChannelFree(in_hang_time.now_s, T)]
    assert in_hang_time.hears(RELEASED) == []
    in_hang_time.demands()
    assert kinds(in_hang_time.hears(CallReleased(2, 5))) == [TransmitRefused], "the end that refuses frees nothing"


@pytest.mark.parametrize("connected", [CallConnected(2), None])
def test_a_grant_that_answers_our_own_dial_counts_under_whatever_instance_it_comes(
    terminal: Terminal, connected: Indication | None
) -> None:
    terminal.demands()
    terminal.hears(OutgoingCall(1, 0))
    if connected is not None:
        terminal.hears(connected)
    assert kinds(terminal.hears(TransmissionGrant(2, TxGrant.GRANTED))) == [TransmitGranted]
    assert terminal.ceases() == [Withdraw(1), Release(2)]


def test_a_call_still_being_set_up_is_hung_up_and_dialled_anew(terminal: Terminal) -> None:
    terminal.demands()
    terminal.hears(OutgoingCall(1, 0))
    assert terminal.ceases() == [Withdraw(1), HangUp()]
    terminal.calls.ours.release_answered(terminal.now_s, done=True)
    assert terminal.demands() == [Dial(2, GROUP)]


def test_a_command_without_answer_may_still_be_granted_and_is_then_ended(terminal: Terminal) -> None:
    terminal.demands()
    assert kinds(terminal.calls.ours.ask_failed(1, because("silent"), 101, retry=True, in_doubt=True)) == [
        TransmitRefused,
        Withdraw,
    ]
    outputs = terminal.hears(CONNECTED, GRANTED)
    assert TransmitGranted not in kinds(outputs)
    assert Release(1) in outputs


# --- asking another to give way ---


def test_the_one_who_talks_is_asked_to_give_way_and_is_heard_until_he_does(terminal: Terminal) -> None:
    terminal.hears(CALLED, CONNECTED, OTHER_TALKS)
    assert terminal.demands(preempt=True) == [Press(1, 1, preempt=True)]
    assert terminal.hears(OTHER_TALKS) == []
    assert kinds(terminal.hears(GRANTED)) == [RadioTalkStopped, TransmitGranted]


def test_pre_emption_is_asked_for_also_where_ordinary_demands_are_not_allowed(terminal: Terminal) -> None:
    barred = TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, False, Identity(23404))
    terminal.hears(CALLED, CONNECTED, barred)
    assert kinds(terminal.demands()) == [TransmitRefused]
    assert kinds(terminal.demands(preempt=True)) == [Press]


def test_an_emergency_in_a_call_that_is_up_is_told_of_the_one_who_talks(terminal: Terminal) -> None:
    terminal.hears(CALLED, CONNECTED)
    (started,) = terminal.hears(TransmissionInterrupted(1, TxGrant.GRANTED_TO_ANOTHER, False, Identity(23405)))
    assert isinstance(started, RadioTalkStarted)
    assert (started.issi, started.emergency) == (23405, False)
    (told,) = terminal.hears(IncomingCall(1, 0, 0, Identity(23404), 1, Identity(1), 15))
    assert isinstance(told, RadioTalkStarted)
    assert (told.issi, told.emergency) == (23405, True)
    assert terminal.hears(IncomingCall(1, 0, 0, Identity(23404), 1, Identity(1), 15)) == []


@pytest.mark.parametrize("talks", [True, False])
def test_an_emergency_call_is_never_pre_empted(terminal: Terminal, talks: bool) -> None:
    terminal.hears(read_one("cticn_emergency"), CONNECTED, OTHER_TALKS)
    if not talks:
        terminal.hears(CEASED)
    (refused,) = terminal.demands(preempt=True)
    assert refused == TransmitRefused(terminal.now_s, T, TransmitReason.EMERGENCY_NOT_PREEMPTED(), retry=False)
    assert kinds(terminal.demands()) == [Press], "asking politely stays allowed"


def test_a_demand_that_waits_can_be_made_to_pre_empt(terminal: Terminal) -> None:
    terminal.hears(CALLED, CONNECTED, OTHER_TALKS)
    terminal.demands()
    assert terminal.demands(preempt=True) == [Withdraw(1), Press(2, 1, preempt=True)]
    assert terminal.demands(preempt=True) == []
    assert terminal.calls.ours.ask_failed(1, because("given up"), terminal.now_s, retry=True) == []
    assert kinds(terminal.hears(GRANTED)) == [RadioTalkStopped, TransmitGranted]


def test_a_demand_that_waits_in_an_emergency_stays_as_polite_as_it_was(terminal: Terminal) -> None:
    terminal.hears(read_one("cticn_emergency"), CONNECTED, OTHER_TALKS)
    terminal.demands()
    assert terminal.demands(preempt=True) == [Noted("not_preempted")]


def test_pre_empting_after_letting_go_is_remembered(sending: Terminal) -> None:
    sending.ceases()
    sending.demands(preempt=True)
    outputs = sending.hears(CEASED)
    assert outputs[-1] == Press(2, 1, preempt=True)


# --- the network interrupts, continues, lets the hang time run out ---


def test_while_the_network_interrupts_a_call_nothing_is_asked_in_it_and_then_it_is(in_hang_time: Terminal) -> None:
    in_hang_time.hears(TransmissionWait(1))
    (refused,) = in_hang_time.demands()
    assert refused == TransmitRefused(in_hang_time.now_s, T, TransmitReason.NETWORK_INTERRUPTS(), retry=True)
    in_hang_time.hears(TransmissionContinues(1))
    assert kinds(in_hang_time.demands()) == [Press]


def test_an_interruption_that_is_never_ended_does_not_bar_us_for_ever(in_hang_time: Terminal) -> None:
    in_hang_time.hears(TransmissionWait(1))
    in_hang_time.waits(TIMES.interrupted_s)
    assert kinds(in_hang_time.demands()) == [Press]


def test_a_talker_without_a_name_is_brought_back_too_and_the_repeat_of_an_interruption_forgets_nobody(
    terminal: Terminal,
) -> None:
    terminal.hears(CONNECTED, TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER))
    assert kinds(terminal.hears(TransmissionWait(1), TransmissionWait(1))) == [RadioTalkStopped]
    assert kinds(terminal.hears(TransmissionContinues(1))) == [RadioTalkStarted]


def test_an_interruption_longer_than_any_transmission_brings_nobody_back(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS, TransmissionWait(1))
    terminal.waits(TIMES.talk_watchdog_s)
    assert terminal.hears(TransmissionContinues(1)) == []


def test_our_interrupted_transmission_is_asked_for_again_when_the_call_is_whole(sending: Terminal) -> None:
    sending.hears(TransmissionWait(1))
    sending.calls.ours.release_answered(sending.now_s, done=True)
    assert sending.demands() == [], "the end of the former is not confirmed yet"
    assert sending.hears(TransmissionContinues(1)) == [Noted("late_grant"), Release(1)]
    assert kinds(sending.hears(CEASED)) == [Press]


def test_a_transmission_the_network_gives_back_after_its_end_is_ended_at_once(sending: Terminal) -> None:
    sending.hears(TransmissionWait(1))
    sending.calls.ours.release_answered(sending.now_s, done=False)
    sending.calls.ours.release_answered(sending.now_s, done=False, gone=True)
    assert sending.calls.phase == Idle()
    assert sending.hears(TransmissionContinues(1)) == [Noted("late_grant"), Release(1)]
    assert isinstance(sending.calls.phase, Releasing), "and until that is confirmed nothing else is asked for"


def test_a_call_whose_hang_time_has_run_out_is_dialled_anew(in_hang_time: Terminal) -> None:
    assert in_hang_time.hears(IncomingCall(1, CallStatus.HANG_TIME_EXPIRED)) == []
    assert in_hang_time.demands() == [Dial(1, GROUP)]


def test_a_talker_whose_call_runs_out_is_gone(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    assert kinds(terminal.hears(OutgoingCall(1, CallStatus.HANG_TIME_EXPIRED))) == [RadioTalkStopped]


def test_a_hang_time_that_runs_out_under_our_own_transmission_is_noted_and_believed_no_more(sending: Terminal) -> None:
    assert kinds(sending.hears(OutgoingCall(1, CallStatus.HANG_TIME_EXPIRED))) == [Noted]
    assert isinstance(sending.calls.phase, Sending)


def test_a_call_that_is_told_to_continue_brings_its_talker_back(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS, TransmissionWait(1))
    assert kinds(terminal.hears(IncomingCall(1, CallStatus.CONTINUE))) == [RadioTalkStarted]


# --- letting go in awkward moments ---


def test_released_before_the_call_has_a_number_is_released_as_soon_as_it_has(terminal: Terminal) -> None:
    terminal.demands()
    assert terminal.ceases() == [Withdraw(1)]
    assert terminal.hears(CONNECTED) == [Release(1)]
    outputs = terminal.hears(GRANTED)
    assert kinds(outputs) == [Noted, Release]
    assert terminal.hears(CEASED) == []
    assert terminal.calls.phase == Idle()


def test_a_call_that_never_shows_itself_is_hung_up(terminal: Terminal) -> None:
    terminal.demands()
    terminal.ceases()
    assert terminal.waits(3) == [HangUp()]
    assert terminal.calls.ours.release_answered(terminal.now_s, done=True) == []
    assert terminal.calls.phase == Idle()


def test_a_demand_taken_back_before_it_was_written_is_over_at_once(terminal: Terminal) -> None:
    terminal.demands()
    terminal.ceases()
    assert terminal.calls.ours.ask_failed(1, because("given up"), 101, retry=True) == []
    assert terminal.calls.phase == Idle()


def test_asking_again_while_letting_go_waits_for_the_end(sending: Terminal) -> None:
    sending.ceases()
    assert sending.demands() == []
    assert kinds(sending.hears(CEASED)) == [TransmitEnded, Press]
    assert kinds(sending.hears(GRANTED)) == [TransmitGranted]


def test_asking_again_and_thinking_better_of_it(sending: Terminal) -> None:
    sending.ceases()
    sending.demands()
    sending.ceases()
    assert kinds(sending.hears(CEASED)) == [TransmitEnded]


def test_a_terminal_that_will_not_let_go_is_hung_up(sending: Terminal) -> None:
    sending.ceases()
    assert kinds(sending.calls.ours.release_answered(sending.now_s, done=False)) == [Noted, HangUp]
    assert sending.calls.ours.release_answered(sending.now_s, done=True) == [], "hanging up is no proof either"
    assert kinds(sending.hears(RELEASED)) == [TransmitEnded]


def test_a_terminal_that_was_hung_up_and_knows_of_no_such_call_has_let_go(sending: Terminal) -> None:
    sending.ceases()
    assert kinds(sending.calls.ours.release_answered(sending.now_s, done=False, gone=True)) == [Noted, HangUp]
    sending.calls.ours.release_answered(sending.now_s, done=True)
    assert sending.waits(TIMES.confirm_s) == [Noted("release_unconfirmed"), Release(1)]
    assert kinds(sending.calls.ours.release_answered(sending.now_s, done=False, gone=True)) == [TransmitEnded]


def answered(terminal: Terminal) -> list[Output]:
    return terminal.calls.ours.release_answered(terminal.now_s, done=True)


def test_an_end_nobody_confirms_is_ordered_again_and_again_and_never_believed(sending: Terminal) -> None:
    sending.ceases()
    assert answered(sending) == []
    assert sending.waits(1) == [Noted("release_unconfirmed"), Release(1)]
    sending.demands()
    answered(sending)
    outputs = sending.waits(1)
    assert outputs[:2] == [Noted("release_stuck"), HangUp()]
    assert kinds(outputs[2:]) == [TransmitRefused], "who waits for the channel is told that there is none"
    answered(sending)
    assert kinds(sending.demands()) == [TransmitRefused]
    assert sending.waits(5) == [Release(1)]
    answered(sending)
    assert sending.waits(5) == [HangUp()]
    outputs = sending.hears(RELEASED)
    assert outputs == [Noted("release_confirmed"), TransmitEnded(sending.now_s, T), ChannelFree(sending.now_s, T)]
    assert kinds(sending.demands()) == [Dial]


@pytest.mark.parametrize("proof", [CEASED, RELEASED, OTHER_TALKS, TransmissionGrant(1, TxGrant.NOT_GRANTED)])
def test_what_shows_that_we_are_off_the_air_confirms_the_end(sending: Terminal, proof: Indication) -> None:
    sending.ceases()
    answered(sending)
    assert TransmitEnded in kinds(sending.hears(proof))
    assert sending.calls.phase == Idle()


def test_no_terminal_is_held_longer_than_its_own_time_out_can_be(sending: Terminal) -> None:
    sending.ceases()
    ended: list[Output] = []
    for _ in range(100):
        answered(sending)
        ended += sending.waits(5)
        if sending.calls.phase == Idle():
            break
    assert ended[-3:-2] == [Noted("release_given_up")]
    assert 300 <= sending.now_s - 100 < 320


def test_a_network_that_goes_ends_our_transmission_and_waits_for_the_proof(sending: Terminal) -> None:
    ended, *wishes = sending.calls.end(because("no network"), 200)
    assert ended == TransmitEnded(200, T, lost=True, reason=because("no network"))
    assert wishes == [Withdraw(1), Release(1)]
    assert isinstance(sending.calls.phase, Releasing)
    assert sending.hears(RELEASED) == []
    assert sending.calls.phase == Idle()


def test_a_line_that_comes_back_while_we_may_be_on_the_air_waits_for_the_proof(terminal: Terminal) -> None:
    terminal.calls.ours.resume_release(1, terminal.now_s)
    assert kinds(terminal.demands()) == [TransmitRefused]
    assert terminal.waits(5) == [Release(1)]
    assert terminal.hears(RELEASED)[0] == Noted("release_confirmed")


def test_a_terminal_that_was_switched_on_anew_has_proved_it_with_its_first_answer(terminal: Terminal) -> None:
    terminal.calls.ours.resume_release(1, terminal.now_s)
    outputs = terminal.calls.ours.release_answered(terminal.now_s, done=False, gone=True)
    assert outputs == [Noted("release_confirmed")]
    assert kinds(terminal.demands()) == [Dial]


def test_a_grant_that_comes_after_we_gave_up_is_ended_again(in_hang_time: Terminal) -> None:
    in_hang_time.demands()
    in_hang_time.ceases()
    in_hang_time.calls.ours.release_answered(in_hang_time.now_s, done=True)
    outputs = in_hang_time.hears(GRANTED)
    assert outputs == [Noted("late_grant"), Release(1)]


# --- somebody at the terminal itself ---


def test_a_person_at_the_terminals_own_microphone_is_a_talker_and_is_not_cut(in_hang_time: Terminal) -> None:
    outputs = in_hang_time.hears(LocalDemand(1), GRANTED)
    assert TransmitGranted not in kinds(outputs)
    assert Release not in kinds(outputs)
    assert [one.issi for one in outputs if isinstance(one, RadioTalkStarted)] == [OWN]
    assert kinds(in_hang_time.demands()) == [TransmitRefused]
    assert RadioTalkStopped in kinds(in_hang_time.hears(LocalCease(1)))


def test_an_emergency_button_pressed_at_the_terminal_is_not_cut(terminal: Terminal) -> None:
    outputs = terminal.hears(IncomingCall(1, 0, 0, Identity(1000), 1, Identity(1), 15), GRANTED)
    assert [one.emergency for one in outputs if isinstance(one, RadioTalkStarted)] == [True]


# --- everything is lost ---


def test_losing_the_line_ends_everything_at_once(sending: Terminal) -> None:
    (ended,) = sending.calls.lose(because("unplugged"), 200)
    assert ended == TransmitEnded(200, T, lost=True, reason=because("unplugged"))
    assert sending.calls.calls == ()
    assert sending.calls.next_due_s() is None
    assert sending.calls.lose(because("unplugged"), 201) == []


def test_losing_the_line_while_asking_is_a_refusal_and_while_somebody_talks_his_end(terminal: Terminal) -> None:
    terminal.hears(CALLED, OTHER_TALKS)
    terminal.demands()
    assert kinds(terminal.calls.lose(because("unplugged"), 200)) == [RadioTalkStopped, TransmitRefused]


def test_losing_the_line_while_letting_go_tells_both_ends(sending: Terminal) -> None:
    sending.ceases()
    sending.demands()
    assert kinds(sending.calls.lose(because("unplugged"), 200)) == [TransmitEnded, TransmitRefused]


def test_a_terminal_that_invents_calls_takes_no_memory(terminal: Terminal) -> None:
    terminal.hears(*(CallConnected(instance) for instance in range(1000)))
    assert len(terminal.calls.calls) == MAX_CALLS
