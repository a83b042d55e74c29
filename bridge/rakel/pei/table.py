"""The language as rows, for the generated reference: `python -m bridge.rakel.pei.table` prints it as Markdown."""

import sys
from dataclasses import dataclass
from typing import Literal

from bridge.rakel.pei import commands, results


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One command or result code. `evidence` is the clause of EN 300 392-5, or what stands in for it."""

    name: str
    direction: Literal["to the terminal", "from the terminal"]
    syntax: str
    evidence: str
    timeout_s: float | None = None
    """How long the answer may take; results have none."""


def reference_rows() -> tuple[ReferenceRow, ...]:
    """Every command, then every result code."""
    sent = (
        ReferenceRow(row.name, "to the terminal", row.syntax, row.evidence, row.timeout_s)
        for row in commands.ROWS.values()
    )
    received = (
        ReferenceRow(row.build.__name__, "from the terminal", f"{row.code}: {row.syntax}", row.evidence)
        for row in results.ROWS.values()
    )
    return (*sent, *received)


def reference_markdown() -> str:
    """The rows as one table."""
    lines = ["| name | direction | syntax | answer within | evidence |", "|---|---|---|---|---|"]
    for row in reference_rows():
        within = f"{row.timeout_s:g} s" if row.timeout_s is not None else ""
        syntax = row.syntax.replace("|", "\\|")
        lines.append(f"| {row.name} | {row.direction} | `{syntax}` | {within} | {row.evidence} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference_markdown())
