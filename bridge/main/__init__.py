"""Where the parts are put together, and the only place that knows them all.

- `controller`: the program that decides, one process beside Asterisk.
- `supervisor`: `samband run`, which prepares and starts everything on one machine and keeps it running.
- `prepare`: Asterisk's tree, configuration and prompts.
- `region`: the example region of a first start.
- `checking`: `samband check`, which tries every part before anything starts.
"""

from bridge.main.checking import check
from bridge.main.controller import run_controller
from bridge.main.supervisor import run

__all__ = ["check", "run", "run_controller"]
