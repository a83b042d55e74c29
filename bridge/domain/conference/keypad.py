"""The keys of a telephone in a conference. A command is `*` or `#` and one more key. A single key answers a question
that stands (`questions`), and does nothing else.

The rooms hand their keys over (`bridge.domain.kernel.keys`). The conference's own are below.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bridge.domain.conference import door, floor_control, legs, people, prompts, questions, roles, voices
from bridge.domain.conference import floor as floors
from bridge.domain.conference.passing import KEYS, Keys
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    LEADERS,
    PARTICIPANTS,
    Conference,
    FloorMode,
    MuteOwner,
    RequestKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel import phrases
from bridge.domain.kernel.effects import Effect
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.keys import STARTERS, Key
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.step import Detail, Step
from bridge.domain.telephony.effects import Announce, Whisper

_NEXT_MODE: Final = {
    FloorMode.OPEN: FloorMode.LECTURE,
    FloorMode.LECTURE: FloorMode.QUEUE,
    FloorMode.QUEUE: FloorMode.OPEN,
}


CLASS_KEY_S: Final = 7.0
"""After `*5` a key gives the request a class within this. To hear the keys takes four of them."""
_CLASS: Final = "class of request"
EVERYBODY: Final = frozenset(Role)
SPEAKERS: Final = EVERYBODY - {Role.LISTENER}


def for_all(
    sequence: str, does: str, said: Prompt, act: Callable[[Step, Seat], None], roles: frozenset[Role] = EVERYBODY
) -> Key:
    """A key that answers everybody in the conference, or those of some roles."""
    return Key(sequence, does, said, act, roles)


def for_hosts(
    sequence: str,
    does: str,
    said: Prompt,
    act: Callable[[Step, Conference, Seat], None],
    roles: frozenset[Role] = LEADERS,
) -> Key:
    """A key that answers those who lead. Its rule audits the act by `audit`, unless it changes nothing."""

    def with_conference(step: Step, host: Seat) -> None:
        act(step, step.node[CONFERENCES][host.conference], host)

    return Key(sequence, does, said, with_conference, roles)


def audit(step: Step, host: Seat, action: str, **detail: Detail | None) -> None:
    """A host's act by key leaves the same evidence as one by API."""
    step.audit(f"host {host.id}", action, host.conference, by="key", name=host.name, **detail)


def press(step: Step, participant: Seat, digit: str) -> None:
    """One key from somebody in the conference. Those who are still on the way in give no order."""
    channel = legs.channel_of(step.node, participant)
    if channel is None or participant.state is not SeatState.PRESENT:
        return
    keys = _not_read_to(step, participant, channel)
    sequence = keys.pending + digit
    if keys.pending and _is_command(step, sequence):
        _hold(step, channel, replace(keys, pending=""))
        key = step.node.keys.get(participant.role, {}).get(sequence)
        if key is not None:
            _act(step, participant, channel, key)
        else:
            voices.whisper(step, participant, prompts.KEY_OF_ANOTHER_ROLE)
    elif digit in STARTERS:
        _hold(step, channel, replace(keys, pending="" if _ends_a_code(step, keys, digit) else digit))
    elif keys.pending:
        _hold(step, channel, replace(keys, pending=""))
    elif not questions.answer(step, participant, digit):
        _hold(step, channel, replace(keys, loose_at_s=step.at_s))


def _act(step: Step, participant: Seat, channel: ChannelId, key: Key) -> None:
    """No press is met by silence. Where the act itself says nothing to them, they hear that the key has come."""
    before = len(step.effects)
    key.act(step, participant)
    now = step.node[PARTICIPANTS].get(participant.id, participant)
    if now.state is SeatState.PRESENT and not any(_is_heard(one, channel, now) for one in step.effects[before:]):
        voices.whisper(step, now, prompts.KEY_TAKEN)


def _is_heard(effect: Effect, channel: ChannelId, seat: Seat) -> bool:
    match effect:
        case Whisper():
            return effect.channel == channel and bool(effect.prompts)
        case Announce():
            return effect.mix == seat.room
        case _:
            return False


