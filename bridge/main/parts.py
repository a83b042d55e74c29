"""The parts of a controller, in the order in which they are made. A new part is one more entry of `PARTS`."""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bridge.api.app import create_app
from bridge.api.dependencies import Dependencies
from bridge.ari.adapter import AriTelephony
from bridge.ari.ami import Ami
from bridge.ari.config import AsteriskDirs, asterisk_dirs
from bridge.ari.secrets import AsteriskSecrets, SecretsWatch, load_or_make_secrets
from bridge.bearers import ConfiguredBearers, Inbound, LinkSecrets, hook_secret, link_secrets
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.directory.records import Function
from bridge.domain.handover.records import Handover, Step
from bridge.domain.kernel.ids import PatchId, TerminalName
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.identity.passkeys import WebAuthnPasskeys
from bridge.identity.passwords import ArgonPasswords
from bridge.identity.provider import OpenIdProvider
from bridge.identity.sealed import account_key
from bridge.logs import LogKeeper
from bridge.main import acts, starting
from bridge.main.account_watch import AccountWatch
from bridge.main.alarm_watch import AlarmWatch
from bridge.main.aside import Aside
from bridge.main.asterisk_watch import AsteriskWatch
from bridge.main.backup import DrillWatch
from bridge.main.callout_watch import CalloutWatch
from bridge.main.directory_watch import DirectoryWatch
from bridge.main.exercising import Exercises
from bridge.main.finding_watch import FindingWatch
from bridge.main.guessing import GuessingWatch
from bridge.main.mixing_watch import MixingWatch
from bridge.main.number_watch import NumberWatch
from bridge.main.opening import open_region
from bridge.main.outside import mailed_head, meets
from bridge.main.prepare import asterisk_process, installed_asterisk, names_said
from bridge.main.release import release
from bridge.main.rig import Part, Rig, Work
from bridge.main.schedule_watch import ScheduleWatch
from bridge.main.server import ApiServer
from bridge.main.starting import make_operator_token, recover_spool, rescue
from bridge.main.state_paths import StatePaths
from bridge.media.client import MediaWorker
from bridge.media.protocol import PathStats
from bridge.ports import Parcel
from bridge.proof import signing
from bridge.proof.anchors import Anchor, AnchorFile, MailAnchor, NodeAnchor, StampAnchor
from bridge.proof.signing import SigningKey
from bridge.proof.verification import Verification
from bridge.proof.watch import HeadWatch
from bridge.rakel.radio import RakelRadio
from bridge.recording import Giver, Peaks, Places, Recorder, RecordingSettings, SpoolWatcher, spoken, timeline_json
from bridge.recording.clip import clip
from bridge.recording.copies import SoundCopies
from bridge.recording.disposer import Disposer
from bridge.recording.documentation import documentation
from bridge.recording.handing import HandingOver, NotMadeError
from bridge.recording.package import package
from bridge.recording.removal import CopyRemovals, S3Versions
from bridge.recording.sip import sip
from bridge.recording.upload import S3Bucket, Uploads
from bridge.reports import ReportWriters, document, sheet
from bridge.service import Ports, Refusal, Service
from bridge.service.alarms import directory_faults
from bridge.service.handovers import made_of
from bridge.service.health import merged
from bridge.service.inbound import SmsReader
from bridge.service.logins import BreakGlass, Logins
from bridge.service.lookups import names_of_radios
from bridge.service.mailings import DirectoryMailings
from bridge.service.meetings import DirectoryMeetings
from bridge.service.orders.desk import OrderRules, RadioOrders
from bridge.service.orders.receipts import RadioReceipts
from bridge.service.orders.telephone import PhoneOrders
from bridge.service.rolls import DirectoryRolls
from bridge.service.use_case import Figures, Identity
from bridge.settings import Settings, shown_settings
from bridge.storage import (
    Database,
    SealedCodes,
    SqlAccounts,
    SqlArchive,
    SqlAudit,
    SqlCopies,
    SqlDirectory,
    SqlGuesses,
    SqlHandovers,
    SqlKeeping,
    SqlMeetings,
    SqlProof,
    SqlSessions,
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


async def _identity(rig: Rig) -> Identity:
    settings, database, clock = rig[Settings], rig[Database], rig[SteadyClock]
    provider = settings.accounts.provider
    return Identity(
        accounts=SqlAccounts(database, clock),
        tokens=rig[SqlTokens],
        sessions=SqlSessions(database, clock),
        passwords=ArgonPasswords(),
        sealed=account_key(rig[StatePaths].keys),
        passkeys=WebAuthnPasskeys(),
        provider=OpenIdProvider(provider) if provider.issuer else None,
        limits=settings.accounts.limits(settings.api.session_h),
        wrong_logins=settings.accounts.wrong_logins,
        secrecy_readers=frozenset(settings.api.secrecy_readers),
    )


async def _glass(rig: Rig) -> BreakGlass:
    return BreakGlass(rig[SteadyClock])


async def _account_watch(rig: Rig) -> AccountWatch:
    return AccountWatch(rig[Identity], rig[BreakGlass])


async def _logins(rig: Rig) -> Logins:
    return Logins(rig[Identity], rig[SteadyClock], rig[Ports].audit, rig[BreakGlass])


async def _upkeep_links(rig: Rig) -> SqlUpkeepLinks:
    return SqlUpkeepLinks(rig[Database], rig[SteadyClock], rig[LinkSecrets].token)


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
    return HookSecret(hook_secret(rig[StatePaths].keys) if "gateway" in rig[Settings].sms.ways else "")


async def _link_secrets(rig: Rig) -> LinkSecrets:
    return link_secrets(rig[StatePaths].keys)


async def _bearers(rig: Rig) -> ConfiguredBearers:
    settings = rig[Settings]
    secret, packages = rig[HookSecret].value, rig[StatePaths].packages
    return ConfiguredBearers(settings.mail, settings.sms, secret, rig[LinkSecrets], rig[Inbound], packages)


async def _inbound(_rig: Rig) -> Inbound:
    return Inbound()


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


async def _signing_key(rig: Rig) -> SigningKey:
    return SigningKey(rig[StatePaths].keys / signing.FILE)


async def _proof_store(rig: Rig) -> SqlProof:
    return SqlProof(rig[Database])


async def _verification(rig: Rig) -> Verification:
    settings, engine = rig[Settings].proof, rig[Engine]
    file = None if settings.anchor_file is None else AnchorFile(settings.anchor_file)
    return Verification(
        rig[SqlProof],
        SqlAudit(rig[Database]),
        rig[Spool].archive,
        rig[SigningKey],
        rig[SteadyClock],
        busy=lambda: meets(engine.node()),
        every_s=settings.verify_every_s,
        witness=None if file is None else file.lines,
        far=None if (node := _node_anchor(rig)) is None else node.lines,
    )


async def _keeping(rig: Rig) -> SqlKeeping:
    return SqlKeeping(rig[Database], rig[SteadyClock])


async def _copies(rig: Rig) -> SqlCopies:
    return SqlCopies(rig[Database])


async def _sound_copies(rig: Rig) -> SoundCopies:
    engine = rig[Engine]
    return SoundCopies(rig[SqlCopies], rig[Spool].archive, lambda: meets(engine.node()))


async def _uploads(rig: Rig) -> Uploads:
    return Uploads(rig[SqlCopies], rig[Spool].archive, S3Bucket(rig[Settings].archive_copy))


def _run_uploads(rig: Rig) -> Work:
    return rig[Uploads].run() if rig[Settings].archive_copy.url else _no_work()


async def _copy_removals(rig: Rig) -> CopyRemovals:
    return CopyRemovals(rig[SqlKeeping], S3Versions(rig[Settings].archive_copy))


def _run_copy_removals(rig: Rig) -> Work:
    return rig[CopyRemovals].run() if rig[Settings].archive_copy.url else _no_work()


async def _drill_watch(rig: Rig) -> DrillWatch:
    return DrillWatch(rig[StatePaths].state, rig[Settings].proof.drill_every_days)


async def _disposer(rig: Rig) -> Disposer:
    return Disposer(rig[SqlKeeping], rig[Spool].archive)


def _node_anchor(rig: Rig) -> NodeAnchor | None:
    settings, key = rig[Settings].proof, rig[SigningKey]
    if settings.anchor_node_token_file is None:
        return None
    return NodeAnchor(
        settings.anchor_node_url, settings.anchor_node_token_file, lambda: key.public, settings.tsa_within_s
    )


async def _head_watch(rig: Rig) -> HeadWatch:
    settings = rig[Settings].proof
    anchors: list[Anchor] = []
    if settings.anchor_file is not None:
        anchors.append(AnchorFile(settings.anchor_file))
    if (node := _node_anchor(rig)) is not None:
        anchors.append(node)
    if settings.anchor_mail:
        send = partial(mailed_head, rig[Service], settings.anchor_mail)
        anchors.append(MailAnchor(send, settings.anchor_mail_every_s))
    if settings.tsa_url and settings.tsa_root is not None:
        anchors.append(StampAnchor(settings.tsa_url, settings.tsa_root, settings.tsa_every_s, settings.tsa_within_s))
    return HeadWatch(rig[SqlProof], rig[SigningKey], rig[SteadyClock], settings.sign_every_s, anchors)


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
        identity=rig[Identity],
        upkeep=settings.directory.policy(),
        organizer=settings.schedule.organizer or settings.mail.sender or None,
        timeline=timeline_json,
        spooled=rig[Recorder].file_of,
        package=partial(package, timezone=settings.recording.timezone),
        documentation=partial(documentation, timezone=settings.recording.timezone),
        sip=partial(sip, timezone=settings.recording.timezone, giver=_giver(settings.recording)),
        places=Places(settings.recording.place),
        handovers=rig[SqlHandovers],
        packer=rig[HandingOver],
        clip=clip,
        shape=Peaks(rig[Spool].archive),
        reports=_report_writers(settings.recording.timezone),
        levels=partial(_levels, rig[MediaWorker]),
        exercises=Exercises(settings, StatePaths.of(settings), rig[SteadyClock]),
        trunk_tests=rig[AriTelephony].trunk_tests,
        link_url=settings.links.url,
        mail_most_bytes=round(settings.recording.mail_mb * 1e6),
        proof=rig[Verification],
        keeping=rig[SqlKeeping],
        copies=rig[SqlCopies],
        can_answer_sms=settings.sms.can_be_answered,
        settings=shown_settings(settings),
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


async def _handing_over(rig: Rig) -> HandingOver:
    return HandingOver(
        rig[SqlHandovers],
        rig[StatePaths].packages,
        partial(_package_of, rig),
        rig[Settings].recording.package_kept_h * 3600.0,
        Places(rig[Settings].recording.place),
    )


async def _package_of(rig: Rig, job: Handover, told: Callable[[Step, int, int], None]) -> Callable[[], Parcel]:
    try:
        return await made_of(rig[Ports], job, told)
    except Refusal as refusal:
        raise NotMadeError(refusal.reason) from refusal


async def _handovers(rig: Rig) -> SqlHandovers:
    return SqlHandovers(rig[Database], rig[SteadyClock])


async def _directory_watch(rig: Rig) -> DirectoryWatch:
    ports = rig[Ports]
    return DirectoryWatch(ports.directory, rig[Service].upkeep, ports.clock, ports.upkeep.rota_kept_s)


async def _alarm_watch(rig: Rig) -> AlarmWatch:
    engine, ports = rig[Engine], rig[Ports]
    return AlarmWatch(
        engine,
        rig[SteadyClock],
        engine.emit,
        lambda: merged(rig.shown),
        partial(directory_faults, ports),
        rig[Settings].asterisk,
    )


async def _orders(rig: Rig) -> RadioOrders:
    sds = rig[Settings].sds
    return RadioOrders(
        rig[Service], rig[Ports], OrderRules(sds.orders_confirm_s, sds.orders_per_minute, sds.orders_tell_code)
    )


async def _number_watch(rig: Rig) -> NumberWatch:
    return NumberWatch(rig[Service].number_tests, on=rig[Settings].directory.test_days > 0)


async def _radio_receipts(rig: Rig) -> RadioReceipts:
    return RadioReceipts(rig[Ports])


async def _sms_reader(rig: Rig) -> SmsReader:
    return SmsReader(rig[Service], rig[Inbound])


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
        identity=rig[Identity],
        logins=rig[Logins],
        clock=rig[SteadyClock],
        links=rig[SqlUpkeepLinks],
        passkey_host=settings.accounts.passkey_host,
        health=tuple(rig.shown),
        levels=rig[Ports].levels,
        orders=rig[RadioOrders].counts,
        unheard=rig[Inbound].unheard,
        sms_hook=rig[HookSecret].value,
        link_secrets=rig[LinkSecrets],
        release=asdict(release()),
    )
    return ApiServer(create_app(parts, settings.api), settings.api)


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
    Part("link secrets", _link_secrets),
    Part("identity", _identity),
    Part("break glass", _glass, shown=True),
    Part("accounts", _account_watch, work=lambda rig: rig[AccountWatch].run(), aside=True),
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
    Part("inbound sms", _inbound),
    Part("bearers", _bearers, work=lambda rig: rig[ConfiguredBearers].run(), aside=True, shown=True),
    Part("media", _media, work=lambda rig: rig[MediaWorker].run(), shown=True),
    Part("radio", _radio, work=lambda rig: rig[RakelRadio].run(), shown=True),
    Part("asterisk watch", _asterisk_watch, work=lambda rig: rig[AsteriskWatch].run(), aside=True, shown=True),
    Part("mixing watch", _mixing_watch, work=lambda rig: rig[MixingWatch].run(), aside=True, shown=True),
    Part("rescue", work=rescue, aside=True),
    Part("logs", _logs, work=lambda rig: rig[LogKeeper].run(), aside=True),
    Part("signing key", _signing_key),
    Part("proof", _proof_store),
    Part("verification", _verification, work=lambda rig: rig[Verification].run(), aside=True, shown=True),
    Part("keeping", _keeping),
    Part("copies", _copies),
    Part("sound copies", _sound_copies, work=lambda rig: rig[SoundCopies].run(), aside=True, shown=True),
    Part("uploads", _uploads, work=_run_uploads, aside=True, shown=True),
    Part("copy removals", _copy_removals, work=_run_copy_removals, aside=True, shown=True),
    Part("drill watch", _drill_watch, shown=True),
    Part("disposer", _disposer, work=lambda rig: rig[Disposer].run(), aside=True, shown=True),
    Part("packages", _handovers),
    Part("handing over", _handing_over, work=lambda rig: rig[HandingOver].run(), aside=True, shown=True),
    Part("ports", _ports),
    Part("logins", _logins),
    Part("use cases", _service),
    Part("head watch", _head_watch, work=lambda rig: rig[HeadWatch].run(), aside=True, shown=True),
    Part("directory watch", _directory_watch, work=lambda rig: rig[DirectoryWatch].run(), aside=True, shown=True),
    Part("number watch", _number_watch, work=lambda rig: rig[NumberWatch].run(), aside=True),
    Part("alarm watch", _alarm_watch, work=lambda rig: rig[AlarmWatch].run(), aside=True, shown=True),
    Part("radio orders", _orders, work=_run_orders, aside=True),
    Part("sms reader", _sms_reader, work=lambda rig: rig[SmsReader].run(), aside=True),
    Part("radio receipts", _radio_receipts, work=lambda rig: rig[RadioReceipts].run(), aside=True),
    Part("phone orders", _phone_orders, work=lambda rig: rig[PhoneOrders].run(), aside=True),
    Part("api", _api, work=_serve, ends=lambda rig: rig[ApiServer].close()),
    Part("ready", work=lambda rig: starting.become_ready(rig)),
)
