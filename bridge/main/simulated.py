"""The simulated terminal of a first start: a program of its own, known here by its command line only."""

import sys
from typing import Final

from bridge.main import region
from bridge.main.places import Places
from bridge.rakel.settings import TerminalSettings
from bridge.settings import Settings

SIMULATED: Final = "rakel-1"
ISSI: Final = 1400001
AUDIO_PORT: Final = 18201
CONTROL_PORT: Final = 18200


def with_simulated_terminal(settings: Settings, places: Places) -> Settings:
    """Terminals of the settings file go before: then nothing is simulated."""
    if settings.terminal:
        return settings
    terminal = TerminalSettings(
        name=SIMULATED, serial=str(places.radio / SIMULATED), audio=f"audiosocket://127.0.0.1:{AUDIO_PORT}"
    )
    return settings.model_copy(update={"terminal": (terminal,)})


def simulator_command(places: Places) -> list[str]:
    users = [f"--user={issi}={name}" for issi, name in region.FIELD_UNITS.items()]
    return [
        sys.executable,
        "-m",
        "hardware.simulator",
        f"--link={places.radio / SIMULATED}",
        f"--audio=127.0.0.1:{AUDIO_PORT}",
        f"--control=127.0.0.1:{CONTROL_PORT}",
        f"--issi={ISSI}",
        f"--gssi={region.GROUP_NAME}={region.GROUP}",
        *users,
    ]
