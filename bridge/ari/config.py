"""Render `asterisk-config/` into the state directory: the same files in production and in the tests."""

import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import jinja2
import structlog

from bridge.ari.install import AsteriskTree
from bridge.ari.reasons import StartReason
from bridge.ari.secrets import AsteriskSecrets
from bridge.ari.settings import AsteriskSettings, TrunkSettings, check_reach, check_trunks
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.telephony.numbers import dialled_forms
from bridge.files import replace_file
from bridge.ports import PortError

log = structlog.get_logger(__name__)

EMERGENCY_AFTER_S: Final = 10
"""Seconds a caller waits for a controller before the emergency room opens."""
CALLED_WAITS_S: Final = 180
"""Seconds that a person who pressed 1 waits for a controller, with words. Then the line is put down."""

REQUIRED_MODULES: Final = (
    "chan_pjsip",
    "res_pjsip_endpoint_identifier_ip",
    "pbx_config",
    "app_stasis",
    "app_confbridge",
    "res_ari_events",
    "res_ari_channels",
    "res_ari_bridges",
)
"""Without these Asterisk had better not start at all."""

SYSTEM_CA: Final = "/etc/ssl/certs/ca-certificates.crt"
"""The issuers that the system trusts (Debian's ca-certificates)."""

_SUFFIX: Final = ".j2"
_LONGEST_SOCKET_PATH: Final = 100
"""`sun_path` holds 108 bytes (unix(7)); Asterisk cuts a longer one off and listens elsewhere."""


@dataclass(frozen=True, slots=True)
class AsteriskDirs:
    """Where an Asterisk of this state directory keeps its things."""

    base: Path
    etc: Path
    lib: Path
    data: Path
    spool: Path
    run: Path
    log: Path
    modules: Path

    @property
    def sounds(self) -> Path:
        """`<sounds>/<language>/samband/<prompt>.wav` is `sound:samband/<prompt>`."""
        return self.data / "sounds"

    @property
    def recordings(self) -> Path:
        """Where ARI's recordings grow: `<recordings>/<name>.<format>`."""
        return self.spool / "recording"

    @property
    def tapes(self) -> Path:
        """Where Asterisk writes the parts of participants' tracks (`MixMonitor`)."""
        return self.spool / "monitor"

    @property
    def cdr(self) -> Path:
        """One line for each ended call: the columns of Asterisk's `cdr_csv`, `uniqueid` last but one."""
        return self.log / "cdr-csv/Master.csv"

    @property
    def config_file(self) -> Path:
        return self.etc / "asterisk.conf"


def asterisk_dirs(state: Path, tree: AsteriskTree) -> AsteriskDirs:
    """The folders for a state directory (`var/`); nothing is made yet."""
    base = state.resolve() / "asterisk"
    run = base / "run"
    if len(str(run / "asterisk.ctl").encode()) > _LONGEST_SOCKET_PATH:
        run = Path(tempfile.gettempdir()) / f"samband-{sha256(str(base).encode()).hexdigest()[:16]}"
    return AsteriskDirs(
        base=base,
        etc=base / "etc",
        lib=base / "lib",
        data=base / "data",
        spool=base / "spool",
        run=run,
        log=base / "log",
        modules=tree.modules_dir,
    )


