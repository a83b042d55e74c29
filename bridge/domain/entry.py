"""The way in: an incoming caller is greeted, keys the code and square, and is let in, told to try again, or let go.

Digits live in the entry's state only. A wrong, unknown or expired code and an ended conference are answered by one and
the same sentence. A caller with many wrong codes behind him is answered more slowly, never shut out.
"""

from dataclasses import replace

from bridge.domain import meeting, prompts
from bridge.domain.effects import Answer, HangUpLeg, LookUpCode, Play, StopPlaying
from bridge.domain.events import CallArrived, CodeResolved, TimerKind
from bridge.domain.ids import ChannelId, ParticipantId, PlaybackId
from bridge.domain.model import (
    Conference,
    ConferenceState,
    Participant,
    ParticipantKind,
    RecordingState,
    Role,
)
from bridge.domain.node import Entry, EntryPhase
from bridge.domain.prompts import Prompt
from bridge.domain.turn import Turn

_ORDINARY_DIGITS = frozenset("0123456789")


def arrive(turn: Turn, event: CallArrived) -> None:
    """Answer and greet; a rescued caller goes straight into the emergency's meeting when there is one."""
    turn.do(Answer(event.channel))
    entry = Entry(event.channel, event.caller)
    meeting_for_rescued = _emergency_meeting(turn) if event.rescued else None
    if meeting_for_rescued is not None:
        _let_in(turn, entry, meeting_for_rescued, Role.PARTICIPANT, (prompts.ENTRY_RESCUED,))
    else:
        _ask(turn, entry, prompts.ENTRY_WELCOME)


def _emergency_meeting(turn: Turn) -> Conference | None:
    """The one marked for emergencies, or else the only one that goes on now."""
    running = [one for one in turn.node.conferences.values() if one.state is not ConferenceState.ENDED]
    marked = [one for one in running if one.emergency]
    active = [one for one in running if one.state is ConferenceState.ACTIVE]
    for candidates in (marked, active):
        if len(candidates) == 1:
            return candidates[0]
    return None


def press(turn: Turn, entry: Entry, digit: str) -> None:
    """A key while the code is asked for: square ends the code, star begins it anew."""
    if entry.phase is not EntryPhase.ASKING:
        return
    if entry.playback is not None:
        turn.do(StopPlaying(entry.channel, entry.playback))
        entry = replace(entry, playback=None)
    if digit == "#":
        _submit(turn, entry)
        return
    longest = turn.node.policy.entry.longest_code
    digits = "" if digit == "*" else (entry.digits + digit)[: longest + 1]
    _store(turn, replace(entry, digits=digits))
    turn.start_timer(TimerKind.ENTRY_DIGITS, entry.channel, turn.node.policy.entry.digit_pause_s)


def pause(turn: Turn, entry: Entry) -> None:
    """No key for a while: what is keyed is the code; nothing keyed costs a try."""
    if entry.phase is EntryPhase.ASKING:
        _submit(turn, entry)


def _submit(turn: Turn, entry: Entry) -> None:
    turn.stop_timer(TimerKind.ENTRY_DIGITS, entry.channel)
    well_formed = 4 <= len(entry.digits) <= turn.node.policy.entry.longest_code
    if not (well_formed and _ORDINARY_DIGITS.issuperset(entry.digits)):
        _refuse(turn, entry)
        return
    _store(turn, replace(entry, digits="", phase=EntryPhase.CHECKING))
    turn.do(LookUpCode(entry.channel, entry.digits))


def resolved(turn: Turn, entry: Entry, event: CodeResolved) -> None:
    """The answer about his code."""
    if entry.phase is not EntryPhase.CHECKING:
        return
    conference = turn.node.conferences.get(event.conference) if event.conference else None
    if conference is None or conference.state is ConferenceState.ENDED:
        _refuse(turn, entry)
    elif conference.locked and event.role is not Role.HOST:
        _let_go(turn, entry, prompts.ENTRY_LOCKED)
    else:
        said = (prompts.ENTRY_HOST,) if event.role is Role.HOST else ()
        _let_in(turn, entry, conference, event.role, said)


