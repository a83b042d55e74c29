"""The controller: everything that decides, in one process, beside an Asterisk that lives its own life.

It may be killed at any moment: calls, mixes and recordings stay in Asterisk. At start it reads what was promised from
the database, lists what is in Asterisk, and works the difference off.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from bridge.api.app import create_app
from bridge.api.conferences import NewConference, open_conference
from bridge.api.parts import Figures, Parts
from bridge.api.radio_views import issi_names
from bridge.api.security import session_key
from bridge.ari.adapter import AriTelephony
from bridge.ari.ami import Ami
from bridge.ari.config import asterisk_dirs
from bridge.ari.secrets import load_or_make_secrets
from bridge.domain.directory import Forum, Function
from bridge.domain.ids import Gssi, PatchId, TerminalName
from bridge.domain.model import ConferenceState
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.files import replace_file
from bridge.logs import LogKeeper
from bridge.main import region
from bridge.main.aside import Aside
from bridge.main.asterisk_watch import AsteriskWatch
from bridge.main.listening import api_sockets
from bridge.main.notify import BEAT_S, IN_CONTROL, READY, STARTS, beat, tell
from bridge.main.opening import open_region
from bridge.main.places import Places
from bridge.main.prepare import asterisk_process, installed_asterisk
from bridge.main.radio_orders import RadioOrders
from bridge.media.client import MediaWorker
from bridge.media.protocol import PathStats
from bridge.ports import PortError
from bridge.rakel.radio import RakelRadio
from bridge.recording import Recorder, SpoolWatcher, package
from bridge.settings import Settings
from bridge.storage import (
    Database,
    SealedCodes,
    SqlArchive,
    SqlAudit,
    SqlDirectory,
    SqlStore,
    SqlTokens,
)

log = structlog.get_logger(__name__)

RESCUE_S = 3.0
READY_WAIT_S = 20.0
"""Ready is said after this even without Asterisk: the API then tells what is missing."""
BIND_S = 5.0
"""A port in use is tried for so long: a controller that is not supervised and ends gives it back within two seconds."""


def _nothing(*_: object) -> None:
    return


@dataclass(frozen=True, slots=True)
class Ends:
    """Told of the controller's end as soon as it is certain: what follows may take long, or for ever."""

    failed: Callable[[BaseException], None] = _nothing
    """A part has failed; no other part knows of it yet."""
    asked: Callable[[], None] = _nothing
    """It was asked to end, and is going to close what it holds."""


@dataclass
class Controller:
    """All parts of one node, wired."""

    aside: Aside
    settings: Settings
    places: Places
    database: Database
    clock: SteadyClock
    ids: RandomIds
    codes: SealedCodes
    engine: Engine
    telephony: AriTelephony
    ami: Ami
    radio: RakelRadio
    media: MediaWorker
    recorder: Recorder
    disks: SpoolWatcher
    watch: AsteriskWatch
    logs: LogKeeper
    tokens: SqlTokens
    directory: SqlDirectory
    parts: Parts
    orders: RadioOrders
    app: FastAPI


async def run_controller(
    settings: Settings,
    *,
    example: bool = False,
    supervised: bool = False,
    sockets: Sequence[socket.socket] = (),
    ends: Ends = Ends(),
) -> None:
    """Run until asked to stop. Calls and recordings go on when it ends. The caller holds the controller's lock.

    Args:
        settings: All settings, checked.
        example: Seed the example region into an empty directory, and see that it has an open conference.
        supervised: End when standard input ends, since then the supervisor is gone.
        sockets: Where the API listens; opened here when none are given.
        ends: Whom to tell of the end.

    Raises:
        PortError: The database cannot be opened, or the API's port is taken.
    """
    tell(STARTS)
    beating = asyncio.create_task(_beat(), name="watchdog")
    try:
        places = Places.of(settings)
        places.make()
        listening = list(sockets) or await asyncio.to_thread(api_sockets, settings.api, patience_s=BIND_S)
        async with _wired(settings, places) as controller:
            await _run(controller, listening, example=example, supervised=supervised, ends=ends)
    finally:
        beating.cancel()


@asynccontextmanager
async def _wired(settings: Settings, places: Places) -> AsyncIterator[Controller]:
    database = await open_region(settings, places)
    try:
        yield await _wire(settings, places, database)
    finally:
        await database.close()


