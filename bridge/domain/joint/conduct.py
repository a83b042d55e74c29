"""`#8`: more time for the meeting, its latest decision read back, or its end for everybody. One key asks which.

The end asks once more: a slip must send nobody away.
"""

from collections.abc import Callable
from typing import Final

from bridge.domain.conference import keypad, prompts, questions, voices
from bridge.domain.conference.passing import AnswerRule
from bridge.domain.conference.records import CONFERENCES, Conference, ConferenceState, Seat
from bridge.domain.decisions import decisions
from bridge.domain.decisions import prompts as decision_prompts
from bridge.domain.decisions.records import Decision
from bridge.domain.joint import ending
from bridge.domain.kernel import phrases
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.meetingtime import keeping
from bridge.domain.meetingtime import prompts as time_prompts
from bridge.domain.recording.records import RECORDINGS

ANSWER_S: Final = 30.0
"""The words take about half of it."""
_TOPIC: Final = "conduct"


def by_key(step: Step, conference: Conference, host: Seat) -> None:
    """The host hears how much time is left, and what each key does."""
    has_end = conference.ends_at_s is not None
    said: list[Prompt] = [
        *keeping.state(conference, step.at_s),
        time_prompts.TIME_KEY_EXTEND if has_end else time_prompts.TIME_KEY_SET,
    ]
    answers: dict[str, AnswerRule] = {"1": _leading(_extend), "9": _leading(_ask_once_more)}
    if decisions.latest(step, conference.id) is not None:
        said.append(decision_prompts.DECISION_KEY_READ_BACK)
        answers["2"] = _leading(_read_back)
    said.append(time_prompts.TIME_KEY_END)
    _ask(step, host, said, answers, otherwise=lambda _step, _seat: None, within_s=ANSWER_S)


def _ask(
    step: Step,
    host: Seat,
    said: list[Prompt],
    answers: dict[str, AnswerRule],
    *,
    otherwise: AnswerRule,
    within_s: float,
) -> None:
    if not questions.ask(step, host, said, answers, otherwise=otherwise, within_s=within_s, topic=_TOPIC):
        voices.whisper(step, host, prompts.NOT_NOW)


def _leading(rule: Callable[[Step, Conference, Seat], None]) -> AnswerRule:
    """The rule, where they still lead a meeting that goes on."""

    def answered(step: Step, host: Seat) -> None:
        conference = step.node[CONFERENCES].get(host.conference)
        if conference is None or conference.state is ConferenceState.ENDED or not host.leads:
            voices.whisper(step, host, prompts.NOT_NOW)
        else:
            rule(step, conference, host)

    return answered


def _extend(step: Step, conference: Conference, host: Seat) -> None:
    ends_at_s = keeping.extend(step, conference, keeping.HALF_HOUR_S, host.name)
    keypad.audit(step, host, "conference.extend", by_s=keeping.HALF_HOUR_S, ends_at_s=ends_at_s)


def _read_back(step: Step, conference: Conference, host: Seat) -> None:
    decision = decisions.latest(step, conference.id)
    if decision is None:
        voices.whisper(step, host, prompts.NOT_NOW)
        return
    read_back(step, decision, host.name)
    keypad.audit(step, host, "decision.read_back", decision=decision.id)


def read_back(step: Step, decision: Decision, by: str) -> None:
    """With its sound, where its recording is not in the archive yet."""
    recording = step.node[RECORDINGS].get(decision.recording) if decision.recording is not None else None
    sound: tuple[Prompt, ...] = ()
    if recording is not None and decision.ended_at_s is not None:
        began_s = recording.started_at_s
        sound = (phrases.clip(recording.id, decision.begun_at_s - began_s, decision.ended_at_s - began_s),)
    decisions.read_back(step, decision, by, *sound)


def _ask_once_more(step: Step, _conference: Conference, host: Seat) -> None:
    _ask(
        step,
        host,
        [time_prompts.TIME_END_SURE],
        {"9": _leading(_end)},
        otherwise=lambda later, seat: voices.whisper(later, seat, time_prompts.TIME_GOES_ON),
        within_s=ending.END_CONFIRM_S,
    )


def _end(step: Step, conference: Conference, host: Seat) -> None:
    if ending.end(step, conference):
        keypad.audit(step, host, "conference.end")