def _refuse(turn: Turn, entry: Entry) -> None:
    """One wrong code more."""
    brake_s = _count_wrong(turn, entry.caller)
    entry = replace(entry, tries=entry.tries + 1, digits="")
    if brake_s > 0:
        _store(turn, replace(entry, phase=EntryPhase.BRAKED))
        turn.start_timer(TimerKind.ENTRY_BRAKE, entry.channel, brake_s)
    else:
        say_wrong(turn, entry)


def say_wrong(turn: Turn, entry: Entry) -> None:
    """Ask again, or let him go after the last try."""
    if entry.tries >= turn.node.policy.entry.tries:
        _let_go(turn, entry, prompts.ENTRY_WRONG, prompts.ENTRY_GOODBYE)
    else:
        _ask(turn, entry, prompts.ENTRY_WRONG)


def _count_wrong(turn: Turn, caller: str) -> float:
    """Note a wrong code; gives the seconds by which the answer shall be held back."""
    policy = turn.node.policy.entry
    recent = [at_s for at_s in turn.node.wrong_codes.get(caller, ()) if turn.at_s - at_s < policy.brake_window_s]
    recent.append(turn.at_s)
    turn.set_in("wrong_codes", caller, tuple(recent[-100:]))
    return float(min(max(0, len(recent) - policy.brake_after), policy.brake_longest_s))


def _ask(turn: Turn, entry: Entry, prompt: Prompt) -> None:
    playback = _play(turn, entry.channel, prompt)
    _store(turn, replace(entry, phase=EntryPhase.ASKING, digits="", playback=playback))
    turn.stop_timer(TimerKind.ENTRY_DIGITS, entry.channel)


def _let_go(turn: Turn, entry: Entry, *said: Prompt) -> None:
    playback = _play(turn, entry.channel, *said)
    _store(turn, replace(entry, phase=EntryPhase.LEAVING, playback=playback))


def _let_in(turn: Turn, entry: Entry, conference: Conference, role: Role, said: tuple[Prompt, ...]) -> None:
    participant = Participant(
        id=ParticipantId(turn.mint("participant")),
        conference=conference.id,
        kind=ParticipantKind.PHONE,
        name=entry.caller or "?",
        role=role,
        channel=entry.channel,
        language=conference.language,
    )
    meeting.admit(turn, conference, participant, entry.channel)
    playback = _play(turn, entry.channel, *said, *door_prompts(conference))
    _store(turn, replace(entry, phase=EntryPhase.JOINING, playback=playback, participant=participant.id))


def door_prompts(conference: Conference) -> tuple[Prompt, ...]:
    """What everybody is told at the door, whichever way he comes."""
    recorded = conference.recording.wanted and conference.recording.state is not RecordingState.FAILED
    return (
        *((prompts.ENTRY_EXERCISE,) if conference.exercise else ()),
        *((prompts.ENTRY_RECORDED,) if recorded else ()),
        prompts.ENTRY_JOINING,
    )


def played(turn: Turn, entry: Entry, playback: PlaybackId) -> None:
    """A prompt has ended; one that was broken off for another does not count."""
    if entry.playback != playback:
        return
    match entry.phase:
        case EntryPhase.JOINING:
            participant = turn.node.participants.get(entry.participant) if entry.participant else None
            turn.drop_from("entries", entry.channel)
            if participant is not None:
                meeting.take_seat(turn, participant)
        case EntryPhase.LEAVING:
            turn.do(HangUpLeg(entry.channel))
        case EntryPhase.ASKING:
            _store(turn, replace(entry, playback=None))
            turn.start_timer(TimerKind.ENTRY_DIGITS, entry.channel, turn.node.policy.entry.patience_s)
        case EntryPhase.CHECKING | EntryPhase.BRAKED:
            _store(turn, replace(entry, playback=None))


def gone(turn: Turn, entry: Entry) -> None:
    """He hung up on the way."""
    turn.drop_from("entries", entry.channel)
    turn.stop_timer(TimerKind.ENTRY_DIGITS, entry.channel)
    turn.stop_timer(TimerKind.ENTRY_BRAKE, entry.channel)


def _play(turn: Turn, channel: ChannelId, *said: Prompt) -> PlaybackId:
    playback = PlaybackId(turn.mint("playback"))
    turn.do(Play(channel, playback, said, turn.node.policy.language))
    return playback


def _store(turn: Turn, entry: Entry) -> None:
    turn.set_in("entries", entry.channel, entry)
