"""`python -m bridge.main`: the controller alone, as the supervisor and systemd start it."""

import argparse
import asyncio
import sys

from bridge import logs, settings
from bridge.main.controller import run_controller
from bridge.main.places import Places
from bridge.main.simulated import with_simulated_terminal
from bridge.ports import PortError


def main() -> int:
    parser = argparse.ArgumentParser(description="Samband's controller")
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    parser.add_argument("--with-simulator", action="store_true", help="use the simulated terminal, seed the example")
    chosen = parser.parse_args()
    try:
        loaded = settings.load()
        logs.set_up(loaded.log.level, loaded.log.format)
        if chosen.with_simulator:
            loaded = with_simulated_terminal(loaded, Places.of(loaded))
        asyncio.run(run_controller(loaded, example=chosen.with_simulator, supervised=chosen.supervised))
    except (settings.SettingsError, PortError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
