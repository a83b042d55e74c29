"""What Asterisk needs before it starts: its tree, its configuration, and everything it says."""

from dataclasses import dataclass
from pathlib import Path

from bridge.ari.config import AsteriskDirs, asterisk_dirs, render_config, templates_dir
from bridge.ari.install import AsteriskTree, Report, default_cache, ensure_tree, find_tree, use_installed
from bridge.ari.process import AsteriskProcess
from bridge.ari.prompts import render
from bridge.ari.secrets import AsteriskSecrets, load_or_make_secrets
from bridge.main.places import Places
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
    places = Places.of(settings)
    places.make()
    tree = asterisk_tree(settings, progress)
    secrets = load_or_make_secrets(places.keys)
    rendered = render_config(settings.asterisk, settings.trunk, secrets, tree, places.state)
    own_prompts = places.state / "prompts"
    render(
        tree,
        templates_dir() / "prompts",
        rendered.dirs.sounds,
        own_prompts if own_prompts.is_dir() else None,
        progress,
    )
    process = AsteriskProcess(tree, rendered.dirs, settings.asterisk)
    return Prepared(tree, rendered.dirs, secrets, process, rendered.changed)


def installed_asterisk(settings: Settings) -> AsteriskTree:
    """The Asterisk that is there: nothing is installed.

    Raises:
        PortError: There is none.
    """
    tree = use_installed(Path(settings.asterisk.binary)) if settings.asterisk.binary else find_tree(default_cache())
    if tree is None:
        raise PortError("asterisk", "it is not installed: samband asterisk install", retry=False)
    return tree


def asterisk_process(settings: Settings) -> AsteriskProcess:
    """The Asterisk of the state directory, to be asked or stopped: nothing is installed, rendered or written.

    Raises:
        PortError: No Asterisk is installed here, so none of ours can run.
    """
    tree = installed_asterisk(settings)
    return AsteriskProcess(tree, asterisk_dirs(Places.of(settings).state, tree), settings.asterisk)
