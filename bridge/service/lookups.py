"""Finding conferences and the people in them: shared by the use cases that need one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.domain.access.permissions import Act, permits
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    Seat,
    SeatState,
)
from bridge.domain.directory.records import Function
from bridge.domain.kernel.ids import ConferenceId, Issi, ParticipantId, TerminalName
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.principal import Principal
from bridge.domain.radio.link import connected_on
from bridge.domain.radio.records import PATCHES, Patch, PatchState
from bridge.service.masking import masked
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports


async def find_conference(ports: Ports, conference: ConferenceId) -> Conference:
    """A live conference, else an ended one from the archive.

    Raises:
        Refusal: There is none.
    """
    live = ports.control.node()[CONFERENCES].get(conference)
    if live is not None:
        return live
    ended = await ports.archive.conference(conference)
    if ended is None:
        raise Refusal.not_found(UnknownReason.CONFERENCE, conference)
    return ended[0]


async def open_one(ports: Ports, conference: ConferenceId) -> Conference:
    """A conference that takes orders.

    Raises:
        Refusal: There is none, or it has ended, however long ago.
    """
    found = await find_conference(ports, conference)
    if found.state is ConferenceState.ENDED:
        raise Refusal("ended", ConferenceReason.ENDED())
    return found


def as_seen_by(principal: Principal, people: Iterable[Seat]) -> list[Seat]:
    """The people, without the numbers of callers for those who may not see them: the last two digits stay."""
    if permits(principal, Act.NUMBERS_READ):
        return list(people)
    return [
        replace(one, number=None, name=one.name if one.spoken_name is not None else masked(one.name)) for one in people
    ]


async def people_of(ports: Ports, conference: Conference, *, left: bool) -> list[Seat]:
    """The people in the conference, in the order they came; with `left` also those who have left, from the archive."""
    if not left:
        return people_in(ports.control.node(), conference.id)
    found = {one.id: one for one in await _archived_people(ports, conference.id)}
    live = ports.control.node()[PARTICIPANTS].values()
    found.update({one.id: one for one in live if one.conference == conference.id})
    return _in_order(found.values())


def people_in(node: Node, conference: ConferenceId) -> list[Seat]:
    """The people in it now, in the order they came."""
    people = (one for one in node[PARTICIPANTS].values() if one.conference == conference)
    return _in_order(one for one in people if one.state is not SeatState.LEFT)


async def find_participant(ports: Ports, conference: ConferenceId, participant: ParticipantId) -> Seat:
    """Somebody who is or was in the conference.

    Raises:
        Refusal: There is no such conference, or nobody of it with that id.
    """
    await find_conference(ports, conference)
    live = ports.control.node()[PARTICIPANTS].get(participant)
    known = [live] if live is not None else await _archived_people(ports, conference)
    found = next((one for one in known if one.id == participant and one.conference == conference), None)
    if found is None:
        raise Refusal.not_found(UnknownReason.PARTICIPANT, participant)
    return found


async def _archived_people(ports: Ports, conference: ConferenceId) -> Sequence[Seat]:
    archived = await ports.archive.conference(conference)
    return archived[1] if archived is not None else ()


def _in_order(people: Iterable[Seat]) -> list[Seat]:
    return sorted(people, key=lambda one: (one.joined_at_s or float("inf"), one.id))


# --- the radio ---


def patches_in(node: Node, conference: ConferenceId) -> list[Patch]:
    """The conference's patches, those that wait for approval too."""
    return [
        one for one in node[PATCHES].values() if one.conference == conference and one.state is not PatchState.REMOVED
    ]


def patch_on(node: Node, terminal: TerminalName) -> Patch | None:
    """The patch that has the terminal now: neither one that waits for approval nor one that says farewell."""
    patch = connected_on(node, terminal)
    return patch if patch is not None and not patch.closing else None


def names_of_radios(functions: Iterable[Function]) -> dict[Issi, str]:
    """The directory's function behind each radio."""
    return {issi: function.name for function in functions for issi in function.issis}
