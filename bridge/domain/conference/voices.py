"""Being heard and spoken to: microphones, mute, whispers, announcements."""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import floor as floors
from bridge.domain.conference import legs, people, prompts, rooms
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import HEARD, TOLD_MUTED_AT_S
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    TALK,
    Conference,
    MuteOwner,
    Role,
    RoomKind,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ConferenceId, MixId, PlaybackId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import Announce, SetHeard, Whisper

LIFTED_BY_PEOPLE: Final = frozenset({MuteOwner.SELF, MuteOwner.HOST, MuteOwner.ALL, MuteOwner.NOISE})
"""A person may know better than we that a line which never pauses is worth hearing."""
LIFTED_BY_A_HOST: Final = LIFTED_BY_PEOPLE | {MuteOwner.POLICY, MuteOwner.MIXING}
"""A rule of the conference mutes those who come in, and a host says who is heard."""
_LIFTED_BY: Final = {MuteOwner.HOST: LIFTED_BY_A_HOST}


def shall_be_heard(node: Node, participant: Seat) -> bool:
    """Whether role, mute and floor let them be heard. The floor is that of the main room; a side room's is open."""
    if participant.role is Role.LISTENER or participant.muted:
        return False
    floor = node[CONFERENCES][participant.conference].floor
    return rooms.is_aside(node, participant) or floors.is_heard(floor, participant.id)


def refresh_microphones(step: Step, conference: ConferenceId) -> None:
    """Bring every microphone to what mute and floor say; only differences are sent."""
    for participant in people.present(step, conference):
        channel = legs.channel_of(step.node, participant)
        if channel is None:
            continue
        heard = shall_be_heard(step.node, participant)
        if step.node[HEARD].get(channel) is not heard:
            step.set_in(HEARD, channel, heard)
            step.do(SetHeard(channel, heard))


def talking(step: Step, participant: Seat, is_talking: bool) -> None:
    """Asterisk's talk detection. A muted talker hears a reminder, at most now and then. The talk of a side room is no
    line of the timeline, which goes with the main room's recording."""
    heard = shall_be_heard(step.node, participant)
    if is_talking and not heard:
        _tell_muted(step, participant)
    shown = is_talking and heard
    if shown is participant.talking:
        return
    step.put_passing(replace(participant, talking=shown), TALK)
    if not rooms.is_aside(step.node, participant):
        kind = ConferenceNote.TALK_STARTED if shown else ConferenceNote.TALK_STOPPED
        step.note(participant.conference, kind, participant.id)


def _tell_muted(step: Step, participant: Seat) -> None:
    channel = legs.channel_of(step.node, participant)
    is_listener = participant.role is Role.LISTENER
    if channel is None or not (participant.muted or is_listener):
        return
    told_at_s = step.node[TOLD_MUTED_AT_S].get(channel)
    if told_at_s is not None and step.at_s - told_at_s < step.node.policy[ConferencePolicy].tell_muted_every_s:
        return
    step.set_in(TOLD_MUTED_AT_S, channel, step.at_s)
    whisper(
        step, participant, prompts.LISTENER_TALKING if is_listener else prompts.MUTED_TALKING, manner=Manner.COURTESY
    )


def set_muted(step: Step, participant: Seat, muted: bool, *, by: MuteOwner) -> None:
    """Somebody mutes, or lifts what people have set: either of a person and a host lifts the mutes of both. A
    rule's mute is lifted by a host alone, and that of a telephone on hold by nobody. They hear that they are still
    muted."""
    if _change_owners(step, participant, muted, by=by):
        refresh_microphones(step, participant.conference)
        whisper(step, participant, _told(muted, by=by))
    elif participant.muted and not muted:
        whisper(step, participant, prompts.MUTED)


def own_mute(step: Step, participant: Seat, owner: MuteOwner, *, muted: bool) -> None:
    """A rule, or their own telephone, sets its mute or lifts it. It says nothing; the mutes of others stay."""
    owners = participant.muted_by | {owner} if muted else participant.muted_by - {owner}
    if owners == participant.muted_by:
        return
    if owners and participant.talking:
        step.note(participant.conference, ConferenceNote.TALK_STOPPED, participant.id)
    step.put(replace(participant, muted_by=owners, talking=participant.talking and not owners))
    refresh_microphones(step, participant.conference)


