"""Real-time scheduling of Asterisk, where the system allows it.

Asterisk mixes each conference every 20 ms. Sound that comes too late for its mix leaves a gap, and all that follows
waits 20 ms longer. Beyond four mixes of waiting sound Asterisk throws all of it away: 100 ms of speech. The controller,
a database and the archive's compression compute on the same cores, and none of them is that urgent.
"""

import contextlib
import os
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


def prefer(pid: int, priority: int) -> bool:
    """Schedule every thread of a process by SCHED_RR (sched(7)). Threads that it starts later inherit that.

    Args:
        pid: Our own Asterisk's, after its start. Started by root, it first sets its own scheduling back.
        priority: 1…99; 0 leaves all as it is.

    Returns:
        Whether the system allowed it. Without it sound still flows, later under load.
    """
    if priority == 0:
        return False
    try:
        done: set[int] = set()
        while new := {int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()} - done:
            for thread in new:
                _set(thread, priority)
            done |= new
    except OSError as error:
        log.info("scheduling", process="asterisk", policy="SCHED_OTHER", reason=str(error))
        return False
    log.info("scheduling", process="asterisk", policy="SCHED_RR", priority=priority)
    return True


def _set(thread: int, priority: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended since it was listed
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(priority))
