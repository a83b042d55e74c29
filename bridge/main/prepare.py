"""Asterisk's needs before it starts: its tree, its configuration, and its prompts."""

from dataclasses import dataclass
from pathlib import Path

from bridge.ari.config import AsteriskDirs, asterisk_dirs, render_config, templates_dir
from bridge.ari.install import AsteriskTree, Report, default_cache, ensure_tree, find_tree, use_installed
from bridge.ari.process import AsteriskProcess
from bridge.ari.prompts import read_script, render
from bridge.ari.reasons import InstallReason
from bridge.ari.secrets import AsteriskSecrets, load_or_make_secrets
from bridge.ari.spoken import SpokenNames
from bridge.domain.kernel.language import Language
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError
from bridge.settings import Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """An Asterisk ready to start."""

    tree: AsteriskTree
    dirs: AsteriskDirs
    secrets: AsteriskSecrets
    process: AsteriskProcess
    changed: tuple[str, ...]
    """Configuration files that a running Asterisk has not read yet."""


def asterisk_tree(settings: Settings, progress: Report | None = None) -> AsteriskTree:
    """The installed Asterisk that is set, or the private tree, made at the first call."""
    if settings.asterisk.binary:
        return use_installed(Path(settings.asterisk.binary))
    return ensure_tree(progress=progress)


def prepare_asterisk(settings: Settings, progress: Report | None = None) -> Prepared:
    """Install, render, speak. The second time it changes nothing and takes no network."""
    places = StatePaths.of(settings)
    places.make()
    tree = asterisk_tree(settings, progress)
    secrets = load_or_make_secrets(places.keys)
    rendered = render_config(settings.asterisk, settings.trunk, secrets, tree, places.state)
    render(tree, templates_dir() / "prompts", rendered.dirs.sounds, own_prompts(places), progress)
    process = AsteriskProcess(tree, rendered.dirs, settings.asterisk)
    return Prepared(tree, rendered.dirs, secrets, process, rendered.changed)


def own_prompts(places: StatePaths) -> Path | None:
    """The operator's own recordings, where there are any."""
    folder = places.state / "prompts"
    return folder if folder.is_dir() else None


def installed_asterisk(settings: Settings) -> AsteriskTree:
    """The Asterisk that is there: nothing is installed.

    Raises:
        PortError: There is none.
    """
    tree = use_installed(Path(settings.asterisk.binary)) if settings.asterisk.binary else find_tree(default_cache())
    if tree is None:
        raise PortError("asterisk", InstallReason.NOT_INSTALLED(), retry=False)
    return tree


def names_said(settings: Settings, dirs: AsteriskDirs) -> SpokenNames:
    """Says the names of functions in the prompts' own voices."""
    voices = {language: read_script(templates_dir() / "prompts", language).voice for language in Language}
    return SpokenNames(installed_asterisk(settings), voices, dirs.sounds)


def asterisk_process(settings: Settings) -> AsteriskProcess:
    """The Asterisk of the state directory, to be asked or stopped: nothing is installed, rendered or written.

    Raises:
        PortError: No Asterisk is installed here, so none of ours can run.
    """
    tree = installed_asterisk(settings)
    return AsteriskProcess(tree, asterisk_dirs(StatePaths.of(settings).state, tree), settings.asterisk)


def running_asterisk(settings: Settings) -> int | None:
    """The process id of the Asterisk that runs for this state directory; nothing where none does."""
    if not settings.asterisk.binary and find_tree(default_cache()) is None:
        return None
    return asterisk_process(settings).pid()
