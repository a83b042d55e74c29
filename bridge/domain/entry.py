"""The way in: an incoming caller is greeted, keys the code and square, and is let in, told to try again, or let go.

Digits live in the entry's state only. A wrong, unknown or expired code and an ended conference are answered by one and
the same sentence. A caller with many wrong codes is answered more slowly, never shut out. A code that nobody can look
up now is not a wrong one: the caller is asked to wait, and it is looked up again.
"""

from dataclasses import replace

from bridge.domain import again, meeting, prompts, ringback
from bridge.domain.effects import Answer, HangUpLeg, LookUpCode, Play, StopPlaying
from bridge.domain.events import CallArrived, CodeResolved, TimerKind
from bridge.domain.ids import ChannelId, ConferenceId, MixId, ParticipantId, PlaybackId
from bridge.domain.model import (
    Conference,
    ConferenceRecording,
    ConferenceState,
    Language,
    Participant,
    ParticipantKind,
    RecordingState,
    Role,
)
from bridge.domain.node import Entry, EntryPhase
from bridge.domain.numbers import NumberError, is_premium, parse_number
from bridge.domain.prompts import Prompt
from bridge.domain.turn import Turn

_ORDINARY_DIGITS = frozenset("0123456789")
_MOST_CALLERS = 10_000
"""Callers whose wrong codes are remembered. Overflow: the one whose last wrong code is oldest is forgotten."""
_RESCUE_NAME = {Language.SV: "Nödrummet", Language.EN: "Emergency room"}


def arrive(turn: Turn, event: CallArrived) -> None:
    """Answer and greet. Callers of the emergency room stay together, in the conference that is marked for them."""
    turn.do(Answer(event.channel))
    entry = Entry(event.channel, event.caller)
    if event.rescued:
        _let_in(turn, entry, _room_for_rescued(turn, event), Role.PARTICIPANT, (prompts.ENTRY_RESCUED,))
    else:
        _ask(turn, entry, prompts.ENTRY_WELCOME)


def _room_for_rescued(turn: Turn, event: CallArrived) -> Conference:
    """The emergency room's code opens no meeting: without a marked, unlocked conference one is opened for them.

    It has no codes, so that nobody else comes in uncalled; its people ring in with their own codes when they like.
    """
    for conference in turn.node.conferences.values():
        if conference.emergency and not conference.locked and conference.state is not ConferenceState.ENDED:
            return conference
    language = turn.node.policy.language
    conference = Conference(
        id=ConferenceId(turn.mint("conference")),
        mix=MixId(turn.mint("mix")),
        name=_RESCUE_NAME[language],
        number=event.number,
        created_at_s=turn.at_s,
        language=language,
        emergency=True,
        recording=ConferenceRecording(wanted=True),
    )
    turn.put(conference)
    turn.audit("samband", "conference.open", conference.id, name=conference.name, recorded=True, emergency=True)
    return conference


def press(turn: Turn, entry: Entry, digit: str) -> None:
    """A key while the code is asked for: square ends the code, star begins it anew."""
    if entry.phase is not EntryPhase.ASKING:
        return
    turn.stop_timer(TimerKind.ENTRY_REMIND, entry.channel)
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


def remind(turn: Turn, entry: Entry) -> None:
    """Nothing has been keyed for a moment: ask again rather than be silent. It costs no try."""
    if entry.phase is EntryPhase.ASKING and not entry.digits and entry.playback is None:
        playback = _play(turn, entry.channel, prompts.ENTRY_CODE)
        _store(turn, replace(entry, playback=playback, reminders=entry.reminders + 1))


def _submit(turn: Turn, entry: Entry) -> None:
    for kind in (TimerKind.ENTRY_DIGITS, TimerKind.ENTRY_REMIND):
        turn.stop_timer(kind, entry.channel)
    if entry.playback is not None:
        turn.do(StopPlaying(entry.channel, entry.playback))
        entry = replace(entry, playback=None)
    well_formed = 4 <= len(entry.digits) <= turn.node.policy.entry.longest_code
    if not (well_formed and _ORDINARY_DIGITS.issuperset(entry.digits)):
        _refuse(turn, entry)
        return
    _store(turn, replace(entry, digits="", phase=EntryPhase.CHECKING))
    turn.do(LookUpCode(entry.channel, entry.digits))


def resolved(turn: Turn, entry: Entry, event: CodeResolved) -> None:
    """The answer about the code."""
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
        playback = _play(turn, entry.channel, prompts.ENTRY_WAIT)
        _store(turn, replace(entry, phase=EntryPhase.BRAKED, playback=playback))
        turn.start_timer(TimerKind.ENTRY_BRAKE, entry.channel, brake_s)
    else:
        say_wrong(turn, entry)


