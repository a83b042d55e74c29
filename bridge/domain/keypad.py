"""The keys of a telephone in the meeting. A command is `*` and one more key; no single key does anything.

======  ===========================================  ======
keys    what                                          who
======  ===========================================  ======
`*6`    mute on and off                               all
`*5`    ask for the word, take it back, give it back  all
`**`    help                                          all
`*0`    talk to the radio, on and off (keyed by key)  all
`*1`    give the word to the next in the queue        host
`*2`    take the word back                            host
`*3`    mute everybody but the hosts                  host
`*4`    hear how many are present                     host
`*7`    next floor mode: open, lecture, queue         host
`*8`    lock and unlock the door                      host
`*9`    recording on and off                          host
`*#`    end the meeting, keyed twice within 10 s      host
======  ===========================================  ======
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bridge.domain import ending, meeting, patching, prompts
from bridge.domain import floor as floors
from bridge.domain.events import TimerKind
from bridge.domain.model import (
    Conference,
    FloorMode,
    NoteKind,
    Participant,
    ParticipantState,
    RecordingState,
    Role,
)
from bridge.domain.node import Keys
from bridge.domain.turn import Turn

END_CONFIRM_S: Final = 10.0
_NEXT_MODE: Final = {
    FloorMode.OPEN: FloorMode.LECTURE,
    FloorMode.LECTURE: FloorMode.QUEUE,
    FloorMode.QUEUE: FloorMode.OPEN,
}


def press(turn: Turn, participant: Participant, digit: str) -> None:
    """One key from somebody in the meeting; who is still on the way in hears no answer, and gives no order."""
    if participant.channel is None or participant.state is not ParticipantState.PRESENT:
        return
    channel = participant.channel
    keys = turn.node.keys.get(channel, Keys())
    if not keys.pending:
        if digit == "*":
            turn.set_in("keys", channel, replace(keys, pending="*"))
            turn.start_timer(TimerKind.KEYS, channel, turn.node.policy.meeting.key_pause_s)
        return
    turn.set_in("keys", channel, replace(keys, pending=""))
    turn.stop_timer(TimerKind.KEYS, channel)
    conference = turn.node.conferences[participant.conference]
    if digit in _FOR_ALL:
        _FOR_ALL[digit](turn, participant)
    elif participant.role is Role.HOST and digit in _FOR_HOST:
        act, audited_as = _FOR_HOST[digit]
        act(turn, conference, participant)
        if audited_as:
            _audit(turn, conference, participant, audited_as)


def _audit(turn: Turn, before: Conference, host: Participant, action: str) -> None:
    """A host's act by key leaves the same evidence as one by API; a key that changed nothing leaves none."""
    after = turn.node.conferences.get(before.id, before)
    if action == "conference.end" and after.state is before.state:
        return
    details: dict[str, dict[str, str | bool | None]] = {
        "conference.lock": {"locked": after.locked},
        "floor.mode": {"mode": after.floor.mode.value},
        "floor.give": {"participant": after.floor.holder},
    }
    detail = details.get(action, {})
    if action == "recording":
        action = "recording.start" if after.recording.wanted else "recording.stop"
    turn.audit(f"host {host.id}", action, before.id, by="key", name=host.name, **detail)


def forget_pending(turn: Turn, participant: Participant) -> None:
    """The star stood alone for too long."""
    if participant.channel is not None:
        keys = turn.node.keys.get(participant.channel, Keys())
        turn.set_in("keys", participant.channel, replace(keys, pending=""))


def _mute(turn: Turn, participant: Participant) -> None:
    meeting.set_muted(turn, participant, not participant.muted, by_host=False)


def _ask_for_word(turn: Turn, participant: Participant) -> None:
    conference = turn.node.conferences[participant.conference]
    if conference.floor.holder == participant.id:
        meeting.release_floor(turn, conference)
    elif participant.id in conference.floor.queue:
        meeting.withdraw_request(turn, participant)
    else:
        meeting.request_floor(turn, participant)


def _help(turn: Turn, participant: Participant) -> None:
    meeting.whisper(turn, participant, prompts.HELP_HOST if participant.role is Role.HOST else prompts.HELP)


def _give_next(turn: Turn, conference: Conference, host: Participant) -> None:
    if not conference.floor.queue:
        meeting.whisper(turn, host, prompts.FLOOR_NOBODY_WAITS)
        return
    meeting.change_floor(turn, conference, floors.give(conference.floor, None, turn.at_s))


def _take_back(turn: Turn, conference: Conference, host: Participant) -> None:
    meeting.release_floor(turn, conference)


def _mute_all(turn: Turn, conference: Conference, host: Participant) -> None:
    mute_all(turn, conference)
    meeting.whisper(turn, host, prompts.MUTED_ALL)


def mute_all(turn: Turn, conference: Conference) -> None:
    """Everybody but the hosts."""
    for participant in turn.present(conference.id):
        if participant.role is not Role.HOST:
            meeting.set_muted(turn, turn.node.participants[participant.id], True, by_host=True)


def _count(turn: Turn, conference: Conference, host: Participant) -> None:
    present = len(list(turn.present(conference.id)))
    meeting.whisper(turn, host, prompts.number(present), prompts.MEETING_PRESENT)


def _next_mode(turn: Turn, conference: Conference, host: Participant) -> None:
    meeting.set_floor_mode(turn, conference, _NEXT_MODE[conference.floor.mode])


def _lock(turn: Turn, conference: Conference, host: Participant) -> None:
    set_locked(turn, conference, not conference.locked)


def set_locked(turn: Turn, conference: Conference, locked: bool) -> None:
    """A locked door lets only hosts and called-out functions in; everybody hears it turn."""
    if conference.locked is locked:
        return
    turn.put(replace(conference, locked=locked))
    turn.note(conference.id, NoteKind.LOCKED if locked else NoteKind.UNLOCKED)
    meeting.announce(turn, conference, prompts.MEETING_LOCKED if locked else prompts.MEETING_UNLOCKED)


def _record(turn: Turn, conference: Conference, host: Participant) -> None:
    if conference.recording.state in (RecordingState.STARTING, RecordingState.ON):
        meeting.stop_recording(turn, conference, announced=True)
    else:
        meeting.start_recording(turn, conference, announced=True)


def _end(turn: Turn, conference: Conference, host: Participant) -> None:
    if host.channel is None:
        return
    asked_at_s = turn.node.keys.get(host.channel, Keys()).end_asked_at_s
    if asked_at_s is not None and turn.at_s - asked_at_s <= END_CONFIRM_S:
        ending.end(turn, conference)
        return
    turn.set_in("keys", host.channel, Keys(end_asked_at_s=turn.at_s))
    meeting.whisper(turn, host, prompts.MEETING_END_CONFIRM)


_FOR_ALL: Final[dict[str, Callable[[Turn, Participant], None]]] = {
    "6": _mute,
    "5": _ask_for_word,
    "*": _help,
    "0": patching.toggle_key,
}
_FOR_HOST: Final[dict[str, tuple[Callable[[Turn, Conference, Participant], None], str]]] = {
    "1": (_give_next, "floor.give"),
    "2": (_take_back, "floor.take"),
    "3": (_mute_all, "conference.mute_all"),
    "4": (_count, ""),
    "7": (_next_mode, "floor.mode"),
    "8": (_lock, "conference.lock"),
    "9": (_record, "recording"),
    "#": (_end, "conference.end"),
}
"""Key → act, and as what it stands in the audit log."""
