"""The call-out (*inkallning*): who is called next, by what number, and what each call's end means.

The rules, each from the field:

- The intent is committed before the call is placed, and its id is the channel's: asking twice gives one call.
- A function has at most one live call, over all activations; a number likewise.
- The trunk sets the pace: `calls_per_s` and `channels`. Its congestion costs nobody an attempt, it rests the trunk.
  Calls are decided a little ahead of the pace, which holds on the wire by the gate of `bridge.ari` (`pacing`).
- Answered is not confirmed: without a key nobody is bridged, and the next number is tried.
- What a crash left without a trace is called again, told so, and counted.
"""

from dataclasses import replace
from typing import Final

from bridge.domain import again, meeting, pacing, prompts
from bridge.domain.commands import Done, NewTarget, Refused, StartActivation
from bridge.domain.effects import Dial, HangUpLeg, Play, StopPlaying
from bridge.domain.entry import door_prompts
from bridge.domain.events import TimerKind
from bridge.domain.ids import (
    ActivationId,
    AttemptId,
    ChannelId,
    ConferenceId,
    ParticipantId,
    PlaybackId,
    TrunkName,
)
from bridge.domain.model import (
    TARGET_DONE,
    Activation,
    ActivationState,
    Attempt,
    AttemptResult,
    AttemptState,
    Conference,
    ConferenceState,
    Participant,
    ParticipantKind,
    ParticipantState,
    Target,
    TargetState,
    TrunkPolicy,
)
from bridge.domain.node import Ask, AskPhase, TrunkUse
from bridge.domain.prompts import Prompt
from bridge.domain.turn import Turn

RING_GRACE_S: Final = 30.0
"""Asterisk itself ends a call that nobody answers; a call that has no end so long after that is lost to us."""
PUMP: Final = "callout"
"""The one pump timer's subject: whom to call is decided over all activations together."""

_CAUSES: Final = {
    1: AttemptResult.INVALID,
    22: AttemptResult.INVALID,
    28: AttemptResult.INVALID,
    17: AttemptResult.BUSY,
    21: AttemptResult.REJECTED,
    34: AttemptResult.CONGESTION,
    38: AttemptResult.CONGESTION,
    41: AttemptResult.CONGESTION,
    42: AttemptResult.CONGESTION,
    44: AttemptResult.CONGESTION,
    0: AttemptResult.NO_ANSWER,
    16: AttemptResult.NO_ANSWER,
    18: AttemptResult.NO_ANSWER,
    19: AttemptResult.NO_ANSWER,
    20: AttemptResult.NO_ANSWER,
}
"""Q.850 cause of an unanswered call → what it means for the function (ITU-T Q.850; all others: failed)."""

_DOUBLINGS: Final = 16
"""More doublings than any rest needs; a larger exponent would overflow."""
_ANSWERED: Final = 16
"""Q.850 normal clearing: in a call record, that the call was answered."""

_REASONS: Final = {
    AttemptResult.NO_KEY: "answered, no key pressed",
    AttemptResult.BUSY: "busy",
    AttemptResult.NO_ANSWER: "no answer",
    AttemptResult.REJECTED: "rejected the call",
    AttemptResult.INVALID: "the number does not exist",
    AttemptResult.FAILED: "the call failed",
    AttemptResult.CONGESTION: "the trunk is congested",
    AttemptResult.IN_DOUBT: "the call was lost in a restart",
}


# --- starting, cancelling ---


