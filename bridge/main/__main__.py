"""`python -m bridge.main`: a controller and its reserve, as systemd starts them. Asterisk is another unit's.

The process itself decides nothing. It tells systemd when a controller is in control, and by each beat that it watches
the two (sd_notify(3)). A controller that ends or hangs is its matter, and the reserve takes over. On SIGHUP a new
version that was installed in its place takes over, and by `samband upgrade` any other.
"""

import asyncio
import signal
import sys
from typing import Final, NoReturn

from bridge import logs, settings
from bridge.files import keep_private
from bridge.main.aside import Aside
from bridge.main.controllers import Controllers
from bridge.main.failures import explained, in_language
from bridge.main.listening import BIND_S, api_sockets, close
from bridge.main.locks import only_one
from bridge.main.notify import BEAT_S, READY, Listener, beat, tell
from bridge.main.pair import Pair, until
from bridge.main.state_paths import StatePaths
from bridge.main.upgrading import Upgrades
from bridge.settings import Settings

FAILED: Final = 1


def main() -> NoReturn:
    """Until SIGTERM or Ctrl-C. Calls and recordings go on in Asterisk afterwards."""
    keep_private()
    try:
        loaded = settings.load()
        logs.set_up(loaded.log.level, loaded.log.format)
        places = StatePaths.of(loaded)
        places.make()
        with only_one(places.supervisor_lock, "the controller"):
            asyncio.run(_keep(loaded, places))
    except Exception as error:  # noqa: BLE001  every failure is told in words
        print(in_language(explained("the controller", error), settings.spoken()), file=sys.stderr)
        sys.exit(FAILED)
    sys.exit(0)


async def _keep(loaded: Settings, places: StatePaths) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sockets = await asyncio.to_thread(api_sockets, loaded.api, patience_s=BIND_S)
    try:
        with Listener(places.run / "notify.sock") as listener:
            pair = Pair(listener, [one.fileno() for one in sockets], None, places.run)
            upgrades = Upgrades(pair, places.run)
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, upgrades.again)
            await until(stop, [pair.keep(), Aside().keep("upgrades", upgrades.keep), _tell(pair.controllers)])
    finally:
        close(sockets)


async def _tell(controllers: Controllers) -> None:
    while True:
        tell(f"STATUS={controllers.told}")
        if controllers.ready.is_set():
            tell(READY)
        beat()
        await asyncio.sleep(BEAT_S)


if __name__ == "__main__":
    main()