def _not_read_to(step: Step, participant: Seat, channel: ChannelId) -> Keys:
    """Any key ends what is being read out."""
    keys = step.node[KEYS].get(channel, Keys())
    if keys.is_read_to:
        keys = replace(keys, is_read_to=False)
        step.set_in(KEYS, channel, keys)
        voices.whisper(step, participant, manner=Manner.READ_OUT)
    return keys


def read_out(step: Step, participant: Seat, *said: Prompt) -> None:
    """A long answer to a key, which the next key ends."""
    channel = legs.channel_of(step.node, participant)
    if channel is not None:
        voices.whisper(step, participant, *said, manner=Manner.READ_OUT)
        step.set_in(KEYS, channel, replace(step.node[KEYS].get(channel, Keys()), is_read_to=True))


def _is_command(step: Step, sequence: str) -> bool:
    """Of any role. A starter after a starter that is none begins anew."""
    return any(sequence in keys for keys in step.node.keys.values())


def _ends_a_code(step: Step, keys: Keys, digit: str) -> bool:
    """Somebody keys their code once more, and its `#` must begin nothing: the code may be keyed a third time."""
    since_s = step.at_s - keys.loose_at_s if keys.loose_at_s is not None else None
    return digit == "#" and since_s is not None and since_s <= step.node.policy[ConferencePolicy].key_pause_s


def _hold(step: Step, channel: ChannelId, keys: Keys) -> None:
    """A starter waits for its second key only for a while."""
    waited = bool(step.node[KEYS].get(channel, Keys()).pending)
    step.set_in(KEYS, channel, keys)
    if keys.pending:
        step.start_timer(ConferenceTimer.KEYS, channel, step.node.policy[ConferencePolicy].key_pause_s)
    elif waited:
        step.stop_timer(ConferenceTimer.KEYS, channel)


def forget_pending(step: Step, participant: Seat) -> None:
    """The starter stood alone for too long."""
    channel = legs.channel_of(step.node, participant)
    if channel is not None:
        keys = step.node[KEYS].get(channel, Keys())
        step.set_in(KEYS, channel, replace(keys, pending=""))


# --- everybody's keys ---


def _mute(step: Step, participant: Seat) -> None:
    voices.set_muted(step, participant, not participant.muted, by=MuteOwner.SELF)


def _ask_for_floor(step: Step, participant: Seat) -> None:
    conference = step.node[CONFERENCES][participant.conference]
    if conference.floor.holder == participant.id:
        floor_control.release_floor(step, conference)
        if conference.floor.mode is FloorMode.OPEN:
            voices.whisper(step, participant, prompts.FLOOR_RETURNED)
        _still_yours(step, participant)
    elif participant.id in conference.floor.queue:
        floor_control.withdraw_request(step, participant)
    else:
        floor_control.request_floor(step, participant)
        if participant.id in step.node[CONFERENCES][conference.id].floor.queue:
            _ask_for_class(step, participant)


def _still_yours(step: Step, participant: Seat) -> None:
    """The floor of a lecture that its host gives back comes back to the host."""
    if step.node[CONFERENCES][participant.conference].floor.holder == participant.id:
        voices.whisper(step, participant, prompts.FLOOR_YOURS)


def _ask_for_class(step: Step, participant: Seat) -> None:
    """The request stands already. A key in time gives it a class."""

    def as_kind(kind: RequestKind) -> Callable[[Step, Seat], None]:
        def rule(later: Step, asking: Seat) -> None:
            if asking.id in later.node[CONFERENCES][asking.conference].floor.queue:
                floor_control.request_floor(later, asking, kind)

        return rule

    questions.ask(
        step,
        participant,
        (prompts.FLOOR_CLASS_KEYS,),
        {"1": as_kind(RequestKind.URGENT), "2": as_kind(RequestKind.REPLY)},
        otherwise=lambda _later, _asking: None,
        within_s=CLASS_KEY_S,
        topic=_CLASS,
    )


def _help(step: Step, participant: Seat) -> None:
    """The keys with a star, and where the others are told."""
    _read_keys(step, participant, "*", "#*")


