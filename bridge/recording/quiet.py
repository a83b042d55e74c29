"""Work that nobody waits for, at the lowest priority that a thread has."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_LOWEST: Final = 19


@contextmanager
def quietly() -> Iterator[None]:
    """This thread works in the quiet until the end of the block (Linux alone gives each thread its own).

    Where the system does not let a thread rise again, it stays as it is. It does no other work in a hurry.
    """
    thread = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, thread)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, _LOWEST)
    try:
        yield
    finally:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, before)