def say_wrong(turn: Turn, entry: Entry) -> None:
    """Ask again, or let them go after the last try."""
    if entry.playback is not None:
        turn.do(StopPlaying(entry.channel, entry.playback))
    if entry.tries >= turn.node.policy.entry.tries:
        _let_go(turn, entry, prompts.ENTRY_WRONG, prompts.ENTRY_GOODBYE)
    else:
        _ask(turn, entry, prompts.ENTRY_WRONG)


def _count_wrong(turn: Turn, caller: str) -> float:
    """Note a wrong code; gives the seconds by which the answer shall be held back."""
    policy = turn.node.policy.entry
    _forget_old_wrong_codes(turn)
    recent = [at_s for at_s in turn.node.wrong_codes.get(caller, ()) if turn.at_s - at_s < policy.brake_window_s]
    recent.append(turn.at_s)
    turn.drop_from("wrong_codes", caller)  # the newest stands last, so that the oldest are found first
    turn.set_in("wrong_codes", caller, tuple(recent[-100:]))
    return float(min(max(0, len(recent) - policy.brake_after), policy.brake_longest_s))


def _forget_old_wrong_codes(turn: Turn) -> None:
    """They stand in order of the last wrong code: only those at the front can be too old, or too many."""
    window_s = turn.node.policy.entry.brake_window_s
    too_many = len(turn.node.wrong_codes) - _MOST_CALLERS
    for position, (caller, at_s) in enumerate(list(turn.node.wrong_codes.items())):
        if position >= too_many and turn.at_s - at_s[-1] < window_s:
            return
        turn.drop_from("wrong_codes", caller)


def ask_to_wait(turn: Turn, entry: Entry) -> None:
    """Words instead of silence, while the code cannot be looked up."""
    _store(turn, replace(entry, playback=_play(turn, entry.channel, prompts.ENTRY_WAIT)))


def apologise(turn: Turn, channel: ChannelId, language: Language) -> None:
    """It cannot be done now: say so, and hang up. For callers on the way in and for those who are called."""
    say_and_hang_up(turn, channel, language, prompts.ENTRY_FAULT)


def say_and_hang_up(turn: Turn, channel: ChannelId, language: Language, said: Prompt) -> None:
    """Last words to a channel that is in no mix, or is taken out of it by them."""
    entry = turn.node.entries.get(channel, Entry(channel, ""))
    playback = _play(turn, channel, said, language=language)
    _store(turn, replace(entry, phase=EntryPhase.LEAVING, playback=playback))


def _ask(turn: Turn, entry: Entry, prompt: Prompt) -> None:
    playback = _play(turn, entry.channel, prompt)
    _store(turn, replace(entry, phase=EntryPhase.ASKING, digits="", playback=playback, reminders=0))
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
        number=_number_of(entry.caller),
    )
    ringback.came_by_themselves(turn, conference.id, participant.number)
    meeting.admit(turn, conference, participant, entry.channel)
    playback = _play(turn, entry.channel, *said, *door_prompts(conference))
    _store(turn, replace(entry, phase=EntryPhase.JOINING, playback=playback, participant=participant.id))


def _number_of(caller: str) -> str | None:
    """The caller's number as E.164, where the network gave one that may be rung back; in whatever form it came."""
    for form in (caller, f"+{caller}"):
        try:
            number = parse_number(form)
        except NumberError:
            continue
        return None if is_premium(number) else number
    return None


def door_prompts(conference: Conference) -> tuple[Prompt, ...]:
    """What everybody is told at the door, whichever way they come."""
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
    turn.stop_timer(TimerKind.PROMPT, entry.channel)
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
            if entry.reminders == 0:
                turn.start_timer(TimerKind.ENTRY_DIGITS, entry.channel, turn.node.policy.entry.patience_s)
            turn.start_timer(TimerKind.ENTRY_REMIND, entry.channel, turn.node.policy.entry.remind_s)
        case EntryPhase.BRAKED:
            ask_to_wait(turn, entry)
        case EntryPhase.CHECKING:
            _store(turn, replace(entry, playback=None))


def prompt_overdue(turn: Turn, entry: Entry) -> None:
    """The end of a prompt was not reported: it counts as ended."""
    if entry.playback is not None:
        played(turn, entry, entry.playback)


def gone(turn: Turn, entry: Entry) -> None:
    """They hung up on the way."""
    turn.drop_from("entries", entry.channel)
    again.forget_subject(turn, entry.channel)
    for kind in (TimerKind.ENTRY_DIGITS, TimerKind.ENTRY_BRAKE, TimerKind.ENTRY_REMIND, TimerKind.PROMPT):
        turn.stop_timer(kind, entry.channel)


def _play(turn: Turn, channel: ChannelId, *said: Prompt, language: Language | None = None) -> PlaybackId:
    playback = PlaybackId(turn.mint("playback"))
    turn.do(Play(channel, playback, said, language or turn.node.policy.language))
    turn.start_timer(TimerKind.PROMPT, channel, turn.node.policy.entry.prompt_longest_s)
    return playback


def _store(turn: Turn, entry: Entry) -> None:
    turn.set_in("entries", entry.channel, entry)
