"""Where a scenario is played: the running Samband, its telephones and its radio network, and what is known of them."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bridge.domain.kernel.reasons import Reason
from hardware.simulator.client import SimulatorClient
from hardware.simulator.exercise.api import Api, ApiError
from hardware.simulator.reasons import PlayReason
from hardware.simulator.telephones.client import TelephonesClient
from hardware.simulator.telephones.manners import e164

LOOK_S: Final = 0.25
"""Between two looks at something that is waited for."""
CHANNEL_S: Final = 60.0
"""A radio user waits so long for a free channel: nobody else may talk longer."""
PRESS_AGAIN_S: Final = 1.0


class CannotPlay(Exception):
    """A step cannot be done; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass
class Stage:
    """One conference of an exercise.

    Attributes:
        conference: Its id, once it is open.
        codes: The participants' code and the host's.
        spoke: The people who have had the floor and released it.
    """

    api: Api
    radio: SimulatorClient
    telephones: TelephonesClient
    conference: str = ""
    number: str = ""
    codes: tuple[str, str] = ("", "")
    activations: list[str] = field(default_factory=list)
    groups: set[int] = field(default_factory=set)
    spoke: list[str] = field(default_factory=list)
    hand_to: str = ""
    """The account whose the meeting is once it is open; empty: it stays the token's."""
    began_at_s: dict[int, float] = field(default_factory=dict)

    async def view(self) -> dict[str, Any]:
        """The conference as the API shows it. Raises ApiError, and CannotPlay when none was opened."""
        if not self.conference:
            raise CannotPlay(PlayReason.NO_CONFERENCE())
        found: dict[str, Any] = await self.api.get(f"/conferences/{self.conference}")
        return found

    async def present(self) -> list[dict[str, Any]]:
        """Those on a telephone who are in the meeting."""
        people = (await self.view())["participants"]
        return [one for one in people if one["kind"] == "phone" and one["state"] == "present"]

    async def board(self) -> list[dict[str, Any]]:
        """Every target of every call-out of this exercise."""
        boards = await asyncio.gather(*(self.api.get(f"/activations/{one}") for one in self.activations))
        return [target for board in boards for target in board["targets"]]

    async def count(self, what: str) -> int:
        """How many there are now of what a scenario may expect."""
        match what:
            case "joined":
                return sum(one["state"] == "joined" for one in await self.board())
            case "answered":
                return sum(one["state"] in ("joined", "later", "cannot") for one in await self.board())
            case "settled":
                waiting = ("waiting", "calling", "asked")
                return sum(one["state"] not in waiting for one in await self.board())
            case "present":
                return len(await self.present())
            case "queue":
                return len((await self.view())["floor"]["queue"])
            case "spoke":
                return len(self.spoke)
            case "transmissions":
                return await self._transmissions()
            case "recordings":
                return await self._recordings()
            case _:
                raise AssertionError(what)

    async def _transmissions(self) -> int:
        """From Samband's own terminal, since each talkgroup was patched in."""
        terminals = {one["issi"] for one in await self.api.get("/terminals")}
        found = 0
        for gssi in self.groups:
            air = await self.radio.air(gssi)
            found += sum(one.issi in terminals and one.start_s >= self.began_at_s.get(gssi, 0.0) for one in air)
        return found

    async def _recordings(self) -> int:
        kept = await self.api.get("/recordings")
        return sum(one["conference_id"] == self.conference and one["state"] == "archived" for one in kept)

    async def speaks(self, issi: int, gssi: int, says: str, *, emergency: bool) -> None:
        """A radio user presses, again while the channel is busy, says the words, and releases; returns after that.

        Raises:
            CannotPlay: The channel was never free.
        """
        path = Path(tempfile.gettempdir()) / f"samband-exercise-{time.monotonic_ns()}.wav"
        try:
            lasts_s = await self.telephones.speak(says, str(issi), path)
            deadline_s = time.monotonic() + CHANNEL_S
            mark = await self.radio.mark()
            while not await self.radio.press(issi, gssi, wav=path, emergency=emergency):
                if time.monotonic() > deadline_s:
                    raise CannotPlay(PlayReason.TALKGROUP_BUSY(gssi=gssi, for_s=CHANNEL_S))
                await asyncio.sleep(PRESS_AGAIN_S)
            await self.radio.wait_for("transmission_ended", since=mark, issi=issi, timeout_s=lasts_s + 20)
        finally:
            path.unlink(missing_ok=True)

    async def is_in(self, number: str, within_s: float) -> None:
        """Wait until a telephone that has dialled in is in the meeting.

        Raises:
            CannotPlay: It is not within that time.
        """
        wanted = e164(number)
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            if any(_called_from(one, wanted) for one in await self.present()):
                return
            await asyncio.sleep(LOOK_S)
        raise CannotPlay(PlayReason.NOT_IN(number=number, within_s=within_s))

    async def put_away(self) -> None:
        """End what was opened and give the telephones their usual manners again."""
        if self.conference:
            try:
                await self.api.post(f"/conferences/{self.conference}/end")
            except ApiError as error:
                raise CannotPlay(PlayReason.LEFT_OPEN(cause=error.reason)) from error
        await self.telephones.reset()


def _called_from(participant: dict[str, Any], number: str) -> bool:
    try:
        return e164(str(participant["name"])) == number
    except ValueError:
        return False
