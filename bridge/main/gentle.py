"""Loading that takes no time from a meeting: the modules are imported by a thread of lower urgency.

Linux gives each thread a nice value of its own (sched(7)). A process cannot raise its urgency again without a
privilege.
"""

import importlib
import os
import sys
import threading
from typing import Final

NICE: Final = 5
"""A third of the time that one of the usual urgency has. Loading takes four seconds, and twelve beside a busy one."""
GENTLY: Final = "--gently"
"""The argument of a program that is started while a controller is at work."""


def load_gently(module: str) -> None:
    """Import a module so where this process was asked to. It is in `sys.modules` afterwards, or is not there.

    An error of its own is met by the next import of it.
    """
    if GENTLY in sys.argv:
        loading = threading.Thread(target=_import, args=(module,), name="loading")
        loading.start()
        loading.join()


def _import(module: str) -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001  the main thread's own import tells it, where somebody listens
        return