def _change_owners(step: Step, participant: Seat, muted: bool, *, by: MuteOwner) -> bool:
    """Whether it mutes them or lets them be heard again."""
    lifted = frozenset({by}) if by is MuteOwner.ALL else _LIFTED_BY.get(by, LIFTED_BY_PEOPLE)
    owners = participant.muted_by | {by} if muted else participant.muted_by - lifted
    if owners != participant.muted_by:
        step.put(replace(participant, muted_by=owners, talking=participant.talking and not owners))
    if bool(owners) is participant.muted:
        return False
    kind = ConferenceNote.MUTED if muted else ConferenceNote.UNMUTED
    step.note(participant.conference, kind, participant.id, by_host=by is not MuteOwner.SELF)
    if muted and participant.talking:
        step.note(participant.conference, ConferenceNote.TALK_STOPPED, participant.id)
    return True


def _told(muted: bool, *, by: MuteOwner) -> Prompt:
    if not muted:
        return prompts.UNMUTED
    return prompts.MUTED if by is MuteOwner.SELF else prompts.MUTED_BY_HOST


def whisper(
    step: Step,
    participant: Seat,
    *said: Prompt,
    manner: Manner = Manner.SAID,
    playback: PlaybackId | None = None,
) -> None:
    channel = legs.channel_of(step.node, participant)
    if channel is not None and participant.state is SeatState.PRESENT:
        step.do(Whisper(channel, said, participant.language, manner, playback))


def whisper_to_hosts(step: Step, conference: ConferenceId, *said: Prompt) -> None:
    for participant in people.present(step, conference):
        if participant.leads:
            whisper(step, participant, *said)


def announce(step: Step, conference: Conference, *said: Prompt) -> None:
    """To everybody in the main room."""
    step.do(Announce(rooms.main(step.node, conference.id).id, said, conference.language))


def announce_act(step: Step, conference: Conference, *said: Prompt) -> None:
    """The act of a host: to everybody in the main room, and to those who lead from a side room."""
    announce(step, conference, *said)
    for participant in people.present(step, conference.id):
        if participant.leads and rooms.is_aside(step.node, participant):
            whisper(step, participant, *said)


def announce_everywhere(step: Step, conference: Conference, *said: Prompt) -> None:
    """To everybody in every room of the conference. Those who wait are in none of them."""
    before_the_door = {one.id for one in rooms.of(step.node, conference.id) if one.kind is RoomKind.WAITING}
    for room in (one for one in _rooms_with_people(step, conference) if one not in before_the_door):
        step.do(Announce(room, said, conference.language))


def last_words(step: Step, conference: Conference, *said: Prompt) -> None:
    """To everybody in every room of the conference, at once: the lines are hung up soon."""
    for room in _rooms_with_people(step, conference):
        step.do(Announce(room, said, conference.language, Manner.VITAL))


def _rooms_with_people(step: Step, conference: Conference) -> list[MixId]:
    """The main room always. A side room that nobody is in may have no mix."""
    occupied = {one.room for one in people.present(step, conference.id)}
    found = rooms.of(step.node, conference.id)
    return [one.id for one in found if one.kind is RoomKind.MAIN or one.id in occupied]


def mute_all(step: Step, conference: Conference) -> None:
    """Everybody in the main room but the hosts: first every microphone closes, then each person is told."""
    others = [one for one in people.in_main_room(step, conference.id) if not one.leads]
    muted = [one for one in others if _change_owners(step, one, True, by=MuteOwner.ALL)]
    refresh_microphones(step, conference.id)
    for participant in muted:
        whisper(step, participant, _told(True, by=MuteOwner.ALL))


def undo_mute_all(step: Step, conference: Conference) -> bool:
    """Exactly those are heard again who were open before. Other mutes of theirs stay.

    Returns:
        False when there is nothing to undo.
    """
    held = [one for one in step.node[PARTICIPANTS].values() if one.conference == conference.id]
    silenced = [one for one in held if MuteOwner.ALL in one.muted_by and one.state is not SeatState.LEFT]
    heard = [one for one in silenced if _change_owners(step, one, False, by=MuteOwner.ALL)]
    refresh_microphones(step, conference.id)
    for participant in heard:
        whisper(step, participant, prompts.UNMUTED)
    return bool(silenced)
