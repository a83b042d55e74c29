"""A real Asterisk for a test: own ports, own state, stopped and looked over at the end."""

import fcntl
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.ari.config import AsteriskDirs, render_config, templates_dir
from bridge.ari.install import AsteriskTree, default_cache, ensure_tree
from bridge.ari.process import AsteriskProcess
from bridge.ari.prompts import render
from bridge.ari.secrets import AsteriskSecrets, load_or_make_secrets
from bridge.ari.settings import AsteriskSettings, TrunkSettings
from tests.harness import ports
from tests.harness.ports import free_port


@dataclass(frozen=True)
class AsteriskWorld:
    """What a test needs to know of its Asterisk."""

    state: Path
    settings: AsteriskSettings
    trunks: tuple[TrunkSettings, ...]
    secrets: AsteriskSecrets
    tree: AsteriskTree
    dirs: AsteriskDirs
    process: AsteriskProcess

    @property
    def sip_port(self) -> int:
        return self.settings.sip_port

    @property
    def ari_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.ari_port}/ari"

    @property
    def ari_login(self) -> tuple[str, str]:
        return self.secrets.ari_user, self.secrets.ari_password


def free_settings(**overrides: Any) -> AsteriskSettings:
    """Settings on ports of this process's own; several tests can run beside each other."""
    first_audio, last_audio = ports.block().audio
    given = {
        "sip_port": free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM),
        "ari_port": free_port(),
        "ami_port": free_port(),
        "rtp_first_port": first_audio,
        "rtp_last_port": last_audio,
    }
    return AsteriskSettings(**{**given, **overrides})


def lend_prompts(tree: AsteriskTree, sounds: Path) -> None:
    """Put all prompts into an Asterisk's sounds: spoken once for all tests, which takes seconds, and linked."""
    cache = default_cache()
    rendered = cache / "test-prompts"
    with (cache / "test-prompts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        render(tree, templates_dir() / "prompts", rendered)
    for language in rendered.iterdir():
        if not (sounds / language.name).exists():
            (sounds / language.name).symlink_to(language)


@asynccontextmanager
async def running_asterisk(
    state: Path, *, trunks: Sequence[TrunkSettings] | None = None, **overrides: Any
) -> AsyncIterator[AsteriskWorld]:
    """A booted Asterisk on ports of this process's own.

    Args:
        state: An empty folder, such as `tmp_path`.
        trunks: The `[[trunk]]` tables; by default one that accepts 127.0.0.1 and dials a port where nobody is.
        overrides: Fields of `AsteriskSettings`.
    """
    tree = ensure_tree()
    settings = free_settings(**overrides)
    tables = tuple(trunks or (TrunkSettings(dial=f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}"),))
    secrets = load_or_make_secrets(state / "secrets")
    rendered = render_config(settings, tables, secrets, tree, state)
    lend_prompts(tree, rendered.dirs.sounds)
    process = AsteriskProcess(tree, rendered.dirs, settings)
    await process.ensure_running()
    try:
        yield AsteriskWorld(state, settings, tables, secrets, tree, rendered.dirs, process)
    finally:
        await process.stop()
