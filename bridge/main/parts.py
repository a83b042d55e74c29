"""The parts of a controller, in the order in which they are made. A new part is one more entry of `PARTS`."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bridge.api.app import create_app
from bridge.api.dependencies import Dependencies
from bridge.api.security import session_key
from bridge.ari.adapter import AriTelephony
from bridge.ari.ami import Ami
from bridge.ari.config import AsteriskDirs, asterisk_dirs
from bridge.ari.secrets import AsteriskSecrets, SecretsWatch, load_or_make_secrets
from bridge.bearers import ConfiguredBearers, LinkSecrets, Seals, hook_secret, link_secrets, seals_of
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.directory.records import Function
from bridge.domain.kernel.ids import PatchId, TerminalName
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.logs import LogKeeper
from bridge.main import acts, starting
from bridge.main.aside import Aside
from bridge.main.asterisk_watch import AsteriskWatch
from bridge.main.callout_watch import CalloutWatch
from bridge.main.directory_watch import DirectoryWatch
from bridge.main.finding_watch import FindingWatch
from bridge.main.guessing import GuessingWatch
from bridge.main.mixing_watch import MixingWatch
from bridge.main.opening import open_region
from bridge.main.prepare import asterisk_process, installed_asterisk, names_said
from bridge.main.rig import Part, Rig, Work
from bridge.main.schedule_watch import ScheduleWatch
from bridge.main.server import ApiServer
from bridge.main.starting import make_operator_token, recover_spool, rescue
from bridge.main.state_paths import StatePaths
from bridge.media.client import MediaWorker
from bridge.media.protocol import PathStats
from bridge.rakel.radio import RakelRadio
from bridge.recording import (
    Giver,
    Peaks,
    Places,
    Recorder,
    RecordingSettings,
    SpoolWatcher,
    clip,
    documentation,
    package,
    sip,
    spoken,
    timeline_json,
)
from bridge.reports import ReportWriters, document, sheet
from bridge.service import Ports, Service
from bridge.service.lookups import names_of_radios
from bridge.service.mailings import DirectoryMailings
from bridge.service.meetings import DirectoryMeetings
from bridge.service.orders.desk import OrderRules, RadioOrders
from bridge.service.orders.telephone import PhoneOrders
from bridge.service.rolls import DirectoryRolls
from bridge.service.use_case import Figures
from bridge.settings import Settings
from bridge.storage import (
    Database,
    SealedCodes,
    SqlArchive,
    SqlAudit,
    SqlDirectory,
    SqlGuesses,
    SqlMeetings,
    SqlStore,
    SqlTokens,
    SqlUpkeepLinks,
)


@dataclass(frozen=True, slots=True)
class Spool:
    """Where recordings lie, before and after they are archived."""

    spool: Path
    archive: Path
    tracks: Path
    tapes: Path


@dataclass(frozen=True, slots=True)
class Listening:
    """The sockets of the API."""

    sockets: Sequence[socket.socket]


# --- the region and the engine ---


async def _clock(_rig: Rig) -> SteadyClock:
    return SteadyClock()


async def _ids(rig: Rig) -> RandomIds:
    return RandomIds(rig[SteadyClock])


async def _database(rig: Rig) -> Database:
    return await open_region(rig[Settings], rig[StatePaths])


async def _codes(rig: Rig) -> SealedCodes:
    codes = SealedCodes(rig[Database], rig[SteadyClock], rig[StatePaths].codes_key)
    await codes.start()
    return codes


async def _directory(rig: Rig) -> SqlDirectory:
    return SqlDirectory(rig[Database], rig[SteadyClock])


async def _tokens(rig: Rig) -> SqlTokens:
    return SqlTokens(rig[Database], rig[SteadyClock])


async def _upkeep_links(rig: Rig) -> SqlUpkeepLinks:
    return SqlUpkeepLinks(rig[Database], rig[SteadyClock])


async def _engine(rig: Rig) -> Engine:
    settings = rig[Settings]
    engine = Engine(
        store=SqlStore(rig[Database]),
        codes=rig[SealedCodes],
        clock=rig[SteadyClock],
        ids=rig[RandomIds],
        policy=settings.policy(),
        observe=acts.tell,
    )
    await engine.start(TerminalName(terminal.name) for terminal in settings.terminal)
    return engine


async def _callout_watch(rig: Rig) -> CalloutWatch:
    return CalloutWatch(rig[Engine], rig[SteadyClock], rig[Engine].emit)


async def _schedule_watch(rig: Rig) -> ScheduleWatch:
    return ScheduleWatch(rig[Engine], rig[SteadyClock], rig[Engine].emit)


async def _guessing(rig: Rig) -> GuessingWatch:
    engine = rig[Engine]
    return GuessingWatch(engine, rig[SqlDirectory], SqlGuesses(rig[Database]), rig[SteadyClock], engine.emit)


@dataclass(frozen=True, slots=True)
class HookSecret:
    """Part of the addresses by which the SMS gateway calls us."""

    value: str = field(repr=False)


async def _hook(rig: Rig) -> HookSecret:
    return HookSecret(hook_secret(rig[StatePaths].keys) if rig[Settings].sms.url else "")


async def _seals(rig: Rig) -> Seals:
    return seals_of(rig[StatePaths].keys)


async def _link_secrets(rig: Rig) -> LinkSecrets:
    return link_secrets(rig[StatePaths].keys)


async def _bearers(rig: Rig) -> ConfiguredBearers:
    settings = rig[Settings]
    return ConfiguredBearers(settings.mail, settings.sms, rig[HookSecret].value, rig[Seals].opened, rig[LinkSecrets])


def _run_engine(rig: Rig) -> Work:
    audio_of = {TerminalName(one.name): one.audio for one in rig[Settings].terminal}
    devices = Devices(
        rig[AriTelephony],
        rig[RakelRadio],
        rig[MediaWorker],
        rig[Recorder],
        audio_of,
        DirectoryRolls(rig[SqlDirectory], rig[SteadyClock]),
        rig[ConfiguredBearers],
        DirectoryMeetings(rig[Ports]),
        DirectoryMailings(rig[Ports]),
    )
    return rig[Engine].run(devices)


# --- telephony ---


async def _asterisk_dirs(rig: Rig) -> AsteriskDirs:
    return asterisk_dirs(rig[StatePaths].state, installed_asterisk(rig[Settings]))


async def _asterisk_secrets(rig: Rig) -> AsteriskSecrets:
    return load_or_make_secrets(rig[StatePaths].keys)


async def _secrets_watch(rig: Rig) -> SecretsWatch:
    return SecretsWatch(rig[StatePaths].keys)


async def _telephony(rig: Rig) -> AriTelephony:
    engine = rig[Engine]
    telephony = AriTelephony(
        rig[Settings].asterisk,
        rig[AsteriskSecrets],
        rig[AsteriskDirs],
        clock=rig[SteadyClock],
        ids=rig[RandomIds],
        emit=engine.emit,
        ask=engine.live_channels,
        no_room=rig[SpoolWatcher].refusal,
        names_said=names_said(rig[Settings], rig[AsteriskDirs]),
        trunks=rig[Settings].trunk,
        calls_per_s={trunk.name: trunk.calls_per_s for trunk in engine.node().policy[CalloutPolicy].trunks},
        manage=rig[Ami].act,
    )
    telephony.trunk_tests.states = rig[Ami].trunk_states
    return telephony


async def _ami(rig: Rig) -> Ami:
    settings = rig[Settings]
    return Ami(settings.asterisk, settings.trunk, rig[AsteriskSecrets], lambda: rig[AriTelephony].trunk_contacts())


async def _asterisk_watch(rig: Rig) -> AsteriskWatch:
    settings = rig[Settings]
    return AsteriskWatch(asterisk_process(settings), settings.asterisk)


async def _mixing_watch(rig: Rig) -> MixingWatch:
    engine = rig[Engine]
    return MixingWatch(asterisk_process(rig[Settings]), engine, rig[SteadyClock], engine.emit)


# --- the radio and its sound ---


async def _radio(rig: Rig) -> RakelRadio:
    return RakelRadio(rig[Settings].terminal, rig[SteadyClock], rig[Engine].emit)


async def _media(rig: Rig) -> MediaWorker:
    folders = rig[Settings].media.in_folders(sounds=rig[AsteriskDirs].sounds, tracks=rig[StatePaths].tracks)
    return MediaWorker(rig[AriTelephony], rig[RandomIds], rig[SteadyClock], rig[Engine].emit, folders)


# --- recordings ---


async def _spool(rig: Rig) -> Spool:
    settings, places = rig[Settings], rig[StatePaths]
    return Spool(
        spool=settings.recording.spool or rig[AsteriskDirs].recordings,
        archive=settings.recording.archive or places.archive,
        tracks=settings.media.tracks or places.tracks,
        tapes=rig[AsteriskDirs].tapes,
    )


async def _disks(rig: Rig) -> SpoolWatcher:
    where = rig[Spool]
    return SpoolWatcher(where.spool, where.archive, rig[Settings].recording, where.tracks, where.tapes)


async def _archive(rig: Rig) -> SqlArchive:
    return SqlArchive(rig[Database], rig[Spool].archive)


async def _meetings(rig: Rig) -> SqlMeetings:
    return SqlMeetings(rig[Database], rig[SteadyClock])


async def _finding(rig: Rig) -> FindingWatch:
    return FindingWatch(rig[SqlMeetings])


async def _recorder(rig: Rig) -> Recorder:
    where = rig[Spool]
    return Recorder(
        where.spool,
        where.archive,
        rig[SqlArchive],
        rig[SteadyClock],
        rig[Engine].emit,
        rig[Settings].recording,
        {"samband": version("samband")},
        where.tracks,
        partial(_radio_users, rig[SqlDirectory]),
        where.tapes,
    )


async def _radio_users(directory: SqlDirectory) -> Mapping[int, str]:
    return {int(issi): name for issi, name in names_of_radios(await directory.list(Function)).items()}


async def _logs(rig: Rig) -> LogKeeper:
    dirs = rig[AsteriskDirs]
    return LogKeeper(("*.log",), (dirs.cdr,), (dirs.log,), rig[Settings].log.file_mb * 1_000_000)


# --- the use cases and the ways in ---


async def _ports(rig: Rig) -> Ports:
    settings = rig[Settings]
    return Ports(
        control=rig[Engine],
        directory=rig[SqlDirectory],
        codes=rig[SealedCodes],
        archive=rig[SqlArchive],
        meetings=rig[SqlMeetings],
        audit=SqlAudit(rig[Database]),
        ids=rig[RandomIds],
        clock=rig[SteadyClock],
        number=settings.number,
        numbers=settings.asterisk.numbers,
        links=rig[SqlUpkeepLinks],
        upkeep=settings.directory.policy(),
        seal=rig[Seals].seal,
        organizer=settings.schedule.organizer or settings.mail.sender or None,
        timeline=timeline_json,
        spooled=rig[Recorder].file_of,
        package=partial(package, timezone=settings.recording.timezone),
        documentation=partial(documentation, timezone=settings.recording.timezone),
        sip=partial(sip, timezone=settings.recording.timezone, giver=_giver(settings.recording)),
        places=Places(settings.recording.place),
        clip=clip,
        shape=Peaks(rig[Spool].archive),
        reports=_report_writers(settings.recording.timezone),
        levels=partial(_levels, rig[MediaWorker]),
        trunk_tests=rig[AriTelephony].trunk_tests,
        link_url=settings.links.url,
        can_answer_sms=settings.sms.can_be_answered,
    )


def _giver(settings: RecordingSettings) -> Giver:
    return Giver(settings.authority, settings.authority_code, version("samband"))


def _report_writers(timezone: str) -> ReportWriters:
    return ReportWriters(spoken, partial(sheet, timezone=timezone), partial(document, timezone=timezone))


def _levels(media: MediaWorker, patch: PatchId) -> Figures | None:
    stats = media.stats(patch)
    return None if stats is None else figures_of(stats)


def figures_of(stats: PathStats) -> Figures:
    """A path's figures by name; what is no number is left out."""
    values = ((name, getattr(stats, name)) for name in stats.__struct_fields__)
    return {name: float(value) for name, value in values if isinstance(value, int | float)}