async def _wire(settings: Settings, places: Places, database: Database) -> Controller:
    clock = SteadyClock()
    ids = RandomIds(clock)
    codes = SealedCodes(database, clock, places.codes_key)
    await codes.start()
    engine = Engine(store=SqlStore(database), codes=codes, clock=clock, ids=ids, policy=settings.policy())
    await engine.start(TerminalName(terminal.name) for terminal in settings.terminal)
    dirs = asterisk_dirs(places.state, installed_asterisk(settings))
    secrets = load_or_make_secrets(places.keys)
    spool = settings.recording.spool or dirs.recordings
    archive_dir = settings.recording.archive or places.archive
    tracks = settings.media.tracks or places.tracks
    disks = SpoolWatcher(spool, archive_dir, settings.recording, tracks)
    telephony = AriTelephony(
        settings.asterisk,
        secrets,
        dirs,
        clock=clock,
        ids=ids,
        emit=engine.emit,
        ask=engine.live_channels,
        no_room=disks.refusal,
        calls_per_s={trunk.name: trunk.calls_per_s for trunk in engine.node().policy.trunks},
    )
    ami = Ami(settings.asterisk, settings.trunk, secrets, telephony.trunk_contacts)
    aside = Aside()
    watch = AsteriskWatch(asterisk_process(settings), settings.asterisk)
    radio = RakelRadio(settings.terminal, clock, engine.emit)
    media = MediaWorker(
        telephony, ids, clock, engine.emit, settings.media.in_folders(sounds=dirs.sounds, tracks=places.tracks)
    )
    archive = SqlArchive(database, archive_dir)
    directory = SqlDirectory(database, clock)
    versions, names = {"samband": version("samband")}, partial(_radio_users, directory)
    recorder = Recorder(spool, archive_dir, archive, clock, engine.emit, settings.recording, versions, tracks, names)
    tokens = SqlTokens(database, clock)
    parts = Parts(
        control=engine,
        directory=directory,
        codes=codes,
        archive=archive,
        audit=SqlAudit(database),
        tokens=tokens,
        ids=ids,
        clock=clock,
        number=settings.number,
        health=(engine, clock, codes, telephony, watch, ami, aside, radio, media, recorder, disks),
        package=partial(package, timezone=settings.recording.timezone),
        may_use=partial(_may_use, settings),
        levels=partial(_levels, media),
    )
    orders = RadioOrders(parts, settings.sds)
    parts = replace(parts, orders=orders.counts)
    app = create_app(parts, settings.api, session_key(places.keys / "session.key"))
    return Controller(
        aside=aside,
        settings=settings,
        places=places,
        database=database,
        clock=clock,
        ids=ids,
        codes=codes,
        engine=engine,
        telephony=telephony,
        ami=ami,
        radio=radio,
        media=media,
        recorder=recorder,
        disks=disks,
        watch=watch,
        logs=LogKeeper(("*.log",), (dirs.cdr,), (dirs.log,), settings.log.file_mb * 1_000_000),
        tokens=tokens,
        directory=directory,
        parts=parts,
        orders=orders,
        app=app,
    )


async def _radio_users(directory: SqlDirectory) -> Mapping[int, str]:
    return issi_names(await directory.list(Function))


def _may_use(settings: Settings, terminal: TerminalName, gssi: Gssi) -> bool:
    return any(one.terminal == terminal and one.may_use(gssi) for one in settings.terminal)


def _levels(media: MediaWorker, patch: PatchId) -> Figures | None:
    stats = media.stats(patch)
    return None if stats is None else figures_of(stats)


def figures_of(stats: PathStats) -> Figures:
    """A path's figures by name; what is no number is left out."""
    values = ((name, getattr(stats, name)) for name in stats.__struct_fields__)
    return {name: float(value) for name, value in values if isinstance(value, int | float)}


async def _run(
    controller: Controller,
    sockets: list[socket.socket],
    *,
    example: bool,
    supervised: bool,
    ends: Ends,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if supervised:
        _watch_supervisor(loop, stop)
    await _operator_token(controller)
    await _recover_spool(controller)
    server = _Server(controller.app, settings=controller.settings)
    work = {
        **_devices_work(controller),
        "api": server.serve(sockets),
        "ready": _become_ready(controller, server, example),
    }
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_noticed(name, one, ends), name=name) for name, one in work.items()]
        await stop.wait()
        log.info("controller_stops", calls="go on in Asterisk")
        ends.asked()
        server.close()
        for task in running:
            task.cancel()