def templates_dir() -> Path:
    """`asterisk-config/`: in the repository beside the package, in an installed wheel inside it."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_data/asterisk-config"
    return packed if packed.is_dir() else package.parent / "asterisk-config"


@dataclass(frozen=True, slots=True)
class Rendered:
    """The configuration as it now lies on disk."""

    dirs: AsteriskDirs
    changed: tuple[str, ...]
    """Files that differ from the last time: an Asterisk that runs has not read them."""


def render_config(
    settings: AsteriskSettings,
    trunks: Sequence[TrunkSettings],
    secrets: AsteriskSecrets,
    tree: AsteriskTree,
    state: Path,
    templates: Path | None = None,
) -> Rendered:
    """Write every configuration file of Asterisk, and the folders it needs. Doing it again changes nothing.

    Files are readable by their owner alone: they name numbers, trunks and passwords.

    Raises:
        PortError: A path, a trunk or a password that a configuration file cannot hold, or a disk that does not write.
    """
    dirs = asterisk_dirs(state, tree)
    try:
        texts = _texts(_values(settings, trunks, secrets, dirs), templates or templates_dir())
        _make_dirs(dirs, tree)
        changed = tuple(name for name, text in texts.items() if _write(dirs.etc / name, text))
    except OSError as error:
        reason = StartReason.CONFIG_NOT_WRITTEN(folder=str(dirs.base))
        raise PortError("disk", reason, retry=False, evidence=str(error)) from error
    for name in _leftovers(dirs.etc, texts):
        name.unlink()
    return Rendered(dirs, changed)


def config_changes(
    settings: AsteriskSettings,
    trunks: Sequence[TrunkSettings],
    secrets: AsteriskSecrets,
    tree: AsteriskTree,
    state: Path,
) -> tuple[str, ...]:
    """The files that `render_config` would change now. Nothing is written.

    Raises:
        PortError: As `render_config`.
    """
    dirs = asterisk_dirs(state, tree)
    texts = _texts(_values(settings, trunks, secrets, dirs), templates_dir())
    return tuple(name for name, text in texts.items() if _read(dirs.etc / name) != text)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _texts(values: dict[str, Any], templates: Path) -> dict[str, str]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # not HTML; every value is checked before it gets here
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = sorted(name for name in environment.list_templates() if name.endswith(f".conf{_SUFFIX}"))
    if not names:
        raise PortError("asterisk", StartReason.NO_TEMPLATES(folder=str(templates)), retry=False)
    return {name.removesuffix(_SUFFIX): environment.get_template(name).render(values) for name in names}


def _values(
    settings: AsteriskSettings, trunks: Sequence[TrunkSettings], secrets: AsteriskSecrets, dirs: AsteriskDirs
) -> dict[str, Any]:
    keys = (settings.tls_certificate, settings.tls_key, settings.tls_ca)
    for path in (dirs.base, dirs.run, dirs.modules, *(one for one in keys if one is not None)):
        if not re.fullmatch(r"[^\x00-\x1f;<>]+", str(path)):
            raise PortError("asterisk", StartReason.FOLDER_NAME(folder=repr(str(path))), retry=False)
    try:
        check_trunks(trunks)
        check_reach(settings, trunks)
    except Unusable as error:
        raise PortError("asterisk", error.reason, retry=False) from error
    return {
        "settings": settings,
        "secrets": secrets,
        "dirs": dirs,
        "transports": _transports(settings, trunks),
        "ca_file": settings.tls_ca or SYSTEM_CA,
        "trunks": _trunk_values(settings, trunks),
        "dialled": dict.fromkeys(form for number in settings.numbers for form in dialled_forms(number)),
        "required": REQUIRED_MODULES,
        "patience_s": EMERGENCY_AFTER_S,
        "called_waits_s": CALLED_WAITS_S,
    }


def _transports(settings: AsteriskSettings, trunks: Sequence[TrunkSettings]) -> list[dict[str, str]]:
    """Name, protocol and address of each socket of SIP. One of TLS is open only where a trunk uses it."""
    addresses = [("", settings.sip_host)] + ([("6", settings.sip_host6)] if settings.sip_host6 else [])
    protocols = ["udp", "tcp"] + (["tls"] if any(trunk.transport == "tls" for trunk in trunks) else [])
    return [
        {
            "name": f"{protocol}{family}",
            "protocol": protocol,
            "bind": f"{bracketed(host)}:{settings.sip_tls_port if protocol == 'tls' else settings.sip_port}",
        }
        for family, host in addresses
        for protocol in protocols
    ]


def bracketed(host: str) -> str:
    """An IPv6 address in brackets, as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _trunk_values(settings: AsteriskSettings, trunks: Sequence[TrunkSettings]) -> list[dict[str, Any]]:
    """The templates' values of each trunk. An address named twice belongs to the trunk that named it first."""
    taken: set[str] = set()
    values: list[dict[str, Any]] = []
    for trunk in trunks:
        matches = [address for address in dict.fromkeys(trunk.accept_from) if address not in taken]
        taken.update(matches)
        watched = [f"watch-{trunk.name}_{number}" for number in range(1, len(trunk.dials) + 1)]
        second = trunk.is_ipv6 and settings.sip_host6 != ""
        ours = settings.sip_host6 if second else settings.sip_host
        told = {
            "host": trunk.dial if trunk.srv else trunk.dial.rpartition(":")[0],
            "uris": [_uri(trunk, address) for address in trunk.dials],
            "watched": watched,
            "aors": [*(watched if trunk.then_dial else []), f"trunk-{trunk.name}"],
            "is_ipv6": trunk.is_ipv6,
            "via": f"{trunk.transport}{'6' if second else ''}",
            "media_host": "" if ours in ("0.0.0.0", "::") else ours,  # noqa: S104  # compared, not bound
            "matches": matches,
            "password": password_of(trunk),
            "allow": ",".join(trunk.codecs or settings.codecs),
        }
        values.append({**trunk.model_dump(), **told})
    return values


