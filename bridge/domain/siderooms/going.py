"""`#7`: somebody goes to a side room by its key, and back by 0."""

from functools import partial
from typing import Final

from bridge.domain.conference import questions, rooms, seats, voices
from bridge.domain.conference.passing import AnswerRule
from bridge.domain.conference.records import ROOMS, RoomKind, Seat
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import MixId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.siderooms import moving, prompts

ANSWER_S: Final = 30.0
_TOPIC: Final = "side rooms"


Offer = tuple[tuple[Prompt, ...], str, AnswerRule]
"""Words, the key that they name, and its rule."""


def ask(step: Step, seat: Seat, *more: Offer) -> None:
    """The key. Each room is offered by name; from a side room also the way back. `more` is offered behind them, each
    where its key is free."""
    said: list[Prompt] = []
    answers: dict[str, AnswerRule] = {}
    if rooms.is_aside(step.node, seat):
        said.append(prompts.SIDE_KEY_BACK)
        answers["0"] = _back
    if not step.node[ROOMS][seat.room].private:
        for room in moving.open_ones(step.node, seat.conference):
            if room.number is not None and room.id != seat.room:
                name, number = phrases.spoken(room.name), phrases.number(room.number)
                said += [prompts.SIDE_KEY_FOR, name, prompts.SIDE_KEY_PRESS, number]
                answers[str(room.number)] = partial(_go, room.id)
    for words, key, rule in more:
        if key not in answers:
            said += words
            answers[key] = rule
    if not answers:
        voices.whisper(step, seat, prompts.SIDE_NONE)
    elif not questions.ask(step, seat, said, answers, otherwise=_stay, within_s=ANSWER_S, topic=_TOPIC):
        voices.whisper(step, seat, prompts.SIDE_NOT_NOW)


def _go(room: MixId, step: Step, seat: Seat) -> None:
    found = step.node[ROOMS].get(room)
    if found is None or found.kind is not RoomKind.SIDE or found.closed_at_s is not None:
        voices.whisper(step, seat, prompts.SIDE_CLOSED)
        return
    seats.move(step, seat, room)


def _back(step: Step, seat: Seat) -> None:
    seats.move(step, seat, rooms.main(step.node, seat.conference).id)


def _stay(_step: Step, _seat: Seat) -> None:
    return
