"""`python -m bridge.main`: the controller alone, as the supervisor and systemd start it."""

import argparse
import asyncio
import sys

from bridge import logs, settings
from bridge.files import keep_private
from bridge.main.controller import run_controller
from bridge.main.locks import its_turn
from bridge.main.places import Places
from bridge.main.simulated import with_simulated_terminal
from bridge.ports import PortError


def main() -> int:
    parser = argparse.ArgumentParser(description="Samband's controller")
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    parser.add_argument("--with-simulator", action="store_true", help="use the simulated terminal, seed the example")
    parser.add_argument("--standby", action="store_true", help="be ready, and begin when the controller that runs ends")
    chosen = parser.parse_args()
    keep_private()
    try:
        loaded = settings.load()
        logs.set_up(loaded.log.level, loaded.log.format)
        places = Places.of(loaded)
        if chosen.with_simulator:
            loaded = with_simulated_terminal(loaded, places)
        if chosen.standby and not its_turn(places.controller_lock, sys.stdin.fileno()):
            return 0
        asyncio.run(run_controller(loaded, example=chosen.with_simulator, supervised=chosen.supervised))
    except (settings.SettingsError, PortError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
