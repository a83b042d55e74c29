"""The simulated region of a first start: a radio network and telephones, each a program of its own.

They are known here by their command lines only. They end when their standard input does: a supervisor that was killed
leaves none behind.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.ari.install import AsteriskTree
from bridge.ari.settings import TrunkSettings
from bridge.domain.kernel.reasons import Reason, from_json
from bridge.main import region
from bridge.main.child import Program
from bridge.main.prepare import Prepared
from bridge.main.reasons import RunReason
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError
from bridge.rakel.settings import TerminalSettings
from bridge.settings import Settings
from bridge.settings.model import EXAMPLE_TRUNK, TELEPHONES_PORT

SIMULATED: Final = "rakel-1"
ISSI: Final = 1400001
LOOP: Final = "127.0.0.1"
TELEPHONES: Final = "hardware.simulator.telephones"
"""The module that is run."""


def with_simulated_terminal(settings: Settings, places: StatePaths) -> Settings:
    """Terminals of the settings file go before: then nothing is simulated."""
    if settings.terminal:
        return settings
    terminal = TerminalSettings(
        name=SIMULATED,
        serial=str(places.radio / SIMULATED),
        audio=f"audiosocket://127.0.0.1:{settings.simulator.audio_port}",
    )
    return settings.model_copy(update={"terminal": (terminal,)})


def with_simulated_trunk(settings: Settings) -> Settings:
    """Trunks of the settings file go before: then no telephone is simulated, unless one of them leads there."""
    if "trunk" in settings.model_fields_set:
        return settings
    trunk = TrunkSettings(dial=f"{LOOP}:{settings.simulator.telephones_port}")
    return settings.model_copy(update={"trunk": (trunk,)})


@dataclass(frozen=True, slots=True)
class Simulated:
    """The simulated parts beside the controllers."""

    radio: bool
    telephones: bool

    @classmethod
    def of(cls, settings: Settings, *, with_simulator: bool) -> "Simulated":
        """By the settings as they were read: before the simulated terminal is put into them."""
        telephones = any(settings.is_simulated(trunk) for trunk in settings.trunk)
        return cls(with_simulator and not settings.terminal, with_simulator and telephones)

    @contextmanager
    def programs(self, settings: Settings, places: StatePaths, prepared: Prepared) -> Iterator[list[Program]]:
        """The programs to keep running.

        The telephones' socket is opened here and outlives them. Asterisk asks once after its start whether the trunk is
        there, and again only after half a minute.

        Raises:
            PortError: The telephones' port cannot be opened.
        """
        found, stack = [], ExitStack()
        if self.radio:
            command = simulator_command(settings, places)
            found.append(Program("simulator", command, places.logs / "simulator.log", {}))
        if self.telephones:
            sip = stack.enter_context(_sip_socket(settings.simulator.telephones_port))
            command = telephones_command(settings, places, prepared.tree, prepared.dirs.sounds, sip.fileno())
            log, speech = places.logs / "telephones.log", prepared.tree.environment()
            found.append(Program("telephones", command, log, speech, (sip.fileno(),)))
        with stack:
            yield found


def _sip_socket(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind((LOOP, port))
    except OSError as error:
        made.close()
        reason = RunReason.TELEPHONES_PORT(port=f"{LOOP}:{port}", setting="[simulator] telephones_port")
        raise PortError("the simulated telephones", reason, retry=False, evidence=str(error.strerror)) from error
    return made


def check_telephones(settings: Settings) -> None:
    """A file of one's own is read before anything starts.

    Raises:
        PortError: It has a fault; the reason names line, field and remedy.
    """
    if settings.simulator.telephones is None:
        return
    command = [sys.executable, "-m", TELEPHONES, "--check", f"--telephones={settings.simulator.telephones}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = RunReason.TELEPHONES_FILE(cause=_told(done.stdout))
        evidence = done.stderr.strip().rpartition("\n")[2]
        raise PortError("[simulator] telephones", reason, retry=False, evidence=evidence)


def _told(said: str) -> Reason:
    """The fault as code and data, as the program that reads the file writes it."""
    try:
        return from_json(json.loads(said))
    except ValueError:
        return RunReason.UNFORESEEN()


def simulator_command(settings: Settings, places: StatePaths) -> list[str]:
    users = [f"--user={issi}={name}" for issi, name in region.FIELD_UNITS.items()]
    return [
        sys.executable,
        "-m",
        "hardware.simulator",
        f"--link={places.radio / SIMULATED}",
        f"--audio=127.0.0.1:{settings.simulator.audio_port}",
        f"--control=127.0.0.1:{settings.simulator.control_port}",
        f"--issi={ISSI}",
        "--supervised",
        f"--gssi={region.GROUP_NAME}={region.GROUP}",
        *users,
    ]


def telephones_command(settings: Settings, places: StatePaths, tree: AsteriskTree, sounds: Path, sip: int) -> list[str]:
    """
    Args:
        sip: Descriptor of the socket that they are rung at.
        tree: Its espeak-ng gives the telephones their voices.
        sounds: Asterisk's sounds, so that people understand what Samband says.
    """
    own, simulator = settings.asterisk, settings.simulator
    host = LOOP if own.sip_host == "0.0.0.0" else own.sip_host  # noqa: S104  compared, not bound
    return [
        sys.executable,
        "-m",
        TELEPHONES,
        f"--sip-socket={sip}",
        f"--system={host}:{own.sip_port}",
        f"--control={LOOP}:{simulator.telephones_control_port}",
        f"--audio={simulator.rtp_first_port}-{simulator.rtp_last_port}",
        f"--sounds={sounds}",
        f"--voices={places.state / 'voices'}",
        f"--speak={json.dumps(tree.program('espeak-ng'))}",
        "--supervised",
        *([f"--telephones={simulator.telephones}"] if simulator.telephones is not None else []),
        *([f"--own={EXAMPLE_TRUNK}"] if simulator.telephones_port == TELEPHONES_PORT else []),
    ]
