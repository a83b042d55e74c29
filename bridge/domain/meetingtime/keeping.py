"""When a meeting is meant to end, and the words about it.

No clock ends a meeting: in a crisis that would silence people in the middle of a sentence. Everybody hears when ten
minutes and two minutes are left, and that the time is out. Then somebody who leads ends the meeting or extends it.
"""

import math
from dataclasses import replace
from typing import Final

from bridge.domain.conference import people, voices
from bridge.domain.conference.records import CONFERENCES, Conference, ConferenceState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.meetingtime import prompts
from bridge.domain.meetingtime.notes import MeetingTimeNote
from bridge.domain.meetingtime.timers import MeetingTimer

TOLD_S: Final = (600.0, 120.0, 0.0)
"""So long before the end everybody is told."""
HALF_HOUR_S: Final = 1800.0
SLACK_S: Final = 1.0
"""A timer is never exact: a mark that is so near counts as reached."""
RESUME_S: Final = 5.0
"""After a restart Asterisk is connected to first."""
MISSED_S: Final = 60.0
"""A mark that passed so short a time before a restart may not have been told."""
MINUTE_S: Final = 60.0
HOUR_MIN: Final = 60


def left_s(conference: Conference, at_s: float) -> float | None:
    """From now to the end, below 0 after it; `None` where it has none."""
    return None if conference.ends_at_s is None else conference.ends_at_s - at_s


def more(conference: Conference, by_s: float, at_s: float) -> float:
    """The end with so much more time."""
    return max(conference.ends_at_s or at_s, at_s) + by_s


def set_end(step: Step, conference: Conference, ends_at_s: float | None, by: str, said: Prompt) -> None:
    """Those who lead hear it. Everybody does where they were told how little was left."""
    left_before_s = left_s(conference, step.at_s)
    changed = replace(conference, ends_at_s=ends_at_s)
    step.put(changed)
    if ends_at_s is not None:
        step.note(conference.id, MeetingTimeNote.END_SET, by=by, ends_at_s=ends_at_s)
    else:
        step.note(conference.id, MeetingTimeNote.END_SET, by=by)
    words = (said, *state(changed, step.at_s)) if ends_at_s is not None else (prompts.TIME_NO_END,)
    if left_before_s is not None and left_before_s <= TOLD_S[0] + SLACK_S:
        voices.announce_act(step, changed, *words)
    else:
        voices.whisper_to_hosts(step, conference.id, *words)


def extend(step: Step, conference: Conference, by_s: float, by: str) -> float:
    """So much more time.

    Returns:
        The new end.
    """
    ends_at_s = more(conference, by_s, step.at_s)
    set_end(step, conference, ends_at_s, by, prompts.TIME_EXTENDED)
    return ends_at_s


# --- in words ---


def state(conference: Conference, at_s: float) -> tuple[Prompt, ...]:
    """How much time is left: "The meeting has one hour, ten minutes left"."""
    seconds = left_s(conference, at_s)
    if seconds is None:
        return (prompts.TIME_NO_END,)
    return _has_left(_minutes(seconds)) if seconds > SLACK_S else (prompts.TIME_OUT,)


def _minutes(seconds: float) -> int:
    """Whole minutes, a begun one too."""
    return max(1, math.ceil((seconds - SLACK_S) / MINUTE_S))


def _has_left(minutes: int) -> tuple[Prompt, ...]:
    hours, rest = divmod(minutes, HOUR_MIN)
    said = [prompts.TIME_HAS]
    if hours:
        said += [prompts.TIME_ONE_HOUR] if hours == 1 else [phrases.number(hours), prompts.TIME_HOURS]
    if rest:
        said += [prompts.TIME_ONE_MINUTE] if rest == 1 else [phrases.number(rest), prompts.TIME_MINUTES]
    return (*said, prompts.TIME_LEFT)


# --- the clock ---


def keep(step: Step) -> None:
    """The timer follows the end, whatever moved it. A meeting that nobody was in is gone with its end."""
    before, now = step.before[CONFERENCES], step.node[CONFERENCES]
    if before is now:
        return
    for was in before.values():
        if was.ends_at_s is not None and _goes_on(was) and not _goes_on(now.get(was.id)):
            step.stop_timer(MeetingTimer.MEETING_TIME, was.id)
    for conference in now.values():
        earlier = before.get(conference.id)
        if _goes_on(conference) and conference.ends_at_s != (earlier.ends_at_s if earlier is not None else None):
            _wait(step, conference)


def _goes_on(conference: Conference | None) -> bool:
    return conference is not None and conference.state is not ConferenceState.ENDED


def resume(step: Step) -> None:
    """After a restart. A mark that has just passed is told again: twice is better than not at all."""
    for conference in step.node[CONFERENCES].values():
        seconds = left_s(conference, step.at_s)
        if seconds is None or conference.state is ConferenceState.ENDED:
            continue
        if any(0 <= mark - seconds <= MISSED_S for mark in TOLD_S):
            step.start_timer(MeetingTimer.MEETING_TIME, conference.id, RESUME_S)
        else:
            _wait(step, conference)


def _wait(step: Step, conference: Conference) -> None:
    """For the next mark."""
    seconds = left_s(conference, step.at_s)
    ahead = [mark for mark in TOLD_S if seconds is not None and mark < seconds - SLACK_S]
    if seconds is not None and ahead:
        step.start_timer(MeetingTimer.MEETING_TIME, conference.id, seconds - ahead[0])
    else:
        step.stop_timer(MeetingTimer.MEETING_TIME, conference.id)


def due(step: Step, subject: str) -> None:
    """Somebody who is there hears how much is left. A mark of an end that was moved meanwhile says nothing."""
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is None or conference.state is ConferenceState.ENDED:
        return
    seconds = left_s(conference, step.at_s)
    if seconds is not None and seconds <= TOLD_S[0] + SLACK_S and people.present(step, conference.id):
        if seconds > SLACK_S:
            step.note(conference.id, MeetingTimeNote.TIME_LEFT, minutes=_minutes(seconds))
        else:
            step.note(conference.id, MeetingTimeNote.TIME_OUT)
        voices.announce_everywhere(step, conference, *state(conference, step.at_s))
    _wait(step, conference)
