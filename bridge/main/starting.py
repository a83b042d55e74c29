"""The steps of a controller's start that make no part, and the work that belongs to none."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.ari.ami import Ami
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.directory.records import Forum
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.recording.records import RECORDINGS
from bridge.domain.telephony.state import TELEPHONY
from bridge.engine import Engine
from bridge.files import replace_file
from bridge.main import region
from bridge.main.notify import READY, tell
from bridge.main.rig import Rig
from bridge.main.server import ApiServer
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError
from bridge.recording import SpoolWatcher
from bridge.service import Service
from bridge.service.conferences import NewConference
from bridge.storage import SqlDirectory, SqlTokens

log = structlog.get_logger(__name__)

RESCUE_S: Final = 3.0
DOOR_ROUNDS: Final = 10
"""So often after telephony is up those at the emergency room's door are looked for."""
READY_WAIT_S: Final = 20.0
"""Ready is said after this even without Asterisk: the API then tells what is missing."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How this controller was started."""

    example: bool = False
    """Seed the example region into an empty directory, and see that it has an open conference."""


async def make_operator_token(rig: Rig) -> None:
    """The first operator's token, once, in a file of mode 600."""
    file, tokens = rig[StatePaths].operator_token, rig[SqlTokens]
    if file.exists() and await tokens.who(file.read_text(errors="replace").strip()) is not None:
        return
    await tokens.revoke("operator")
    replace_file(file, f"{await tokens.issue('operator')}\n".encode())


async def recover_spool(rig: Rig) -> None:
    """Remove half-made copies. A recording in the spool that nobody owns stays, and the keeper is notified."""
    owned = list(rig[Engine].node()[RECORDINGS])
    try:
        found = await asyncio.to_thread(rig[SpoolWatcher].recover, owned)
    except OSError as error:
        log.error("spool_not_looked_through", reason=str(error))
        return
    for stranded in found:
        log.warning("recording_without_owner", file=str(stranded.path), duration_s=stranded.duration_s)


async def become_ready(rig: Rig) -> None:
    """Ready: the API listens, and Asterisk is there (or has had its time)."""
    if rig[Wishes].example:
        await _open_example(rig)
    engine = rig[Engine]
    try:
        async with asyncio.timeout(READY_WAIT_S):
            await rig[ApiServer].up.wait()
            await _telephony_up(engine)
    except TimeoutError:
        log.warning("ready_without_asterisk", reason=str(engine.node()[TELEPHONY].reason))
    tell(READY)


async def rescue(rig: Rig) -> None:
    """Callers who came while no controller was there are fetched out of the emergency room, and from its door."""
    rounds = 0
    while True:
        if not rig[Engine].node()[TELEPHONY].up:
            rounds = 0
            await _telephony_up(rig[Engine])
        try:
            # Nobody comes to the door any more once the controller is back; and asking costs a line for each channel.
            await rig[Ami].rescue(at_its_door=rounds < DOOR_ROUNDS)
            rounds += 1
        except PortError as error:
            log.debug("nobody_rescued", reason=str(error))
        await asyncio.sleep(RESCUE_S)


async def _telephony_up(engine: Engine) -> None:
    if engine.node()[TELEPHONY].up:
        return
    async for _ in engine.changes():
        if engine.node()[TELEPHONY].up:
            return


async def _open_example(rig: Rig) -> None:
    """The example region, and a conference of its forum that callers can enter."""
    directory = rig[SqlDirectory]
    if await region.seed(directory):
        log.info("example_region_seeded")
    for conference in rig[Engine].node()[CONFERENCES].values():
        if conference.forum == region.FORUM and conference.state is not ConferenceState.ENDED:
            return
    if region.FORUM not in {forum.id for forum in await directory.list(Forum)}:
        return
    await rig[Service].conferences.open(SYSTEM, NewConference(name="Inriktande nivå", forum=region.FORUM))