def _devices_work(controller: Controller) -> dict[str, Coroutine[Any, Any, None]]:
    """What each part does for as long as the controller lives, by its name."""
    settings = controller.settings
    audio_of = {TerminalName(one.name): one.audio for one in settings.terminal}
    devices = Devices(controller.telephony, controller.radio, controller.media, controller.recorder, audio_of)
    aside: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "ami": controller.ami.run,
        "disks": controller.disks.run,
        "logs": controller.logs.run,
        "asterisk watch": controller.watch.run,
        "rescue": partial(_rescue, controller),
        **({"radio orders": controller.orders.run} if settings.sds.orders else {}),
    }
    return {
        "engine": controller.engine.run(devices),
        "recorder": controller.recorder.run(),
        "media": controller.media.run(),
        "radio": controller.radio.run(),
        "telephony": controller.telephony.run(),
        **{name: controller.aside.keep(name, run) for name, run in aside.items()},
    }


async def _noticed(name: str, work: Coroutine[Any, Any, None], ends: Ends) -> None:
    """Its failure ends the controller, and is told at once: the other parts' clean-up may take long, or for ever."""
    try:
        await work
    except Exception as error:
        log.critical("part_failed", part=name, exc_info=error)
        ends.failed(error)
        raise


def _watch_supervisor(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Standard input is a pipe that only the supervisor holds: its end is the supervisor's end."""

    def readable() -> None:
        if not sys.stdin.buffer.read1(1):  # type: ignore[union-attr]
            loop.remove_reader(sys.stdin)
            stop.set()

    loop.add_reader(sys.stdin, readable)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: one place decides when to stop."""

    def __init__(self, app: FastAPI, *, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.api.host,
                port=settings.api.port,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
                server_header=False,
                proxy_headers=False,
            )
        )

        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    def close(self) -> None:
        """Take no new connection. What waits at the sockets is for the next controller, where they are shared."""
        self.should_exit = True
        for one in getattr(self, "servers", ()):
            one.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        tell(IN_CONTROL)
        self.up.set()


async def _beat() -> None:
    """Sent only while the event loop turns, so that a hung controller falls silent."""
    while True:
        beat()
        await asyncio.sleep(BEAT_S)


async def _become_ready(controller: Controller, server: _Server, example: bool) -> None:
    """Ready: the API listens, and Asterisk is there (or has had its time)."""
    if example:
        await _open_example(controller)
    try:
        async with asyncio.timeout(READY_WAIT_S):
            await server.up.wait()
            await _telephony_up(controller)
    except TimeoutError:
        log.warning("ready_without_asterisk", reason=controller.engine.node().telephony_reason)
    tell(READY)


async def _telephony_up(controller: Controller) -> None:
    if controller.engine.node().telephony_up:
        return
    async for _ in controller.engine.changes():
        if controller.engine.node().telephony_up:
            return


async def _rescue(controller: Controller) -> None:
    """Those who came while no controller was there are fetched out of the emergency room."""
    while True:
        await _telephony_up(controller)
        try:
            await controller.ami.rescue()
        except PortError as error:
            log.debug("nobody_rescued", reason=str(error))
        await asyncio.sleep(RESCUE_S)


async def _recover_spool(controller: Controller) -> None:
    """Half-made copies go; what lies in the spool and is nobody's stays, and is told to the keeper."""
    owned = list(controller.engine.node().recordings)
    try:
        found = await asyncio.to_thread(controller.disks.recover, owned)
    except OSError as error:
        log.error("spool_not_looked_through", reason=str(error))
        return
    for stranded in found:
        log.warning("recording_without_owner", file=str(stranded.path), duration_s=stranded.duration_s)


async def _operator_token(controller: Controller) -> None:
    """The first operator's token, once, in a file of mode 600."""
    file = controller.places.operator_token
    if file.exists() and await controller.tokens.who(file.read_text(errors="replace").strip()) is not None:
        return
    await controller.tokens.revoke("operator")
    replace_file(file, f"{await controller.tokens.issue('operator')}\n".encode())


async def _open_example(controller: Controller) -> None:
    """The example region, and a conference of its forum that callers can enter."""
    if await region.seed(controller.directory):
        log.info("example_region_seeded")
    for conference in controller.engine.node().conferences.values():
        if conference.forum == region.FORUM and conference.state is not ConferenceState.ENDED:
            return
    if region.FORUM not in {forum.id for forum in await controller.directory.list(Forum)}:
        return
    await open_conference(controller.parts, "samband", NewConference(name="Inriktande nivå", forum=region.FORUM))
