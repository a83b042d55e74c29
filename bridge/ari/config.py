"""Render `asterisk-config/` into the state directory: the same files in production and in the tests."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import jinja2

from bridge.ari.install import AsteriskTree
from bridge.ari.secrets import AsteriskSecrets
from bridge.ari.settings import AsteriskSettings, TrunkSettings, check_trunks
from bridge.domain.numbers import dialled_forms
from bridge.files import replace_file
from bridge.ports import PortError

EMERGENCY_AFTER_S: Final = 10
"""Seconds a caller waits for a controller before the emergency room opens."""

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
        raise PortError("disk", f"cannot write in {dirs.base}", retry=False, evidence=str(error)) from error
    for name in _leftovers(dirs.etc, texts):
        name.unlink()
    return Rendered(dirs, changed)


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
        raise PortError("asterisk", f"no configuration templates in {templates}", retry=False)
    return {name.removesuffix(_SUFFIX): environment.get_template(name).render(values) for name in names}


def _values(
    settings: AsteriskSettings, trunks: Sequence[TrunkSettings], secrets: AsteriskSecrets, dirs: AsteriskDirs
) -> dict[str, Any]:
    for path in (dirs.base, dirs.run, dirs.modules):
        if not re.fullmatch(r"[^\x00-\x1f;<>]+", str(path)):
            message = f"the folder {str(path)!r} has a character that Asterisk's configuration cannot hold"
            raise PortError("asterisk", message, retry=False)
    try:
        check_trunks(trunks)
    except ValueError as error:
        raise PortError("asterisk", str(error), retry=False) from error
    wide = settings.sip_host in ("0.0.0.0", "::")  # noqa: S104  # compared, not bound
    host = f"[{settings.sip_host}]" if ":" in settings.sip_host else settings.sip_host
    return {
        "settings": settings,
        "secrets": secrets,
        "dirs": dirs,
        "sip_bind": f"{host}:{settings.sip_port}",
        "media_host": "" if wide else settings.sip_host,
        "trunks": _trunk_values(trunks),
        "dialled": dict.fromkeys(form for number in settings.numbers for form in dialled_forms(number)),
        "required": REQUIRED_MODULES,
        "patience_s": EMERGENCY_AFTER_S,
    }


def _trunk_values(trunks: Sequence[TrunkSettings]) -> list[dict[str, Any]]:
    """What the templates need of each trunk. An address named twice belongs to the trunk that named it first."""
    taken: set[str] = set()
    values: list[dict[str, Any]] = []
    for trunk in trunks:
        matches = [address for address in dict.fromkeys(trunk.accept_from) if address not in taken]
        taken.update(matches)
        host, _, _ = trunk.dial.rpartition(":")
        values.append({**trunk.model_dump(), "host": host, "matches": matches, "password": _password(trunk)})
    return values


def _password(trunk: TrunkSettings) -> str:
    if trunk.password_file is None:
        return ""
    try:
        text = trunk.password_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"the password file of trunk {trunk.name} cannot be read"
        raise PortError("asterisk", message, retry=False, evidence=type(error).__name__) from error
    if not text or not text.isprintable() or len(text) > 256:
        message = f"the password file of trunk {trunk.name} must hold one line of printable characters"
        raise PortError("asterisk", message, retry=False)
    return text.replace(";", r"\;")  # a bare semicolon begins a comment


def _make_dirs(dirs: AsteriskDirs, tree: AsteriskTree) -> None:
    for folder in (
        dirs.base,
        dirs.etc,
        dirs.etc / "secrets",
        dirs.lib / "keys",
        dirs.sounds,
        dirs.recordings,
        dirs.cdr.parent,
        dirs.run,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for private in (dirs.base, dirs.run):
        if private.stat().st_uid != _me():
            raise PortError("asterisk", f"{private} belongs to somebody else: remove it", retry=False)
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
