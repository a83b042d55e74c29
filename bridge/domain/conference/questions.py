"""A question to somebody in the meeting, answered by one key. Single keys act while a question stands, and never else.

A person hears one question at a time; the others wait in order. Each ends: by an answer, by its time, by the person's
leaving, or by the room that asked. The rule for an end without an answer may run in any step. It finds the
conference as it is then.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.conference import voices
from bridge.domain.conference.passing import ASKED, AnswerRule, KeyQuestion
from bridge.domain.conference.records import PARTICIPANTS, Seat, SeatState
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step

MOST_WAITING: Final = 4
"""Of one person. Overflow: the newest ends at once without an answer."""


def ask(
    step: Step,
    seat: Seat,
    prompts: Sequence[Prompt],
    answers: Mapping[str, AnswerRule],
    *,
    otherwise: AnswerRule,
    within_s: float,
    topic: str,
) -> bool:
    """Whisper a question, and wait for one of its keys. The same topic asked again takes the place of the first.

    Args:
        seat: Somebody who is in the meeting.
        answers: Key (a digit) → rule. A rule may ask the next question.
        otherwise: The rule without an answer.
        within_s: From the moment when the question is put.
        topic: The name for `withdraw`.

    Returns:
        False when it is not asked, and no rule follows. They are not there, or too many questions wait for them.
    """
    held = step.node[ASKED].get(seat.id, ())
    question = KeyQuestion(topic, tuple(prompts), answers, otherwise, within_s)
    if seat.state is not SeatState.PRESENT:
        return False
    if held and held[0].topic == topic:
        _hold(step, seat.id, (question, *held[1:]))
        _put(step, seat, question)
        return True
    others = tuple(one for one in held if one.topic != topic)
    if len(others) > MOST_WAITING:
        return False
    _hold(step, seat.id, (*others, question))
    if not others:
        _put(step, seat, question)
    return True


def answer(step: Step, seat: Seat, key: str) -> bool:
    """A single key.

    Returns:
        False when it answers no question that stands.
    """
    held = step.node[ASKED].get(seat.id, ())
    rule = held[0].answers.get(key) if held else None
    if rule is None:
        return False
    _end_first(step, seat, rule)
    return True


def withdraw(step: Step, participant: ParticipantId, topic: str) -> None:
    """The room that asked wants no answer any more. No rule follows. Safe to repeat."""
    held, seat = step.node[ASKED].get(participant, ()), step.node[PARTICIPANTS].get(participant)
    if held and held[0].topic == topic and seat is not None:
        _end_first(step, seat, _no_rule)
    else:
        _hold(step, participant, tuple(one for one in held if one.topic != topic))


def due(step: Step, participant: ParticipantId) -> None:
    """Nobody has answered in time."""
    held, seat = step.node[ASKED].get(participant, ()), step.node[PARTICIPANTS].get(participant)
    if held and seat is not None:
        _end_first(step, seat, held[0].otherwise)


def keep(step: Step) -> None:
    """Questions to people who are not in the meeting any more end, each by its own rule."""
    for participant, held in list(step.node[ASKED].items()):
        seat = step.node[PARTICIPANTS].get(participant)
        if seat is not None and seat.state is SeatState.PRESENT:
            continue
        step.drop_from(ASKED, participant)
        step.stop_timer(ConferenceTimer.QUESTION, participant)
        for question in held:
            if seat is not None:
                question.otherwise(step, seat)


def _end_first(step: Step, seat: Seat, rule: AnswerRule) -> None:
    """The question that stands is over. Its rule speaks before the next one is put."""
    rest = step.node[ASKED].get(seat.id, ())[1:]
    step.stop_timer(ConferenceTimer.QUESTION, seat.id)
    _hold(step, seat.id, rest)
    rule(step, seat)
    now = step.node[ASKED].get(seat.id, ())
    if rest and now and now[0] is rest[0]:
        _put(step, seat, now[0])


def _no_rule(_step: Step, _seat: Seat) -> None:
    return


def _put(step: Step, seat: Seat, question: KeyQuestion) -> None:
    voices.whisper(step, seat, *question.prompts)
    step.start_timer(ConferenceTimer.QUESTION, seat.id, question.within_s)


def _hold(step: Step, participant: ParticipantId, questions: tuple[KeyQuestion, ...]) -> None:
    if questions:
        step.set_in(ASKED, participant, questions)
    else:
        step.drop_from(ASKED, participant)
