"""Loading that takes no time from a meeting: the reserve's modules are imported by a thread of lower urgency.

Linux gives each thread a nice value of its own (sched(7)). A process cannot raise its urgency again without a
privilege.
"""

import importlib
import os
import sys
import threading
from typing import Final

NICE: Final = 5
"""A third of the time that one of the usual urgency has. Loading takes two seconds, and seven beside a busy one."""
STANDBY: Final = "--standby"


def load_in_reserve(module: str) -> None:
    """Import a module so where this process is started in reserve. It is in `sys.modules` afterwards, or is not there.

    An error of its own is met by the next import of it.
    """
    if STANDBY in sys.argv:
        loading = threading.Thread(target=_import, args=(module,), name="loading")
        loading.start()
        loading.join()


def _import(module: str) -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001  the main thread's own import tells it, where somebody listens
        return