def start(turn: Turn, actor: str, command: StartActivation) -> None:
    """Everything of the activation in one commit; a repeated key, or the same list's id, joins what runs."""
    known = running(turn, command)
    if known is not None:
        turn.reply = Done(known.id)
        return
    if not command.targets:
        turn.reply = Refused("invalid", "the list is empty: add functions with numbers to it", "targets")
        return
    conference = turn.node.conferences.get(command.conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        turn.reply = Refused("not_found", "there is no such open conference", "conference_id")
        return
    forget_finished(turn, conference.id)
    activation = Activation(
        id=command.activation,
        key=command.key,
        conference=conference.id,
        list_name=command.list_name,
        list_id=command.list_id,
        started_by=actor,
        started_at_s=turn.at_s,
        ring_s=command.ring_s,
        rounds=command.rounds,
        round_pause_s=command.round_pause_s,
        exercise=command.exercise or conference.exercise,
    )
    turn.put(activation)
    for position, target in enumerate(command.targets):
        turn.put(_new_target(activation, position, target))
    turn.audit(actor, "activation.start", activation.id, list=command.list_name, functions=len(command.targets))
    turn.reply = Done(activation.id)
    _close_if_done(turn, activation.id)
    pump(turn)


def running(turn: Turn, command: StartActivation) -> Activation | None:
    """The activation that the command would start, where it runs already."""
    for activation in turn.node.activations.values():
        if activation.key == command.key:
            return activation
        same_list = command.list_id is not None and activation.list_id == command.list_id
        if same_list and activation.conference == command.conference and activation.state is ActivationState.OPEN:
            return activation
    return None


def _new_target(activation: Activation, position: int, new: NewTarget) -> Target:
    target = Target(
        id=new.id,
        activation=activation.id,
        position=position,
        function=new.function,
        organisation=new.organisation,
        numbers=new.numbers,
        language=new.language,
    )
    if not new.numbers:
        return replace(target, state=TargetState.UNREACHABLE, reason="no number is known")
    return target


def cancel(turn: Turn, activation: Activation) -> None:
    """Stop ringing; who has been asked is told; who has joined stays."""
    if activation.state is not ActivationState.OPEN:
        return
    turn.put(replace(activation, state=ActivationState.CANCELLED, ended_at_s=turn.at_s))
    for target in targets_of(turn, activation.id):
        if target.state not in TARGET_DONE:
            _cancel_target(turn, target, "the call-out was cancelled")


def cancel_target(turn: Turn, target: Target, reason: str) -> None:
    """One function need not be called any more; the rest goes on."""
    _cancel_target(turn, target, reason)
    _close_if_done(turn, target.activation)


def _cancel_target(turn: Turn, target: Target, reason: str) -> None:
    attempt = turn.node.attempts.get(target.attempt) if target.attempt else None
    turn.put(replace(target, state=TargetState.CANCELLED, reason=reason))
    if attempt is None:
        return
    turn.put(replace(attempt, result=AttemptResult.CANCELLED))
    ask = turn.node.asks.get(ChannelId(attempt.id))
    if ask is None:
        turn.do(HangUpLeg(ChannelId(attempt.id)))
    elif ask.phase is AskPhase.ASKING:
        turn.stop_timer(TimerKind.CALLOUT_KEY, ask.channel)
        _say_and_leave(turn, ask, target, prompts.CALLOUT_CANCELLED)


def forget(turn: Turn, activation: Activation) -> None:
    """Its conference is over and forgotten; the store keeps the report."""
    cancel(turn, activation)
    for target in targets_of(turn, activation.id):
        turn.forget(target)
    turn.forget(activation)


def forget_finished(turn: Turn, conference: ConferenceId) -> None:
    """The finished call-outs of a standing conference go when its next begins; the store keeps their reports. One stays
    while a call of it is up, or somebody it brought is being rung back."""
    kept = {attempt.activation for attempt in turn.node.attempts.values()}
    away = (ParticipantState.LOST, ParticipantState.JOINING)
    missing = {one.target for one in turn.node.participants.values() if one.state in away}
    for activation in list(turn.node.activations.values()):
        is_finished = activation.conference == conference and activation.state is not ActivationState.OPEN
        targets = targets_of(turn, activation.id)
        if is_finished and activation.id not in kept and not any(target.id in missing for target in targets):
            forget(turn, activation)


def targets_of(turn: Turn, activation: ActivationId) -> list[Target]:
    return [target for target in turn.node.targets.values() if target.activation == activation]


# --- the pump: who is called now ---


def pump(turn: Turn) -> None:
    """Place every call that the trunks have room for, in order of activation and list; then sleep until the next.

    While Asterisk is away nothing is placed; the reconcile of `TelephonyUp` pumps.
    """
    if not turn.node.telephony_up:
        return
    waiting = _waiting(turn)
    being_called = {attempt.number for attempt in turn.node.attempts.values()}
    due_at_s: list[float] = []
    for target in waiting:
        callable_target = _past_numbers_without_trunk(turn, target)
        if callable_target is None:
            continue
        target = callable_target
        if target.not_before_s > turn.at_s:
            due_at_s.append(target.not_before_s)
            continue
        number = target.numbers[target.next_number]
        if number in being_called:
            continue
        trunk, ready_at_s = _trunk_for(turn, number)
        if trunk is None:
            if ready_at_s is not None and ready_at_s > turn.at_s:
                due_at_s.append(ready_at_s)
            continue
        _place(turn, target, number, trunk)
        being_called.add(number)
    if due_at_s:
        turn.start_timer(TimerKind.CALLOUT_PUMP, PUMP, max(0.005, min(due_at_s) - turn.at_s))


def _past_numbers_without_trunk(turn: Turn, target: Target) -> Target | None:
    """The target at its next number that some trunk may call; `None` when it has none, and is given up."""
    while target.state is TargetState.WAITING:
        if _trunk_for(turn, target.numbers[target.next_number]) != (None, None):
            return target
        _spend(turn, target, AttemptResult.INVALID, "no trunk may call this number")
        target = turn.node.targets[target.id]
    return None


def _waiting(turn: Turn) -> list[Target]:
    activations = turn.node.activations
    waiting = [
        target
        for target in turn.node.targets.values()
        if target.state is TargetState.WAITING and activations[target.activation].state is ActivationState.OPEN
    ]
    return sorted(waiting, key=lambda one: (activations[one.activation].started_at_s, one.position))


def _trunk_for(turn: Turn, number: str) -> tuple[TrunkPolicy | None, float | None]:
    """A trunk with room now; or when one may have (`None`: never, no trunk allows this number)."""
    ready_at_s: float | None = None
    for trunk in turn.node.policy.trunks:
        if not trunk.may_call(number):
            continue
        use = turn.node.trunks.get(trunk.name, TrunkUse())
        has_channel = len(use.busy) < trunk.channels
        ready = use.next_call_at_s - pacing.AHEAD_S
        if has_channel and ready <= turn.at_s:
            return trunk, turn.at_s
        # A full trunk is pumped again when one of its calls ends: no instant to wait for.
        soonest = ready if has_channel else turn.at_s
        ready_at_s = soonest if ready_at_s is None else min(ready_at_s, soonest)
    return None, ready_at_s


def _place(turn: Turn, target: Target, number: str, trunk: TrunkPolicy) -> None:
    activation = turn.node.activations[target.activation]
    attempt = Attempt(
        id=AttemptId(turn.mint("channel")),
        target=target.id,
        activation=activation.id,
        number=number,
        trunk=trunk.name,
        intent_at_s=turn.at_s,
    )
    turn.put(attempt)
    turn.put(replace(target, state=TargetState.CALLING, attempt=attempt.id, attempts_made=target.attempts_made + 1))
    use = turn.node.trunks.get(trunk.name, TrunkUse())
    gap_s = pacing.gap_s(trunk.calls_per_s)
    # A timer that is a little late must not slow the whole call-out down; a long rest gives no burst.
    on_pace = turn.at_s - use.next_call_at_s < gap_s
    next_call_at_s = (use.next_call_at_s if on_pace else turn.at_s) + gap_s
    turn.set_in("trunks", trunk.name, replace(use, next_call_at_s=next_call_at_s, busy=use.busy | {attempt.id}))
    turn.start_timer(TimerKind.CALLOUT_RING, attempt.id, activation.ring_s + RING_GRACE_S)
    turn.do(Dial(ChannelId(attempt.id), trunk.name, number, trunk.caller_id, activation.ring_s))


def is_unplaced(attempt: Attempt) -> bool:
    """Whether the call is still only an intent, so that the same order may be given again."""
    return attempt.state is AttemptState.INTENT and attempt.result is None


# --- one call's life ---


def ringing(turn: Turn, attempt: Attempt) -> None:
    if attempt.state is AttemptState.INTENT:
        turn.put(replace(attempt, state=AttemptState.RINGING, ringing_at_s=turn.at_s))


def answered(turn: Turn, attempt: Attempt) -> None:
    """Speak at once and listen for a key from the first moment. An answer that comes too late is told so."""
    channel = ChannelId(attempt.id)
    turn.stop_timer(TimerKind.CALLOUT_RING, attempt.id)
    if channel in turn.node.asks or channel in turn.node.seats:
        return
    target = turn.node.targets.get(attempt.target)
    if target is None:
        turn.do(HangUpLeg(channel))
    elif target.state in TARGET_DONE:
        _say_and_leave(turn, Ask(channel, attempt.id), target, prompts.CALLOUT_CANCELLED)
    else:
        _ask_for_key(turn, attempt, target)


def _ask_for_key(turn: Turn, attempt: Attempt, target: Target) -> None:
    channel = ChannelId(attempt.id)
    activation = turn.node.activations[attempt.activation]
    turn.put(replace(attempt, state=AttemptState.ANSWERED, answered_at_s=attempt.answered_at_s or turn.at_s))
    turn.put(replace(target, state=TargetState.ASKED))
    said = (
        *((prompts.ENTRY_EXERCISE,) if activation.exercise else ()),
        prompts.CALLOUT_INTRO if target.seat is None else prompts.CALLOUT_RING_BACK,
        *((prompts.CALLOUT_AGAIN,) if target.called_before else ()),
        prompts.CALLOUT_KEYS,
        prompts.CALLOUT_KEYS,
    )
    turn.set_in("asks", channel, Ask(channel, attempt.id, playback=_play(turn, channel, target, *said)))
    turn.start_timer(TimerKind.CALLOUT_KEY, channel, turn.node.policy.callout.key_wait_s)


def press(turn: Turn, ask: Ask, digit: str) -> None:
    """1 joins, 2 comes later, 3 cannot; any other key says nothing and changes nothing."""
    if ask.phase is not AskPhase.ASKING or digit not in "123":
        return
    called = _called(turn, ask)
    if called is None:
        return
    attempt, target = called
    turn.stop_timer(TimerKind.CALLOUT_KEY, ask.channel)
    match digit:
        case "1":
            _accept(turn, ask, attempt, target)
        case "2":
            _decline(turn, ask, attempt, target, TargetState.LATER, AttemptResult.LATER, prompts.CALLOUT_LATER)
        case _:
            _decline(turn, ask, attempt, target, TargetState.CANNOT, AttemptResult.CANNOT, prompts.CALLOUT_CANNOT)


def _called(turn: Turn, ask: Ask) -> tuple[Attempt, Target] | None:
    """Whom the question is put to; one who is known no more is hung up."""
    attempt = turn.node.attempts.get(ask.attempt)
    target = turn.node.targets.get(attempt.target) if attempt is not None else None
    if attempt is None or target is None:
        _drop_ask(turn, ask.channel)
        turn.do(HangUpLeg(ask.channel))
        return None
    return attempt, target


def _accept(turn: Turn, ask: Ask, attempt: Attempt, target: Target) -> None:
    conference = turn.node.conferences.get(turn.node.activations[attempt.activation].conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        turn.put(replace(target, state=TargetState.CANCELLED, reason="the conference has ended"))
        _say_and_leave(turn, ask, target, prompts.CALLOUT_CANCELLED)
        return
    participant = _participant(turn, conference, ask, attempt, target)
    turn.put(replace(target, state=TargetState.JOINED, reason=None))
    turn.put(replace(attempt, result=AttemptResult.JOINED))
    if ask.playback is not None:
        turn.do(StopPlaying(ask.channel, ask.playback))
    meeting.admit(turn, conference, participant, ask.channel)
    playback = _play(turn, ask.channel, target, *door_prompts(conference))
    joining = replace(ask, phase=AskPhase.JOINING, playback=playback, participant=participant.id)
    turn.set_in("asks", ask.channel, joining)
    _close_if_done(turn, target.activation)


def _participant(turn: Turn, conference: Conference, ask: Ask, attempt: Attempt, target: Target) -> Participant:
    """A new participant, or the lost one who is rung back: with the role, mute and name they had."""
    lost = turn.node.participants.get(target.seat) if target.seat is not None else None
    if lost is not None and lost.state is ParticipantState.LOST:
        return replace(lost, state=ParticipantState.JOINING, channel=ask.channel, left_at_s=None)
    return Participant(
        id=ParticipantId(turn.mint("participant")),
        conference=conference.id,
        kind=ParticipantKind.PHONE,
        name=f"{target.organisation} {target.function}".strip() or attempt.number,
        organisation=target.organisation or None,
        function=target.function or None,
        target=target.id,
        channel=ask.channel,
        language=target.language,
        number=attempt.number,
    )


def _decline(
    turn: Turn,
    ask: Ask,
    attempt: Attempt,
    target: Target,
    state: TargetState,
    result: AttemptResult,
    said: Prompt,
) -> None:
    turn.put(replace(target, state=state, reason=None))
    turn.put(replace(attempt, result=result))
    _say_and_leave(turn, ask, target, said)
    _close_if_done(turn, target.activation)


def no_key(turn: Turn, ask: Ask) -> None:
    """Somebody, or a voicemail, has pressed nothing: never bridged."""
    if ask.phase is not AskPhase.ASKING:
        return
    called = _called(turn, ask)
    if called is not None:
        attempt, target = called
        turn.put(replace(attempt, result=AttemptResult.NO_KEY))
        _say_and_leave(turn, ask, target, prompts.CALLOUT_NO_KEY)


def played(turn: Turn, ask: Ask, playback: PlaybackId) -> None:
    if ask.playback != playback:
        return
    turn.stop_timer(TimerKind.PROMPT, ask.channel)
    match ask.phase:
        case AskPhase.JOINING:
            turn.drop_from("asks", ask.channel)
            participant = turn.node.participants.get(ask.participant) if ask.participant else None
            if participant is not None:
                meeting.take_seat(turn, participant)
        case AskPhase.LEAVING:
            turn.do(HangUpLeg(ask.channel))
        case AskPhase.ASKING:
            _ask_again(turn, ask)


def _ask_again(turn: Turn, ask: Ask) -> None:
    """The keys are read out until one is pressed or `CALLOUT_KEY` is due: nobody is left in silence."""
    called = _called(turn, ask)
    if called is not None:
        playback = _play(turn, ask.channel, called[1], prompts.CALLOUT_KEYS)
        turn.set_in("asks", ask.channel, replace(ask, playback=playback))


def _say_and_leave(turn: Turn, ask: Ask, target: Target, said: Prompt) -> None:
    if ask.playback is not None:
        turn.do(StopPlaying(ask.channel, ask.playback))
    playback = _play(turn, ask.channel, target, said)
    turn.set_in("asks", ask.channel, replace(ask, phase=AskPhase.LEAVING, playback=playback))


def _play(turn: Turn, channel: ChannelId, target: Target, *said: Prompt) -> PlaybackId:
    playback = PlaybackId(turn.mint("playback"))
    turn.do(Play(channel, playback, said, target.language))
    turn.start_timer(TimerKind.PROMPT, channel, turn.node.policy.entry.prompt_longest_s)
    return playback


# --- a call's end ---


def ended(turn: Turn, attempt: Attempt, cause: int) -> None:
    """The channel is gone: what that means for the function, and who is next."""
    _end(turn, attempt, attempt.result or _result_of(attempt, cause), cause)


def _end(turn: Turn, attempt: Attempt, result: AttemptResult, cause: int | None) -> None:
    """The one way out of an attempt, whatever ended it: question, timers, trunk and target are all let go of."""
    _drop_ask(turn, ChannelId(attempt.id))
    turn.stop_timer(TimerKind.CALLOUT_RING, attempt.id)
    again.forget_subject(turn, attempt.id)
    finished = replace(attempt, state=AttemptState.ENDED, result=result, cause=cause, ended_at_s=turn.at_s)
    turn.put(finished)
    turn.forget(finished)
    _free_trunk(turn, attempt, congested=result is AttemptResult.CONGESTION)
    target = turn.node.targets.get(attempt.target)
    if target is not None and target.state not in TARGET_DONE:
        _after(turn, replace(target, attempt=None), result)
    elif target is not None and target.attempt == attempt.id:
        turn.put(replace(target, attempt=None))
    _close_if_done(turn, attempt.activation)
    _let_conference_be_forgotten(turn, attempt)
    pump(turn)


def _drop_ask(turn: Turn, channel: ChannelId) -> None:
    turn.drop_from("asks", channel)
    turn.stop_timer(TimerKind.CALLOUT_KEY, channel)
    turn.stop_timer(TimerKind.PROMPT, channel)


def _let_conference_be_forgotten(turn: Turn, attempt: Attempt) -> None:
    activation = turn.node.activations.get(attempt.activation)
    if activation is not None:
        meeting.forget_if_finished(turn, activation.conference)


def _result_of(attempt: Attempt, cause: int) -> AttemptResult:
    if attempt.state is AttemptState.ANSWERED:
        return AttemptResult.NO_KEY
    return _CAUSES.get(cause, AttemptResult.FAILED)


def ended_meanwhile(turn: Turn, attempt: Attempt, cause: int) -> None:
    """Its call record tells how it ended while nobody listened. Who answered then met silence, and is called again."""
    if cause == _ANSWERED and attempt.state is not AttemptState.ANSWERED:
        return lost(turn, attempt)
    return ended(turn, attempt, cause)


def lost(turn: Turn, attempt: Attempt) -> None:
    """Whether the person had this call cannot be told: it left no trace, or nobody asked them for a key."""
    _end(turn, attempt, attempt.result or AttemptResult.IN_DOUBT, None)


def ring_overdue(turn: Turn, attempt: Attempt) -> None:
    """The call should have been answered or ended long ago, and neither was reported: it is ended and in doubt."""
    if attempt.state in (AttemptState.INTENT, AttemptState.RINGING):
        turn.do(HangUpLeg(ChannelId(attempt.id)))
        lost(turn, attempt)


def not_seated(turn: Turn, channel: ChannelId) -> None:
    """They pressed 1 and could not be put into the conference: they are called again, and told why."""
    attempt = turn.node.attempts.get(AttemptId(channel))
    target = turn.node.targets.get(attempt.target) if attempt is not None else None
    if attempt is None or target is None:
        return
    turn.put(replace(attempt, result=AttemptResult.IN_DOUBT))
    turn.put(replace(target, state=TargetState.ASKED))
    activation = turn.node.activations[attempt.activation]
    if activation.state is ActivationState.DONE:
        turn.put(replace(activation, state=ActivationState.OPEN, ended_at_s=None))


def not_diallable(turn: Turn, attempt: Attempt, reason: str) -> None:
    """Asterisk will never place this call: the next number is tried, and the reason is shown."""
    target = turn.node.targets.get(attempt.target)
    _end(turn, attempt, AttemptResult.FAILED, None)
    if target is not None and target.id in turn.node.targets:
        turn.put(replace(turn.node.targets[target.id], reason=reason))


def refused_by_trunk(turn: Turn, attempt: Attempt) -> None:
    """Asterisk did not place the call: the trunk's fault, as congestion."""
    ended(turn, replace(attempt, result=AttemptResult.CONGESTION), 38)


def _free_trunk(turn: Turn, attempt: Attempt, *, congested: bool) -> None:
    policy = turn.node.policy.callout
    use = turn.node.trunks.get(attempt.trunk, TrunkUse())
    use = replace(use, busy=use.busy - {attempt.id}, congested=use.congested + 1 if congested else 0)
    if congested:
        rest_s = min(policy.congestion_s * 2 ** min(use.congested - 1, _DOUBLINGS), policy.congestion_longest_s)
        use = replace(use, next_call_at_s=max(use.next_call_at_s, turn.at_s + rest_s + pacing.AHEAD_S))
    turn.set_in("trunks", attempt.trunk, use)


def _after(turn: Turn, target: Target, result: AttemptResult) -> None:
    """A first doubt costs the number nothing; a second one does, so that nobody is rung for ever."""
    match result:
        case AttemptResult.CONGESTION:
            again = replace(target, state=TargetState.WAITING, attempts_made=target.attempts_made - 1)
            turn.put(replace(again, reason=_REASONS[result]))
        case AttemptResult.IN_DOUBT if not target.called_before:
            not_before_s = turn.at_s + turn.node.policy.callout.doubt_s
            again = replace(target, state=TargetState.WAITING, called_before=True, not_before_s=not_before_s)
            turn.put(replace(again, reason=_REASONS[result]))
        case _:
            _spend(turn, target, result, _REASONS.get(result, result.value))


def _spend(turn: Turn, target: Target, result: AttemptResult, reason: str) -> None:
    """This number is done for now: the next one, the next round, or nobody could be reached."""
    activation = turn.node.activations[target.activation]
    bad = target.bad_numbers
    if result is AttemptResult.INVALID:
        bad = bad | {target.numbers[target.next_number]}
    target = replace(target, state=TargetState.WAITING, bad_numbers=bad, reason=reason)
    later = [index for index in range(target.next_number + 1, len(target.numbers)) if target.numbers[index] not in bad]
    again = [index for index, number in enumerate(target.numbers) if number not in bad]
    if later:
        target = replace(target, next_number=later[0])
    elif again and target.round + 1 < activation.rounds:
        not_before_s = turn.at_s + activation.round_pause_s
        target = replace(target, next_number=again[0], round=target.round + 1, not_before_s=not_before_s)
    else:
        target = replace(target, state=TargetState.UNREACHABLE)
    turn.put(target)
    if target.state is TargetState.UNREACHABLE:
        _close_if_done(turn, activation.id)


def prompt_overdue(turn: Turn, ask: Ask) -> None:
    """The end of a prompt was not reported: it counts as ended."""
    if ask.playback is not None:
        played(turn, ask, ask.playback)


def _close_if_done(turn: Turn, activation: ActivationId) -> None:
    record = turn.node.activations.get(activation)
    if record is None or record.state is not ActivationState.OPEN:
        return
    if all(target.state in TARGET_DONE for target in targets_of(turn, activation)):
        turn.put(replace(record, state=ActivationState.DONE, ended_at_s=turn.at_s))


# --- after a restart ---


def adopted(turn: Turn, attempt: Attempt, *, answered: bool) -> None:
    """The call lives in Asterisk: it is not placed again, and its end is looked for. Who has answered is asked anew;
    a call that nobody wants any more is hung up."""
    target = turn.node.targets.get(attempt.target)
    activation = turn.node.activations.get(attempt.activation)
    if target is None or activation is None or target.state in TARGET_DONE:
        turn.do(HangUpLeg(ChannelId(attempt.id)))
    elif answered:
        _ask_for_key(turn, attempt, target)
    else:
        turn.start_timer(TimerKind.CALLOUT_RING, attempt.id, activation.ring_s + RING_GRACE_S)
        ringing(turn, attempt)


def trunk_in_use(turn: Turn, attempt: Attempt) -> None:
    """Count an adopted call against its trunk's channels."""
    use = turn.node.trunks.get(attempt.trunk, TrunkUse())
    turn.set_in("trunks", TrunkName(attempt.trunk), replace(use, busy=use.busy | {attempt.id}))