def _uri(trunk: TrunkSettings, address: str) -> str:
    """Escaped: a bare semicolon begins a comment."""
    return f"sip:{address}" + ("" if trunk.transport == "udp" else f"\\;transport={trunk.transport}")


def password_of(trunk: TrunkSettings) -> str:
    """The content of the trunk's `password_file`; nothing where none is set.

    Raises:
        PortError: The file cannot be read, is open to everybody, or holds no password.
    """
    if trunk.password_file is None:
        return ""
    file = str(trunk.password_file)
    _close_to_others(trunk.name, trunk.password_file)
    try:
        text = trunk.password_file.read_text().strip()
    except UnicodeDecodeError as error:
        reason = StartReason.PASSWORD_NO_TEXT(trunk=trunk.name, file=file)
        raise PortError("asterisk", reason, retry=False) from error
    except OSError as error:
        reason = StartReason.PASSWORD_UNREADABLE(trunk=trunk.name, file=file)
        raise PortError("asterisk", reason, retry=False, evidence=error.strerror or "") from error
    if not text or not text.isprintable() or len(text) > 256:
        raise PortError("asterisk", StartReason.PASSWORD_SHAPE(trunk=trunk.name, file=file), retry=False)
    return text.replace(";", r"\;")  # a bare semicolon begins a comment


def _close_to_others(trunk: str, file: Path) -> None:
    """A password that every user of the machine could read is closed to them, and told. Its group may keep it.

    Raises:
        PortError: It stays open to them.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return  # what reads it tells why
    if not mode & stat.S_IRWXO:
        return
    try:
        file.chmod(mode & ~stat.S_IRWXO)
    except OSError as error:
        reason = StartReason.PASSWORD_OPEN(trunk=trunk, file=str(file))
        raise PortError("asterisk", reason, retry=False, evidence=error.strerror or "") from error
    log.error("password_was_readable_by_others", trunk=trunk, file=str(file), action="its mode is closed to them")


def _make_dirs(dirs: AsteriskDirs, tree: AsteriskTree) -> None:
    for folder in (
        dirs.base,
        dirs.etc,
        dirs.etc / "secrets",
        dirs.lib / "keys",
        dirs.sounds,
        dirs.recordings,
        dirs.tapes,
        dirs.cdr.parent,
        dirs.run,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for private in (dirs.base, dirs.run):
        if private.stat().st_uid != _me():
            raise PortError("asterisk", StartReason.FOLDER_OF_ANOTHER(folder=str(private)), retry=False)
        private.chmod(0o700)
    for name in ("documentation", "rest-api"):
        link, target = dirs.data / name, tree.data_dir / name
        if target.is_dir() and (not link.is_symlink() or link.readlink() != target):
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def _me() -> int:
    return Path("/proc/self").stat().st_uid


def _write(path: Path, text: str) -> bool:
    if path.exists() and path.read_bytes() == text.encode():
        path.chmod(0o600)
        return False
    replace_file(path, text.encode())
    return True


def _leftovers(etc: Path, texts: dict[str, str]) -> list[Path]:
    return [path for path in etc.rglob("*.conf") if str(path.relative_to(etc)) not in texts]
