"""The roll call by ear: each name is read out to all, and its function answers by one key.

A function without a seat of its own may answer by voice, and the host is asked to tick it. The timer `ROLL_CALL` alone
leads from name to name, so a question that waits behind others holds nothing up. A restart reads the latest name again.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from bridge.domain.conference import keypad, people, questions, voices
from bridge.domain.conference.passing import ASKED
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, Seat
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ConferenceId, ParticipantId, RollCallId, RollEntryId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.rollcall import prompts, quorum
from bridge.domain.rollcall.commands import Expected, Roll
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.rollcall.notes import RollCallNote
from bridge.domain.rollcall.passing import CALLED
from bridge.domain.rollcall.policy import RollCallPolicy
from bridge.domain.rollcall.reasons import RollCallReason
from bridge.domain.rollcall.records import (
    HERE,
    ROLL_CALLS,
    ROLL_ENTRIES,
    Attendance,
    RollCall,
    RollCallState,
    RollEntry,
    SummaryTo,
)
from bridge.domain.rollcall.timers import RollCallTimer
from bridge.domain.telephony.state import TELEPHONY

MOST_NAMES: Final = 30
"""More missing names take more than a minute; the rest is counted."""
_GRACE_S: Final = 1.0
"""A question ends by itself before its name does."""


# --- the roll ---


def running(step: Step, conference: ConferenceId) -> RollCall | None:
    """The roll call under way in a conference; there is at most one."""
    return next((one for one in step.node[ROLL_CALLS].values() if one.conference == conference), None)


def roll_of(step: Step, roll_call: RollCallId) -> list[RollEntry]:
    """The functions, in the order in which they are read out, without their deputies."""
    return [one for one in _entries(step, roll_call) if one.deputy_for is None]


def deputies_of(step: Step, entry: RollEntry) -> list[RollEntry]:
    return [one for one in _entries(step, entry.roll_call) if one.deputy_for == entry.id]


def _entries(step: Step, roll_call: RollCallId) -> list[RollEntry]:
    found = [one for one in step.node[ROLL_ENTRIES].values() if one.roll_call == roll_call]
    return sorted(found, key=lambda one: one.position)


def holds(step: Step, roll_call: RollCall) -> bool:
    """Whether the quorum rule holds."""
    return quorum.holds(roll_call.quorum, roll_of(step, roll_call.id))


# --- it begins ---


def by_key(step: Step, conference: Conference, host: Seat) -> None:
    """`#4`: begin, or end the one under way. The roll is read from the directory first."""
    under_way = running(step, conference.id)
    if under_way is not None:
        keypad.audit(step, host, "roll_call.end")
        end(step, under_way)
    elif conference.forum is None:
        voices.whisper(step, host, prompts.ROLL_NOBODY_EXPECTED)
    else:
        roll_call = RollCall(
            RollCallId(step.mint("roll_call")),
            conference.id,
            host.name,
            step.at_s,
            summary_to=step.node.policy[RollCallPolicy].summary_to,
        )
        step.put(roll_call)
        step.do(ReadRoll(roll_call.id, conference.forum))
        keypad.audit(step, host, "roll_call.start")


def read(step: Step, event: RollRead) -> None:
    """The directory has told who is expected."""
    roll_call = step.node[ROLL_CALLS].get(event.roll_call)
    if roll_call is None or roll_call.state is not RollCallState.PREPARING:
        return
    if event.roll.expected:
        begin(step, roll_call, event.roll)
    else:
        not_begun(step, roll_call, prompts.ROLL_NOBODY_EXPECTED, RollCallReason.NOBODY_EXPECTED())


def not_begun(step: Step, roll_call: RollCall, said: Prompt, reason: Reason) -> None:
    """Nobody is read out, and the hosts are told why."""
    voices.whisper_to_hosts(step, roll_call.conference, said)
    close(step, roll_call, reason)


def begin(step: Step, roll_call: RollCall, roll: Roll) -> None:
    """The functions are known: the first name comes after a pause."""
    step.put(replace(roll_call, state=RollCallState.CALLING, quorum=roll.quorum))
    for position, expected in enumerate(roll.expected):
        entry = _entry(step, roll_call, position, expected, None)
        step.put(entry)
        for deputy in expected.deputies:
            step.put(_entry(step, roll_call, position, deputy, entry.id))
    step.note(roll_call.conference, RollCallNote.ROLL_CALL_BEGAN, expected=len(roll.expected))
    voices.announce_act(step, step.node[CONFERENCES][roll_call.conference], prompts.ROLL_CALL)
    _wait(step, roll_call.id, step.node.policy[RollCallPolicy].pause_s)


def _entry(
    step: Step, roll_call: RollCall, position: int, expected: Expected, deputy_for: RollEntryId | None
) -> RollEntry:
    return RollEntry(
        id=RollEntryId(step.mint("roll_entry")),
        roll_call=roll_call.id,
        position=position,
        function=expected.function,
        organisation=expected.organisation,
        numbers=expected.numbers,
        number_uses=expected.number_uses,
        language=expected.language,
        host_rank=expected.host_rank,
        required=expected.required and deputy_for is None,
        deputy_for=deputy_for,
    )


def resume(step: Step) -> None:
    """After a restart of the controller each roll call goes on where it was."""
    for roll_call in step.node[ROLL_CALLS].values():
        forum = step.node[CONFERENCES][roll_call.conference].forum
        if roll_call.state is RollCallState.PREPARING and forum is not None:
            step.do(ReadRoll(roll_call.id, forum))
        elif roll_call.state is RollCallState.CALLING:
            _wait(step, roll_call.id, step.node.policy[RollCallPolicy].pause_s)


# --- name by name ---


def due(step: Step, subject: str) -> None:
    """The next name, or the end of the time for the one that was read out. While Asterisk is away nobody would hear."""
    roll_call = step.node[ROLL_CALLS].get(RollCallId(subject))
    if roll_call is None or roll_call.state is not RollCallState.CALLING:
        return
    if not step.node[TELEPHONY].up:
        step.drop_from(CALLED, roll_call.id)
        _wait(step, roll_call.id, step.node.policy[RollCallPolicy].answer_s)
        return
    called = _called(step, roll_call.id)
    if called is not None:
        _unanswered(step, called)
        _settled(step, roll_call)
    _next(step, step.node[ROLL_CALLS][roll_call.id])


def _called(step: Step, roll_call: RollCallId) -> RollEntry | None:
    """The name that awaits its answer."""
    entry = step.node[CALLED].get(roll_call)
    return step.node[ROLL_ENTRIES].get(entry) if entry is not None else None


def _next(step: Step, roll_call: RollCall) -> None:
    """Names that are settled before their turn are read out to nobody."""
    roll = roll_of(step, roll_call.id)
    left = [one for one in roll[roll_call.called :] if one.state is Attendance.EXPECTED]
    if not left:
        _sum_up(step, roll_call)
        return
    step.put(replace(roll_call, called=roll.index(left[0])))
    _call(step, left[0])


def _call(step: Step, entry: RollEntry) -> None:
    policy = step.node.policy[RollCallPolicy]
    roll_call = step.node[ROLL_CALLS][entry.roll_call]
    step.put(replace(entry, called_at_s=step.at_s))
    step.set_in(CALLED, roll_call.id, entry.id)
    voices.announce(step, step.node[CONFERENCES][roll_call.conference], phrases.spoken(entry.name))
    is_asked = _ask(step, roll_call, entry)
    _wait(step, roll_call.id, policy.answer_s + _GRACE_S if is_asked else policy.pause_s)


def _ask(step: Step, roll_call: RollCall, entry: RollEntry) -> bool:
    """The function itself, or its deputy; without a seat of theirs the person who leads. False: nobody is there."""
    seat, answers, said = _seat_for(step, entry), {"1": partial(_answered, entry.id)}, prompts.ROLL_ANSWER
    if seat is None:
        host = people.host_of(step, roll_call.conference)
        seat, said = (step.node[PARTICIPANTS][host] if host is not None else None), prompts.ROLL_TICK
        answers = {
            "1": partial(_ticked_by_key, entry.id, True),
            "2": partial(_ticked_by_key, entry.id, False),
            "3": partial(_passed_over, entry.id),
        }
    return seat is not None and questions.ask(
        step,
        seat,
        (said,),
        answers,
        otherwise=lambda _step, _seat: None,
        within_s=step.node.policy[RollCallPolicy].answer_s,
        topic=_topic(roll_call.id),
    )


def _seat_for(step: Step, entry: RollEntry) -> Seat | None:
    """The function's own seat in the meeting; else a deputy's."""
    own = seat_of(step, entry)
    if own is not None:
        return own
    return next((found for one in deputies_of(step, entry) if (found := seat_of(step, one)) is not None), None)


def seat_of(step: Step, entry: RollEntry) -> Seat | None:
    """The seat by which the function is in the meeting now, if it has one."""
    conference = step.node[ROLL_CALLS][entry.roll_call].conference
    return next((one for one in people.present(step, conference) if is_seat_of(one, entry)), None)


def is_seat_of(seat: Seat, entry: RollEntry) -> bool:
    return seat.is_of(entry.function, entry.organisation)


# --- the answers ---


def _answered(entry: RollEntryId, step: Step, seat: Seat) -> None:
    found = _awaiting(step, entry)
    if found is not None:
        state = Attendance.ANSWERED if is_seat_of(seat, found) else Attendance.DEPUTY
        mark(step, found, state, seat.id)
        voices.whisper(step, seat, prompts.ROLL_NOTED)
        _settled(step, step.node[ROLL_CALLS][found.roll_call])


def _ticked_by_key(entry: RollEntryId, present: bool, step: Step, host: Seat) -> None:
    found = _awaiting(step, entry)
    if found is not None and host.leads:
        keypad.audit(step, host, "roll_call.tick", function=found.name, present=present)
        voices.whisper(step, host, prompts.ROLL_NOTED)
        tick(step, found, present, host.name)


def _passed_over(entry: RollEntryId, step: Step, _host: Seat) -> None:
    """The name stays as it is, for the host to tick later. At the end it counts as missing."""
    found = _awaiting(step, entry)
    if found is not None:
        _settled(step, step.node[ROLL_CALLS][found.roll_call])


def _awaiting(step: Step, entry: RollEntryId) -> RollEntry | None:
    """The entry, while its name awaits an answer."""
    found = step.node[ROLL_ENTRIES].get(entry)
    return found if found is not None and step.node[CALLED].get(found.roll_call) == entry else None


def tick(step: Step, entry: RollEntry, present: bool, by: str) -> None:
    """A host says so. Of the name that is being read out it is the answer."""
    mark(step, entry, Attendance.TICKED if present else Attendance.MISSING, None, by)
    if step.node[CALLED].get(entry.roll_call) == entry.id:
        _settled(step, step.node[ROLL_CALLS][entry.roll_call])


def _unanswered(step: Step, entry: RollEntry) -> None:
    """No key was pressed: the seat tells, where there is one."""
    own, seat = seat_of(step, entry), _seat_for(step, entry)
    if own is not None:
        mark(step, entry, Attendance.PRESENT, own.id)
    elif seat is not None:
        mark(step, entry, Attendance.DEPUTY, seat.id)
    else:
        mark(step, entry, Attendance.MISSING)


def mark(
    step: Step,
    entry: RollEntry,
    state: Attendance,
    seat: ParticipantId | None = None,
    by: str | None = None,
) -> None:
    """The state of a function from now on, with a line in the timeline."""
    roll_call = step.node[ROLL_CALLS][entry.roll_call]
    current = step.node[ROLL_ENTRIES][entry.id]
    step.put(replace(current, state=state, seen_at_s=step.at_s, seat=seat, ticked_by=by))
    kind = RollCallNote.ROLL_CALL_HERE if state in HERE else RollCallNote.ROLL_CALL_MISSING
    step.note(roll_call.conference, kind, seat, function=entry.name, how=state.value)
    step.show("roll_call", roll_call.id, roll_call.conference)


def _settled(step: Step, roll_call: RollCall) -> None:
    """This name is done with: the next one comes after a pause."""
    step.drop_from(CALLED, roll_call.id)
    step.put(replace(roll_call, called=roll_call.called + 1))
    _withdraw_questions(step, roll_call)
    _wait(step, roll_call.id, step.node.policy[RollCallPolicy].pause_s)


def newcomers(step: Step, roll_call: RollCall) -> None:
    """A function that was missing has come in, or a deputy of it."""
    came = _came_in(step, roll_call.conference)
    if not came:
        return
    for entry in quorum.missing(roll_of(step, roll_call.id)):
        own = _of(came, entry)
        if own is not None:
            mark(step, entry, Attendance.PRESENT, own.id)
            continue
        deputy = next((seat for one in deputies_of(step, entry) if (seat := _of(came, one)) is not None), None)
        if deputy is not None:
            mark(step, entry, Attendance.DEPUTY, deputy.id)


def _came_in(step: Step, conference: ConferenceId) -> list[Seat]:
    """Those whom this step has put into the meeting."""
    if step.before[PARTICIPANTS] is step.node[PARTICIPANTS]:
        return []
    were = step.before[PARTICIPANTS]
    return [
        one for one in people.present(step, conference) if one.id not in were or were[one.id].state is not one.state
    ]


def _of(seats: Iterable[Seat], entry: RollEntry) -> Seat | None:
    return next((one for one in seats if is_seat_of(one, entry)), None)


# --- the sum ---


def _sum_up(step: Step, roll_call: RollCall) -> None:
    """All names have been read out. Those who are missing are rung, unless the quorum rule holds without them."""
    _miss_the_rest(step, roll_call)
    if holds(step, roll_call):
        end(step, roll_call)
        return
    step.put(replace(roll_call, state=RollCallState.RINGING))
    _say(step, roll_call, *_summary(step, roll_call), prompts.ROLL_RINGING)


def _miss_the_rest(step: Step, roll_call: RollCall) -> None:
    for entry in roll_of(step, roll_call.id):
        if entry.state is Attendance.EXPECTED:
            mark(step, entry, Attendance.MISSING)


def end(step: Step, roll_call: RollCall) -> None:
    """It is over, and the summary is said."""
    _miss_the_rest(step, roll_call)
    if roll_call.state is RollCallState.PREPARING:
        voices.whisper_to_hosts(step, roll_call.conference, prompts.ROLL_ENDED)
    else:
        _say(step, roll_call, prompts.ROLL_ENDED, *_summary(step, roll_call))
    close(step, roll_call)


def close(step: Step, roll_call: RollCall, reason: Reason | None = None) -> None:
    """Keep the result. The node forgets it, and the store has it."""
    _withdraw_questions(step, roll_call)
    _miss_the_rest(step, roll_call)
    roll = roll_of(step, roll_call.id)
    here = sum(one.state in HERE for one in roll)
    step.note(roll_call.conference, RollCallNote.ROLL_CALL_ENDED, here=here, expected=len(roll))
    ended = replace(step.node[ROLL_CALLS][roll_call.id], state=RollCallState.ENDED, ended_at_s=step.at_s, reason=reason)
    step.put(ended)
    step.drop_from(CALLED, roll_call.id)
    step.stop_timer(RollCallTimer.ROLL_CALL, roll_call.id)
    for entry in _entries(step, roll_call.id):
        step.forget(entry)
    step.forget(ended)


def _summary(step: Step, roll_call: RollCall) -> tuple[Prompt, ...]:
    """ "Eleven of fourteen present. Missing: …"."""
    roll = roll_of(step, roll_call.id)
    here, away = [one for one in roll if one.state in HERE], quorum.missing(roll)
    said = [phrases.number(len(here)), prompts.ROLL_OF, phrases.number(len(roll)), prompts.ROLL_PRESENT]
    if not away:
        return (*said, prompts.ROLL_NOBODY_MISSING)
    said += [prompts.ROLL_MISSING, *(phrases.spoken(one.name) for one in away[:MOST_NAMES])]
    more = len(away) - MOST_NAMES
    return (*said, phrases.number(more), prompts.ROLL_MORE) if more > 0 else tuple(said)


def _say(step: Step, roll_call: RollCall, *said: Prompt) -> None:
    conference = step.node[CONFERENCES].get(roll_call.conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        return
    if roll_call.summary_to is SummaryTo.ALL:
        voices.announce_act(step, conference, *said)
    else:
        voices.whisper_to_hosts(step, conference.id, *said)


# --- the pace ---


def _wait(step: Step, roll_call: RollCallId, for_s: float) -> None:
    step.start_timer(RollCallTimer.ROLL_CALL, roll_call, for_s)


def _topic(roll_call: RollCallId) -> str:
    return f"roll call {roll_call}"


def _withdraw_questions(step: Step, roll_call: RollCall) -> None:
    topic = _topic(roll_call.id)
    for participant, held in list(step.node[ASKED].items()):
        if any(one.topic == topic for one in held):
            questions.withdraw(step, participant, topic)
