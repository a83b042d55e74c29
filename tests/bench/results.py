"""The findings of a run, as a file for machines and one for people. A release's own are kept in the repository."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.bench.against import Against
from tests.bench.figures import Figure, markdown
from tests.bench.machine import CHANGED
from tests.bench.taking import Taken

RESULTS: Final = Path("bench-results.json")
KEPT: Final = Path("docs/reference/measurements")
_HEADER: Final = """# Measured at {name}

Made by `make bench` ([how](../../how-to/measure.md)). Single measurements stand in [{name}.json]({name}.json).

"""


class CannotKeep(ValueError):
    """These results may not stand for a release. The text says why."""


def failed(taken: Sequence[Taken], compared: Sequence[Against] = ()) -> bool:
    """Whether anything was missed, or could not be taken whole."""
    figures = [figure for one in taken for figure in one.figures]
    lacking = [one for one in taken if one.trouble or not one.figures]
    return bool(lacking) or any(one.met is False for one in figures) or any(not one.met for one in compared)


def write(facts: Mapping[str, object], taken: Sequence[Taken], compared: Sequence[Against], path: Path) -> None:
    figures = [figure for one in taken for figure in one.figures]
    rows = [{**asdict(one), "ratio": one.ratio, "met": one.met, "faults": one.faults} for one in figures]
    runs = [{"name": one.name, "took_s": one.took_s, "machine": str(one.busy), "trouble": one.trouble} for one in taken]
    whole = {"machine": facts, "rows": runs, "figures": rows, "against": [asdict(one) for one in compared]}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False, default=str) + "\n")


def report(facts: Mapping[str, object], taken: Sequence[Taken], compared: Sequence[Against]) -> str:
    figures: list[Figure] = [figure for one in taken for figure in one.figures]
    lines = [", ".join(f"{name} {value}" for name, value in facts.items()), "", markdown(figures), ""]
    lines += [f"- {one.name}: {one.how}." for one in figures if one.how]
    lines += ["", "| row | took | the machine meanwhile |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.took_s:.0f} s | {one.busy} |" for one in taken]
    lines += [f"- NOT MEASURED {one.name}: {one.trouble or 'it gave no figure'}" for one in taken
              if one.trouble or not one.figures]  # fmt: skip
    if compared:
        lines += ["", "| figure | now | before | ratio | at most | verdict |", "|---|---|---|---|---|---|"]
        lines += [one.line() for one in compared]
    return "\n".join(lines)


def keep(name: str, facts: Mapping[str, object], taken: Sequence[Taken], folder: Path = KEPT) -> Path:
    """Put the results of a release where they stay.

    Raises:
        CannotKeep: The run was a quick one or not whole, or what was measured is in no commit.
    """
    if str(facts["commit"]).endswith(CHANGED) or str(facts["commit"]).startswith("unknown"):
        raise CannotKeep(f"what was measured is no commit: {facts['commit']}")
    if facts.get("quick"):
        raise CannotKeep("a quick run shows that the rows work, and no more")
    if any(one.trouble for one in taken):
        raise CannotKeep("not every row was taken: " + ", ".join(one.name for one in taken if one.trouble))
    folder.mkdir(parents=True, exist_ok=True)
    write(facts, taken, (), folder / f"{name}.json")
    kept = folder / f"{name}.md"
    kept.write_text(_HEADER.format(name=name) + report(facts, taken, ()) + "\n")
    return kept
