"""The tutorial works to the letter: its commands are run in its order, and each prints what the page says.

Only the ports are others, since this machine may run several at once.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.harness.world import ROOT, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.timeout(300)]

PAGE: Final = ROOT / "docs/tutorials/first-meeting.md"
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK: Final = "@@@@ step"
WITHIN_S: Final = 200


@dataclass(frozen=True)
class Step:
    """Commands, and the lines that are shown below them."""

    commands: str
    shown: str = ""


def steps(page: str) -> list[Step]:
    found: list[Step] = []
    for kind, text in BLOCK.findall(page):
        if kind == "sh":
            found.append(Step(text))
        elif kind == "" and found and not found[-1].shown:
            found[-1] = Step(found[-1].commands, text)
    return found


def as_pattern(line: str) -> str:
    """The words of a line, with anything in the place of ids, numbers, times and paths."""
    parts = [r"\S+" if re.search(r"\d|^var/", word) else re.escape(word) for word in line.split()]
    return r"\s+".join(parts)


def missing(shown: str, printed: str) -> list[str]:
    """Lines of the page that were not printed. Values that differ by machine are passed over, words are not."""
    told = "\n".join(" ".join(line.split()) for line in printed.splitlines())
    lines = [line for line in shown.splitlines() if line.strip() not in ("", "…")]
    return [line for line in lines if not re.search(rf"^\s*{as_pattern(line)}\s*$", told, re.MULTILINE)]


def script_of(page: Sequence[Step], ports: dict[str, int]) -> str:
    """One shell for all of it, as the reader has one: what a step sets the next can use."""
    parts = ["set -euo pipefail"]
    for number, step in enumerate(page):
        commands = step.commands.replace("127.0.0.1:8080", f"127.0.0.1:{ports['api']}")
        hand = "hardware.simulator.hand"
        commands = commands.replace(hand, f"{hand} --control 127.0.0.1:{ports['radio']}")
        parts += [f"printf '\\n{MARK} {number}\\n'", commands]
    return "\n".join(parts)


async def typed(script: str, running: World) -> tuple[int, str]:
    """In a folder that looks to the reader as the clone does: `.venv` and `var` lie in it."""
    (running.folder / ".venv").symlink_to(ROOT / ".venv")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMBAND_")}
    environment["PYTHONPATH"] = str(ROOT)
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        cwd=running.folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(shell.communicate(), WITHIN_S)
    return await shell.wait(), printed.decode()


async def test_the_tutorial_can_be_followed_to_the_letter(tmp_path: Path) -> None:
    first, *others = steps(PAGE.read_text())
    assert first.commands == "make run\n"
    assert "run --with-simulator" in (ROOT / "Makefile").read_text()
    async with samband_world(tmp_path, region=True) as running:
        assert missing(first.shown, running.program.log.read_text()) == []
        code, printed = await typed(script_of(others, running.ports), running)
        assert code == 0, printed
    said = re.split(rf"^{MARK} \d+\n", printed, flags=re.MULTILINE)[1:]
    wrong = [
        f"after\n{step.commands}\nwas printed\n{told}\nand not\n{lines}"
        for step, told in zip(others, said, strict=True)
        if (lines := "\n".join(missing(step.shown, told)))
    ]
    assert not wrong, "\n\n".join(wrong)


def test_a_line_that_is_not_printed_would_be_seen() -> None:
    assert missing("audit chain: ok\n", "audit chain: broken\n") == ["audit chain: ok"]
    assert missing("1401001  3.0 s  released\n", "1401002  2.9 s released\n") == []
