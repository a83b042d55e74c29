"""The directory for meetings of the schedule: their forum's defaults, their codes, and the functions to call out."""

from bridge.domain.callout.commands import NewTarget
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.records import Door
from bridge.domain.directory.records import ActivationList, Forum
from bridge.domain.schedule.events import Called, CalledList
from bridge.domain.schedule.records import Occurrence, Schedule
from bridge.service.callouts import targets_of_list
from bridge.service.use_case import Ports


class DirectoryMeetings:
    """`bridge.ports.Meetings` over the directory and the codes."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def prepare(self, occurrence: Occurrence, schedule: Schedule) -> OpenConference:
        """A forum that is gone has no defaults: the meeting is opened all the same."""
        forum = await self._ports.directory.get(Forum, schedule.forum) if schedule.forum is not None else None
        await self._ports.codes.issue(occurrence.conference)
        return opening_of(occurrence, schedule, forum, self._ports.number)

    async def called_to(self, forum: str | None, activation_list: str | None) -> CalledList:
        """In the list's order, each with its deputies and its rank in the forum."""
        found = await self._ports.directory.get(Forum, forum) if forum is not None else None
        key = activation_list or (found.activation_list_id if found is not None else None)
        list_ = await self._ports.directory.get(ActivationList, key) if key is not None else None
        if list_ is None:
            return CalledList(None, "")
        targets = await targets_of_list(self._ports, list_, found)
        called = tuple(_called(one) for one in targets)
        return CalledList(list_.id, list_.name, called, list_.ring_s, list_.rounds, list_.round_pause_s)


def _called(target: NewTarget) -> Called:
    return Called(
        function=target.function,
        organisation=target.organisation,
        numbers=target.numbers,
        number_uses=target.number_uses,
        language=target.language,
        host_rank=target.host_rank,
        function_id=target.function_id,
        issis=target.issis,
        deputies=tuple(_called(one) for one in target.deputies),
    )


def opening_of(occurrence: Occurrence, schedule: Schedule, forum: Forum | None, number: str) -> OpenConference:
    """The order that opens it. A member that the schedule leaves open is as the forum says."""
    options = schedule.options
    default = forum or Forum("", "")
    sound = default.entry_sound if options.entry_sound is None else options.entry_sound
    asks_name = default.asks_name if options.asks_name is None else options.asks_name
    return OpenConference(
        conference=occurrence.conference,
        mix=occurrence.mix,
        name=schedule.name,
        number=options.direct_number or number,
        language=options.language or default.language,
        recorded=default.recorded if options.recorded is None else options.recorded,
        exercise=options.exercise,
        forum=schedule.forum,
        floor_mode=options.floor_mode,
        door=Door(options.waiting_room, options.joins_muted, sound, asks_name, default.calls_back_in),
        direct_number=options.direct_number,
        direct_code=options.direct_code,
        secrecy=options.secrecy,
    )
