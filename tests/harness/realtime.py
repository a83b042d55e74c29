"""Telephones are other machines in truth, and share no processor with the system under test.

Where the system allows it, their processes go before everything else. A packet that leaves late is then the fault of
none of them. Where it does not, the tests judge all the same. The simulated radio is as urgent as the controller.
Its sound and its commands must not part, as they would on a busy machine.
"""

import contextlib
import os
from typing import Final

PRIORITY: Final = 20
"""Of SCHED_RR: above that of Asterisk and of the media worker, which are under test."""


def goes_first() -> None:
    """Schedule this process, which has just begun, before all that is under test."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
