"""A controller of the product with settings of its own. It is forked from a process that has loaded it for many.

python -c "from bridge.main.fork_server import main; main('tests.harness.elsewhere')"
"""

import os
from collections.abc import Sequence
from typing import NoReturn

from bridge.main import process


def main(words: Sequence[str]) -> NoReturn:
    """The first word is the settings file."""
    settings, *rest = words
    os.environ["SAMBAND_CONFIG"] = settings
    process.main(rest)
