"""Somebody rings back from a number at which a function was called, and hears at once what it was about.

The caller's number is a hint, which anybody may forge. It stops the ringing of the function while the caller is on the
line. It answers as an SMS does, and stands on the board. It lets nobody in without a code, unless the forum says so and
nothing of the meeting is secret. A function may ring back `MOST` times in a call-out. So a forged number delays its
call by a few minutes at most.

::

    WAITING, CALLING, ASKED,   ──rings from a number──▶ CALLS_BACK ──comes in────────▶ JOINED
    LATER, CANNOT, UNREACHABLE   that was called           │        ──2, 3, 4────────▶ LATER, CANNOT
                                                           └──hangs up, no answer───▶ called again, or as before
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bridge.domain.callout import answers, pump, questions, sharing, targets
from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    NOT_RUNG,
    OPERATOR_LIST,
    TARGETS,
    Activation,
    ActivationState,
    AttemptResult,
    Target,
    TargetState,
)
from bridge.domain.conference import door, entry, secrecy
from bridge.domain.conference.passing import ENTRIES, DoorQuestion, Entry, EntryPhase
from bridge.domain.conference.prompts import ENTRY_EXERCISE
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, Secrecy
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import Answer
from bridge.domain.telephony.events import CallArrived

MOST: Final = 3
"""So many times a function is recognised as ringing back in one call-out. After that its caller is as any other."""
_RINGS_BACK: Final = frozenset(
    {
        TargetState.WAITING,
        TargetState.CALLING,
        TargetState.ASKED,
        TargetState.LATER,
        TargetState.CANNOT,
        TargetState.UNREACHABLE,
        TargetState.REACHED,
    }
)
_MINUTES: Final = 2
"""So many digits of minutes are asked for."""


def arrive(step: Step, event: CallArrived) -> bool:
    """Greet a caller whom a call-out has tried to reach.

    Returns:
        False: no call-out has, or the number that was dialled leads to another meeting. The caller is as any other.
    """
    number = None if event.rescued else entry.number_of(event.caller)
    called = _called_at(step.node, number) if number is not None else []
    if number is None or not called or _leads_elsewhere(step, event, called[0]):
        return False
    step.do(Answer(event.channel))
    for one in called:
        _stop_ringing(step, one, called)
        step.audit("samband", "activation.call_back", one.id, number=number, function=one.function)
    caller = Entry(event.channel, event.caller, event.trunk, calls_back=tuple(one.id for one in called))
    entry.offer(step, caller, _question(step, called))
    return True


def _called_at(node: Node, number: str) -> list[Target]:
    """The functions that the newest call-out has called at this number, and that are not in its meeting yet."""
    found = [
        one
        for one in node[TARGETS].values()
        if number in one.rung and one.state in _RINGS_BACK and one.seat is None and one.call_backs < MOST
    ]
    goes_on = [one for one in found if _goes_on(node, node[ACTIVATIONS][one.activation])]
    if not goes_on:
        return []
    newest = max((node[ACTIVATIONS][one.activation] for one in goes_on), key=lambda one: (one.started_at_s, one.id))
    return sorted((one for one in goes_on if one.activation == newest.id), key=lambda one: one.position)


def _goes_on(node: Node, activation: Activation) -> bool:
    """The call-out is not taken back, and its meeting has not ended."""
    conference = node[CONFERENCES].get(activation.conference)
    is_there = conference is not None and conference.state is not ConferenceState.ENDED
    return is_there and activation.state is not ActivationState.CANCELLED and activation.list_id != OPERATOR_LIST


def _leads_elsewhere(step: Step, event: CallArrived, target: Target) -> bool:
    """A number of its own leads into another meeting, or into this one without a word."""
    bound = door.led_to(step.node, event.number)
    if bound is None:
        return False
    return bound.id != step.node[ACTIVATIONS][target.activation].conference or not bound.direct_code


def _stop_ringing(step: Step, target: Target, called: Sequence[Target]) -> None:
    """A call that others are asked in too goes on. The numbers that ring now are rung again if they do not come."""
    live = sharing.calls_of(step.node, target)
    tried = target.tried - {one.number for one in live}
    back = replace(target, state=TargetState.CALLS_BACK, was=target.state, call_backs=target.call_backs + 1)
    step.put(replace(back, tried=tried, reason=CalloutReason.CALLS_BACK()))
    ids = {one.id for one in called}
    for attempt in live:
        others = [one for one in sharing.functions_of(step.node, attempt) if one.id not in ids]
        if all(one.state in NOT_RUNG for one in others):
            questions.call_off(step, attempt, AttemptResult.CANCELLED, callout_prompts.CALLOUT_CALLS_BACK)


# --- the question ---


def _question(step: Step, called: Sequence[Target]) -> DoorQuestion:
    """The functions that were called, the meeting, and the keys. Of a meeting with secrecy no name is said."""
    activation = step.node[ACTIVATIONS][called[0].activation]
    conference = step.node[CONFERENCES][activation.conference]
    is_told = conference.secrecy is Secrecy.OPEN
    names = [phrases.spoken(questions.spoken_name(one, called)) for one in called if one.function]
    said = (
        *((ENTRY_EXERCISE,) if activation.exercise else ()),
        callout_prompts.CALLOUT_CALL_BACK,
        *((callout_prompts.CALLOUT_CALLED_WAS, *names) if is_told and names else ()),
        *((callout_prompts.CALLOUT_TO_MEETING, phrases.spoken(conference.name)) if is_told else ()),
        callout_prompts.CALLOUT_KEYS,
    )
    keys = "".join(answers.KEYS)
    return DoorQuestion(said, (callout_prompts.CALLOUT_KEYS,), _answered, called[0].language, keys=keys)


def _answered(step: Step, caller: Entry, key: str) -> None:
    called = _on_the_line(step, caller)
    if not called:
        entry.ask_code(step, caller, callout_prompts.CALLOUT_KEY_CODE)
    elif key == "1" and sharing.is_asked_who(len(called)):
        who = questions.who_prompts(called)
        keys = "".join(str(one) for one in range(1, len(called) + 2))
        entry.offer(step, caller, DoorQuestion(who, who, _comes, called[0].language, keys=keys))
    elif key == "1":
        _comes(step, caller, "")
    elif key == answers.LATER and answers.is_called_then(step, called[0]):
        said = (callout_prompts.CALLOUT_MINUTES,)
        rule = partial(_comes_not_now, answers.LATER)
        entry.offer(step, caller, DoorQuestion(said, said, rule, called[0].language, most=_MINUTES, tries=1))
    elif key:
        _comes_not_now(key, step, caller, "")
    else:
        entry.let_go(step, caller, *questions.no_key_message(step, called[0]), language=called[0].language)


def _on_the_line(step: Step, caller: Entry) -> list[Target]:
    """The functions for which the caller answers, as long as nothing else has answered for them."""
    found = [step.node[TARGETS].get(one) for one in caller.calls_back]
    return [one for one in found if one is not None and one.state is TargetState.CALLS_BACK]


def _comes_not_now(answer: str, step: Step, caller: Entry, minutes: str) -> None:
    """2, 3 or 4: it counts as on the call."""
    called = _on_the_line(step, caller)
    if not called:
        entry.ask_code(step, caller, callout_prompts.CALLOUT_KEY_CODE)
        return
    receipt = questions.receipts(step, called)[answer]
    number = entry.number_of(caller.caller) or ""
    _open_again(step, called[0])
    for one in called:
        answers.take(step, number, replace(one, was=None), answer + minutes)
    entry.let_go(step, replace(caller, calls_back=()), *receipt, language=called[0].language)
    targets.close_if_done(step, called[0].activation)
    pump.pump(step)


def _open_again(step: Step, target: Target) -> None:
    """Its call-out had come to its end, and there is somebody to call again."""
    activation = step.node[ACTIVATIONS][target.activation]
    if activation.state is ActivationState.DONE:
        step.put(replace(activation, state=ActivationState.OPEN, ended_at_s=None))


def _comes(step: Step, caller: Entry, choice: str) -> None:
    """1: they come in as the functions for which they answer, where the forum lets them. Else they key a code."""
    called = _on_the_line(step, caller)
    answered = sharing.chosen(called, choice)
    for one in called:
        if one not in answered:
            targets.answered_by_other(step, one, entry.number_of(caller.caller) or "")
    caller = replace(caller, calls_back=tuple(one.id for one in answered))
    conference = _meeting(step, answered[0]) if answered else None
    if conference is not None and _comes_in_without_code(step, conference, caller):
        seat = questions.participant_of(step, conference, entry.number_of(caller.caller) or "", answered)
        entry.admit(step, caller, conference, seat)
    else:
        entry.ask_code(step, caller, callout_prompts.CALLOUT_KEY_CODE)


def _meeting(step: Step, target: Target) -> Conference | None:
    conference = step.node[CONFERENCES].get(step.node[ACTIVATIONS][target.activation].conference)
    return None if conference is None or conference.state is ConferenceState.ENDED else conference


def _comes_in_without_code(step: Step, conference: Conference, caller: Entry) -> bool:
    is_open = conference.secrecy is Secrecy.OPEN and not conference.locked
    return conference.door.calls_back_in and is_open and secrecy.may_come_in(step, conference, caller.trunk)


# --- what comes of it ---


def follow(step: Step) -> None:
    """After every event: one who has come in has joined. One who is off the line is called again, or is as before."""
    if step.node[ENTRIES] is step.before[ENTRIES] and step.node[TARGETS] is step.before[TARGETS]:
        return
    settle(step)


def settle(step: Step) -> None:
    """Also after a restart, when nobody knows who was on the line."""
    on_the_line = {one: caller for caller in step.node[ENTRIES].values() for one in caller.calls_back}
    changed = [one for one in step.node[TARGETS].values() if one.state is TargetState.CALLS_BACK]
    freed = False
    for one in changed:
        caller = on_the_line.get(one.id)
        if caller is None or caller.phase is EntryPhase.LEAVING:
            _call_again(step, one)
            freed = True
        elif caller.participant is not None:
            freed = _came_in(step, one, caller) or freed
    if freed:
        pump.pump(step)


def _came_in(step: Step, target: Target, caller: Entry) -> bool:
    """Into the meeting to which the function was called; another meeting is none of it."""
    seat = step.node[PARTICIPANTS].get(caller.participant) if caller.participant is not None else None
    if seat is None or seat.conference != step.node[ACTIVATIONS][target.activation].conference:
        _call_again(step, target)
        return True
    joined = replace(target, state=TargetState.JOINED, was=None, comes_at_s=None, reason=CalloutReason.CALLED_BACK())
    step.put(joined)
    targets.close_if_done(step, target.activation)
    return False


def _call_again(step: Step, target: Target) -> None:
    """A function that was to be called is. One that had answered, or could not be reached, is as before."""
    was = target.was or TargetState.WAITING
    is_called = was not in NOT_RUNG
    activation = step.node[ACTIVATIONS][target.activation]
    if is_called and activation.state is not ActivationState.OPEN:
        is_called, was = False, TargetState.CANCELLED
    if is_called:
        not_before_s = max(target.not_before_s, step.at_s + step.node.policy[CalloutPolicy].doubt_s)
        back = replace(target, state=TargetState.WAITING, not_before_s=not_before_s)
    else:
        back = replace(target, state=was)
    step.put(replace(back, was=None, reason=CalloutReason.CALL_BACK_ENDED()))
    targets.close_if_done(step, target.activation)


def is_on_the_line(node: Node, target: TargetId) -> bool:
    """Whether somebody who rings back for the function is on the line now."""
    return any(target in one.calls_back for one in node[ENTRIES].values())
