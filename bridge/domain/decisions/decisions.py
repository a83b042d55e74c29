"""A decision from its mark to its end: begun, spoken, asked about, settled, or taken back.

The mark is a time in the recording. While a decision is asked about, each organisation present has one question at one
of its telephones. It is put again to those who have not answered, at the next telephone of theirs. Answers are records
at once; a restart puts the open questions anew.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bridge.domain.conference import keypad, people, questions, voices
from bridge.domain.conference.passing import ASKED
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    LegKind,
    OffRecord,
    RecordingState,
    Role,
    Seat,
)
from bridge.domain.decisions import prompts
from bridge.domain.decisions.notes import DecisionNote
from bridge.domain.decisions.passing import PUT
from bridge.domain.decisions.records import (
    ACKNOWLEDGEMENTS,
    DECISIONS,
    Acknowledgement,
    Answer,
    AnswerWay,
    Decision,
    DecisionState,
)
from bridge.domain.decisions.timers import DecisionTimer
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import AcknowledgementId, ConferenceId, DecisionId, RecordingId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.state import TELEPHONY

ASK_EVERY_S: Final = 30.0
"""An organisation has so long to answer, from each time it is asked."""
ASK_TIMES: Final = 3
REMIND_S: Final = 180.0
"""Those who lead are reminded that a decision goes on."""
SLIP_S: Final = 3.0
"""Two presses within this time mark nothing: no decision is spoken so fast."""
RESUME_S: Final = 5.0
"""After a restart Asterisk is connected to first."""
MINUTE_S: Final = 60.0
HOUR_MIN: Final = 60
MOST_NAMES: Final = 20
"""More names of a kind are counted and not said."""


# --- what there is ---


def of(step: Step, conference: ConferenceId) -> list[Decision]:
    """The decisions of a meeting, cancelled ones too."""
    return [one for one in step.node[DECISIONS].values() if one.conference == conference]


def spoken_now(step: Step, conference: ConferenceId) -> Decision | None:
    """The one whose end has not been marked."""
    return next((one for one in of(step, conference) if one.state is DecisionState.SPEAKING), None)


def latest(step: Step, conference: ConferenceId) -> Decision | None:
    """The one spoken last; cancelled ones are none."""
    spoken = [one for one in of(step, conference) if one.state in (DecisionState.ASKING, DecisionState.SETTLED)]
    return max(spoken, key=lambda one: one.number, default=None)


def answers(step: Step, decision: DecisionId) -> list[Acknowledgement]:
    return [one for one in step.node[ACKNOWLEDGEMENTS].values() if one.decision == decision]


# --- from mark to mark ---


def begin(step: Step, conference: Conference, decision: DecisionId, by: str, title: str | None = None) -> None:
    """Everybody hears its number, and the recording with them."""
    others = [one.number for one in of(step, conference.id) if one.state is not DecisionState.CANCELLED]
    made = Decision(
        decision,
        conference.id,
        number=max(others, default=0) + 1,
        begun_at_s=step.at_s,
        begun_by=by,
        title=title,
        recording=_recording_of(conference),
    )
    step.put(made)
    step.note(conference.id, DecisionNote.DECISION_BEGUN, number=made.number, by=by, decision=made.id)
    voices.announce_act(step, conference, *_name(made))
    step.start_timer(DecisionTimer.DECISION, made.id, REMIND_S)


def _recording_of(conference: Conference) -> RecordingId | None:
    side = conference.recording
    is_heard = side.state is RecordingState.ON and side.off_record is OffRecord.NO
    return side.recording if is_heard else None


def end(step: Step, decision: Decision, by: str) -> None:
    """It has been spoken: each organisation present is asked."""
    step.put(replace(decision, state=DecisionState.ASKING, ended_at_s=step.at_s, ended_by=by))
    step.note(decision.conference, DecisionNote.DECISION_ENDED, number=decision.number, by=by, decision=decision.id)
    seats = _by_organisation(step, decision.conference)
    for organisation in seats:
        made = AcknowledgementId(step.mint("acknowledgement"))
        step.put(Acknowledgement(made, decision.id, organisation))
    if seats:
        voices.announce_act(step, step.node[CONFERENCES][decision.conference], prompts.DECISION_SPOKEN)
        _ask_all(step, step.node[DECISIONS][decision.id])
    else:
        _settle(step, step.node[DECISIONS][decision.id])


def cancel(step: Step, decision: Decision, by: str) -> None:
    """The mark was a mistake: everybody hears it. It stays to be seen as such."""
    _stop_asking(step, decision.id)
    step.put(replace(decision, state=DecisionState.CANCELLED, cancelled_at_s=step.at_s, cancelled_by=by))
    step.note(decision.conference, DecisionNote.DECISION_CANCELLED, number=decision.number, by=by, decision=decision.id)
    conference = step.node[CONFERENCES][decision.conference]
    voices.announce_act(step, conference, prompts.DECISION, phrases.number(decision.number), prompts.DECISION_CANCELLED)


def read_back(step: Step, decision: Decision, by: str, *sound: Prompt) -> None:
    """The meeting hears it once more: number, title, age, its sound, and who stands behind it so far."""
    step.note(decision.conference, DecisionNote.DECISION_READ_BACK, number=decision.number, by=by, decision=decision.id)
    words = (*_name(decision), *_ago(step, decision), *sound, *_outcome(answers(step, decision.id)))
    voices.announce_act(step, step.node[CONFERENCES][decision.conference], *words)


def _ago(step: Step, decision: Decision) -> tuple[Prompt, ...]:
    """How long ago it was made. No time of day is said: a region may have its people in several time zones."""
    minutes = int((step.at_s - (decision.ended_at_s or decision.begun_at_s)) // MINUTE_S)
    if minutes < 2:
        return (prompts.DECISION_MADE_NOW,)
    if minutes < 2 * HOUR_MIN:
        return (prompts.DECISION_MADE, phrases.number(minutes), prompts.DECISION_MINUTES_AGO)
    return (prompts.DECISION_MADE, phrases.number(minutes // HOUR_MIN), prompts.DECISION_HOURS_AGO)


def by_key(step: Step, conference: Conference, host: Seat) -> None:
    """The beginning, then the end. Two presses in a row mark nothing."""
    decision = spoken_now(step, conference.id)
    if decision is None:
        made = DecisionId(step.mint("decision"))
        begin(step, conference, made, host.name)
        keypad.audit(step, host, "decision.begin", decision=made)
    elif step.at_s - decision.begun_at_s <= SLIP_S:
        cancel(step, decision, host.name)
        keypad.audit(step, host, "decision.cancel", decision=decision.id)
    else:
        end(step, decision, host.name)
        keypad.audit(step, host, "decision.end", decision=decision.id)


# --- asked ---


def _by_organisation(step: Step, conference: ConferenceId) -> dict[str, list[Seat]]:
    """The telephones of each organisation in the meeting; those who may speak first, in order of their coming."""
    found: dict[str, list[Seat]] = {}
    there = [one for one in people.present(step, conference) if one.kind is not LegKind.RADIO]
    for seat in sorted(there, key=lambda one: (one.role is Role.LISTENER, one.joined_at_s or 0.0)):
        if seat.organisation:
            found.setdefault(seat.organisation, []).append(seat)
    return found


def _ask_all(step: Step, decision: Decision) -> None:
    """One telephone of each organisation that has not answered. Each time the next of theirs is asked."""
    step.set_in(PUT, decision.id, True)
    step.start_timer(DecisionTimer.DECISION, decision.id, ASK_EVERY_S)
    seats = _by_organisation(step, decision.conference)
    for one in answers(step, decision.id):
        if one.answer is Answer.AWAITED:
            _withdraw(step, decision.id, one.organisation)
            there = seats.get(one.organisation, [])
            if there:
                _ask(step, there[decision.rounds % len(there)], decision)


def _ask(step: Step, seat: Seat, decision: Decision) -> None:
    questions.ask(
        step,
        seat,
        (*_name(decision), prompts.DECISION_QUESTION),
        {
            "1": lambda step, seat: _answered(step, seat, decision.id, Answer.ACKNOWLEDGED),
            "2": lambda step, seat: _answered(step, seat, decision.id, Answer.RESERVED),
            "3": lambda step, seat: _again(step, seat, decision.id),
        },
        otherwise=lambda _step, _seat: None,
        within_s=ASK_EVERY_S,
        topic=decision.id,
    )


def _name(decision: Decision) -> tuple[Prompt, ...]:
    title = (phrases.spoken(decision.title),) if decision.title else ()
    return (prompts.DECISION, phrases.number(decision.number), *title)


def _again(step: Step, seat: Seat, decision: DecisionId) -> None:
    found = step.node[DECISIONS].get(decision)
    if found is not None and found.state is DecisionState.ASKING:
        _ask(step, seat, found)


def _answered(step: Step, seat: Seat, decision: DecisionId, answer: Answer) -> None:
    found = next((one for one in answers(step, decision) if one.organisation == seat.organisation), None)
    if found is not None and found.answer is Answer.AWAITED:
        take(step, replace(found, answer=answer, way=AnswerWay.KEY, by=seat.name, seat=seat.id))
        voices.whisper(step, seat, prompts.DECISION_NOTED)


def take(step: Step, answered: Acknowledgement) -> None:
    """An answer as it was given now. The last one that is awaited settles the decision."""
    decision = step.node[DECISIONS][answered.decision]
    step.put(replace(answered, answered_at_s=step.at_s))
    step.show("decision", decision.id, decision.conference)
    step.note(
        decision.conference,
        DecisionNote.DECISION_ANSWERED,
        answered.seat,
        number=decision.number,
        organisation=answered.organisation,
        answer=answered.answer.value,
        by=answered.by or "",
        decision=decision.id,
    )
    _withdraw(step, decision.id, answered.organisation)
    if decision.state is DecisionState.ASKING and not _awaited(step, decision.id):
        _settle(step, decision)


def _awaited(step: Step, decision: DecisionId) -> list[Acknowledgement]:
    return [one for one in answers(step, decision) if one.answer is Answer.AWAITED]


def due(step: Step, subject: str) -> None:
    """It is still being spoken, or those who have been asked had their time."""
    decision = step.node[DECISIONS].get(DecisionId(subject))
    if decision is None:
        return
    if decision.state is DecisionState.SPEAKING:
        voices.whisper_to_hosts(step, decision.conference, prompts.DECISION_GOES_ON)
        step.start_timer(DecisionTimer.DECISION, decision.id, REMIND_S)
    elif decision.state is DecisionState.ASKING and not step.node[TELEPHONY].up:
        # Nobody could hear it: this time does not count.
        step.drop_from(PUT, decision.id)
        step.start_timer(DecisionTimer.DECISION, decision.id, ASK_EVERY_S)
    elif decision.state is DecisionState.ASKING:
        _next_round(step, decision)


def _next_round(step: Step, decision: Decision) -> None:
    if decision.id in step.node[PUT]:
        decision = replace(decision, rounds=decision.rounds + 1)
        step.put(decision)
    if decision.rounds < ASK_TIMES:
        _ask_all(step, decision)
    else:
        _settle(step, decision)


def resume(step: Step) -> None:
    """After a restart the questions are gone, and are put again. The time that was cut short does not count."""
    for decision in step.node[DECISIONS].values():
        if decision.state is DecisionState.SPEAKING:
            step.start_timer(DecisionTimer.DECISION, decision.id, REMIND_S)
        elif decision.state is DecisionState.ASKING:
            step.start_timer(DecisionTimer.DECISION, decision.id, RESUME_S)


# --- settled ---


def _settle(step: Step, decision: Decision) -> None:
    """Those who lead hear the result."""
    _stop_asking(step, decision.id)
    for one in _awaited(step, decision.id):
        step.put(replace(one, answer=Answer.UNANSWERED))
    step.put(replace(decision, state=DecisionState.SETTLED, settled_at_s=step.at_s))
    found = answers(step, decision.id)
    step.note(
        decision.conference,
        DecisionNote.DECISION_SETTLED,
        number=decision.number,
        acknowledged=len(_with(found, Answer.ACKNOWLEDGED)),
        reserved=len(_with(found, Answer.RESERVED)),
        unanswered=len(_with(found, Answer.UNANSWERED)),
        decision=decision.id,
    )
    conference = step.node[CONFERENCES].get(decision.conference)
    if conference is not None and conference.state is not ConferenceState.ENDED:
        voices.whisper_to_hosts(step, conference.id, *_result(decision, found))


def _result(decision: Decision, found: list[Acknowledgement]) -> list[Prompt]:
    """ "Decision one. Eleven have acknowledged it. One reserves itself: …"."""
    return [prompts.DECISION, phrases.number(decision.number), *_outcome(found)]


def _outcome(found: list[Acknowledgement]) -> list[Prompt]:
    """Those who are still being asked have not answered."""
    if not found:
        return [prompts.DECISION_NOBODY_ASKED]
    said = [phrases.number(len(_with(found, Answer.ACKNOWLEDGED))), prompts.DECISION_ACKNOWLEDGED]
    for given, prompt in (
        ((Answer.RESERVED,), prompts.DECISION_RESERVED),
        ((Answer.UNANSWERED, Answer.AWAITED), prompts.DECISION_UNANSWERED),
    ):
        names = _with(found, *given)
        if names:
            said += [prompt, *_names(names)]
    return said


def _names(names: list[str]) -> list[Prompt]:
    said = [phrases.spoken(one) for one in names[:MOST_NAMES]]
    more = len(names) - MOST_NAMES
    return said if more <= 0 else [*said, phrases.number(more), prompts.DECISION_MORE]


def _with(found: Iterable[Acknowledgement], *given: Answer) -> list[str]:
    return [one.organisation for one in found if one.answer in given]


def _stop_asking(step: Step, decision: DecisionId) -> None:
    step.stop_timer(DecisionTimer.DECISION, decision)
    step.drop_from(PUT, decision)
    _withdraw(step, decision)


def _withdraw(step: Step, decision: DecisionId, organisation: str | None = None) -> None:
    """Of one organisation, or of all."""
    for participant, held in list(step.node[ASKED].items()):
        seat = step.node[PARTICIPANTS].get(participant)
        is_meant = organisation is None or (seat is not None and seat.organisation == organisation)
        if is_meant and any(one.topic == decision for one in held):
            questions.withdraw(step, participant, decision)


def keep(step: Step) -> None:
    """A meeting that ends ends what goes on about its decisions; the node forgets them with it."""
    for decision in list(step.node[DECISIONS].values()):
        conference = step.node[CONFERENCES].get(decision.conference)
        if conference is not None and conference.state is not ConferenceState.ENDED:
            continue
        if decision.state is DecisionState.SPEAKING:
            decision = replace(decision, ended_at_s=step.at_s)
        if decision.state in (DecisionState.SPEAKING, DecisionState.ASKING):
            _settle(step, decision)
        if conference is None:
            for one in answers(step, decision.id):
                step.forget(one)
            step.forget(step.node[DECISIONS][decision.id])


def answer_of(step: Step, decision: DecisionId, organisation: str) -> Acknowledgement:
    """The organisation's answer so far; a new one where it was not in the meeting, or not known to be."""
    found = next((one for one in answers(step, decision) if one.organisation == organisation), None)
    return found or Acknowledgement(AcknowledgementId(step.mint("acknowledgement")), decision, organisation)
