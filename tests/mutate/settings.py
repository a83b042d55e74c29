"""What is mutated, and which tests must notice."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("bridge/domain", "bridge/engine")
TESTS: Final = ("tests/unit/domain", "tests/unit/engine", "tests/model")
OPTIONS: Final = (
    "-q", "-s", "-m", "not integration and not slow and not postgres", "-p", "no:cacheprovider", "-p", "no:xdist",
    "--hypothesis-seed=0", "-o", "timeout=300", "--deselect", "tests/model/rakel", "--deselect", "tests/model/radio",
)  # fmt: skip
"""The same chance each time, so that a mutant that was noticed is noticed again. The time limit of a test is for a busy
machine, on which all of this runs last."""