def _help_on_conduct(step: Step, participant: Seat) -> None:
    _read_keys(step, participant, "#")


def _read_keys(step: Step, participant: Seat, starter: str, *more: str) -> None:
    keys = step.node.keys.get(participant.role, {})
    said = [key.said for sequence, key in keys.items() if sequence.startswith(starter) or sequence in more]
    read_out(step, participant, *said)


# --- hosts' keys ---


def _give_next(step: Step, conference: Conference, host: Seat) -> None:
    if floors.next_up(conference.floor) is None:
        voices.whisper(step, host, prompts.FLOOR_NOBODY_WAITS)
    else:
        floor_control.give_floor(step, conference, None)
        holder = people.holder_of(step, conference.id)
        if holder is not None and holder.id != host.id:
            name = holder.spoken_name
            voices.whisper(step, host, prompts.FLOOR_GIVEN, *((phrases.spoken(name),) if name else ()))
    audit(step, host, "floor.give", participant=step.node[CONFERENCES][conference.id].floor.holder)


def _take_back(step: Step, conference: Conference, host: Seat) -> None:
    holder = people.holder_of(step, conference.id)
    floor_control.release_floor(step, conference)
    if holder is None:
        voices.whisper(step, host, prompts.FLOOR_NOBODY_HAS)
    elif holder.id != host.id:
        voices.whisper(step, host, prompts.FLOOR_TAKEN)
    else:
        _still_yours(step, host)
    audit(step, host, "floor.take")


def _mute_all(step: Step, conference: Conference, host: Seat) -> None:
    voices.mute_all(step, conference)
    voices.whisper(step, host, prompts.MUTED_ALL)
    audit(step, host, "conference.mute_all")


def _undo_mute_all(step: Step, conference: Conference, host: Seat) -> None:
    if voices.undo_mute_all(step, conference):
        voices.whisper(step, host, prompts.MUTED_ALL_UNDONE)
        audit(step, host, "conference.undo_mute_all")
    else:
        voices.whisper(step, host, prompts.NOTHING_TO_UNDO)


def _next_mode(step: Step, conference: Conference, host: Seat) -> None:
    mode = _NEXT_MODE[conference.floor.mode]
    floor_control.set_floor_mode(step, conference, mode)
    audit(step, host, "floor.mode", mode=mode.value)


def _lock(step: Step, conference: Conference, host: Seat) -> None:
    door.set_locked(step, conference, not conference.locked)
    audit(step, host, "conference.lock", locked=not conference.locked)


CONFERENCE_KEYS: Final = (
    for_all("*6", "mute on and off", prompts.HELP_STAR_6, _mute, SPEAKERS),
    for_all(
        "*5",
        "ask for the floor, take the request back, give the floor back",
        prompts.HELP_STAR_5,
        _ask_for_floor,
        SPEAKERS,
    ),
    for_all(
        "*5",
        "ask to be made a participant",
        prompts.HELP_STAR_5_LISTENER,
        roles.ask_to_speak,
        frozenset({Role.LISTENER}),
    ),
    for_hosts(
        "#0",
        "hand over as host: to the holder of the floor, else to a function by name",
        prompts.HELP_HASH_0,
        roles.hand_over,
        frozenset({Role.HOST}),
    ),
    for_all("**", "help", prompts.HELP_STAR_STAR, _help),
    for_all("#*", "help on the keys that begin with `#`", prompts.HELP_HASH_STAR, _help_on_conduct),
    for_hosts("*1", "give the floor to the next of the list, then of the queue", prompts.HELP_STAR_1, _give_next),
    for_hosts("*2", "take the floor back", prompts.HELP_STAR_2, _take_back),
    for_hosts("*3", "mute everybody but the hosts", prompts.HELP_STAR_3, _mute_all),
    for_hosts("#3", "undo `*3`: those who were open are heard again", prompts.HELP_HASH_3, _undo_mute_all),
    for_hosts("*7", "next floor mode: open, lecture, queue", prompts.HELP_STAR_7, _next_mode),
    for_hosts("*8", "lock and unlock the door", prompts.HELP_STAR_8, _lock),
)