async def _service(rig: Rig) -> Service:
    return Service.on(rig[Ports])


async def _directory_watch(rig: Rig) -> DirectoryWatch:
    ports = rig[Ports]
    return DirectoryWatch(ports.directory, rig[Service].upkeep, ports.clock, ports.upkeep.rota_kept_s)


async def _orders(rig: Rig) -> RadioOrders:
    sds = rig[Settings].sds
    return RadioOrders(
        rig[Service], rig[Ports], OrderRules(sds.orders_confirm_s, sds.orders_per_minute, sds.orders_tell_code)
    )


async def _phone_orders(rig: Rig) -> PhoneOrders:
    return PhoneOrders(rig[Service], rig[Ports])


async def _no_work() -> None:
    return


def _run_orders(rig: Rig) -> Work:
    return rig[RadioOrders].run() if rig[Settings].sds.orders else _no_work()


async def _api(rig: Rig) -> ApiServer:
    settings = rig[Settings]
    parts = Dependencies(
        service=rig[Service],
        control=rig[Engine],
        tokens=rig[SqlTokens],
        clock=rig[SteadyClock],
        links=rig[SqlUpkeepLinks],
        secrecy_readers=frozenset(settings.api.secrecy_readers),
        health=tuple(rig.shown),
        levels=rig[Ports].levels,
        orders=rig[RadioOrders].counts,
        sms_hook=rig[HookSecret].value,
        link_secrets=rig[LinkSecrets],
    )
    return ApiServer(create_app(parts, settings.api, session_key(rig[StatePaths].keys / "session.key")), settings.api)


