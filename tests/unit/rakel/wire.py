"""Helpers for tests of the line: the fixtures, and a session that answers."""

from collections.abc import Iterable
from pathlib import Path

from bridge.rakel.pei.indications import Indication
from bridge.rakel.pei.session import Answered, Ignored, Indicated, Output, Session, Write

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pei"


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.txt").read_bytes()


def all_fixtures() -> list[str]:
    return sorted(path.stem for path in FIXTURES.glob("*.txt"))


def heard(outputs: Iterable[Output]) -> list[Indication]:
    return [output.indication for output in outputs if isinstance(output, Indicated)]


def ignored(outputs: Iterable[Output]) -> list[str]:
    return [output.line.why for output in outputs if isinstance(output, Ignored)]


def answers(outputs: Iterable[Output]) -> list[Answered]:
    return [output for output in outputs if isinstance(output, Answered)]


def written(outputs: Iterable[Output]) -> bytes:
    return b"".join(output.data for output in outputs if isinstance(output, Write))


def read(name: str) -> list[Output]:
    """What a fresh session makes of a fixture."""
    return Session().feed(fixture(name), 0.0)


def read_one(name: str) -> Indication:
    (indication,) = heard(read(name))
    return indication