def _serve(rig: Rig) -> Work:
    return rig[ApiServer].serve(list(rig[Listening].sockets))


async def _aside(_rig: Rig) -> Aside:
    return Aside()


PARTS: Sequence[Part] = (
    Part("aside", _aside, shown=True),
    Part("clock", _clock, shown=True),
    Part("ids", _ids),
    Part("database", _database, close=lambda rig: rig[Database].close()),
    Part("codes", _codes, shown=True),
    Part("directory", _directory),
    Part("tokens", _tokens),
    Part("upkeep links", _upkeep_links),
    Part("operator's token", make_operator_token),
    Part("engine", _engine, work=_run_engine, shown=True),
    Part("guessing", _guessing, work=lambda rig: rig[GuessingWatch].run(), aside=True, shown=True),
    Part("callout watch", _callout_watch, work=lambda rig: rig[CalloutWatch].run(), aside=True, shown=True),
    Part("schedule watch", _schedule_watch, work=lambda rig: rig[ScheduleWatch].run(), aside=True, shown=True),
    Part("asterisk's folders", _asterisk_dirs),
    Part("asterisk's secrets", _asterisk_secrets),
    Part("secrets watch", _secrets_watch, shown=True),
    Part("spool", _spool),
    Part("disks", _disks, work=lambda rig: rig[SpoolWatcher].run(), aside=True, shown=True),
    Part("spool's recovery", recover_spool),
    Part("archive", _archive),
    Part("meetings", _meetings),
    Part("finding", _finding, work=lambda rig: rig[FindingWatch].run(), aside=True, shown=True),
    Part("recorder", _recorder, work=lambda rig: rig[Recorder].run(), shown=True),
    Part("ami", _ami, work=lambda rig: rig[Ami].run(), aside=True, shown=True),
    Part("telephony", _telephony, work=lambda rig: rig[AriTelephony].run()),
    Part("sms hook", _hook),
    Part("seals", _seals),
    Part("link secrets", _link_secrets),
    Part("bearers", _bearers, shown=True),
    Part("media", _media, work=lambda rig: rig[MediaWorker].run(), shown=True),
    Part("radio", _radio, work=lambda rig: rig[RakelRadio].run(), shown=True),
    Part("asterisk watch", _asterisk_watch, work=lambda rig: rig[AsteriskWatch].run(), aside=True, shown=True),
    Part("mixing watch", _mixing_watch, work=lambda rig: rig[MixingWatch].run(), aside=True, shown=True),
    Part("rescue", work=rescue, aside=True),
    Part("logs", _logs, work=lambda rig: rig[LogKeeper].run(), aside=True),
    Part("ports", _ports),
    Part("use cases", _service),
    Part("directory watch", _directory_watch, work=lambda rig: rig[DirectoryWatch].run(), aside=True, shown=True),
    Part("radio orders", _orders, work=_run_orders, aside=True),
    Part("phone orders", _phone_orders, work=lambda rig: rig[PhoneOrders].run(), aside=True),
    Part("api", _api, work=_serve, ends=lambda rig: rig[ApiServer].close()),
    Part("ready", work=lambda rig: starting.become_ready(rig)),
)
