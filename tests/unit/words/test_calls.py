"""Every place in the program that makes a reason gives it exactly the data that its words show."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bridge import words
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import EVIDENCE, ReasonCode
from tests.unit.words.test_catalogue import _HOLE, ROOTS, every_code


@dataclass(frozen=True)
class Made:
    """One call of a reason's code."""

    place: str
    code: ReasonCode
    given: frozenset[str]
    is_open: bool
    """By `**`: what is given cannot be read here."""


def codes_by_name() -> dict[tuple[str, str], list[ReasonCode]]:
    found: dict[tuple[str, str], list[ReasonCode]] = {}
    for code in every_code():
        found.setdefault((type(code).__name__, code.name), []).append(code)
    return found


def made_in(tree: ast.AST, place: str, known: dict[tuple[str, str], list[ReasonCode]]) -> Iterator[Made]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=kind), attr=name), keywords=keywords):
                for code in known.get((kind, name), ()):
                    given = frozenset(one.arg for one in keywords if one.arg)
                    yield Made(f"{place}:{node.lineno}", code, given, any(one.arg is None for one in keywords))


def every_tree(names: Collection[str]) -> Iterator[tuple[str, ast.Module]]:
    """Of each source in which one of the names stands: to take a source apart costs a hundred times more."""
    for root in ROOTS:
        for path in sorted(root.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if any(name in text for name in names):
                yield str(path.relative_to(root.parent)), ast.parse(text)


def every_made() -> list[Made]:
    known = codes_by_name()
    kinds = {kind for kind, _ in known}
    return [made for place, tree in every_tree(kinds) for made in made_in(tree, place, known)]


def faults(made: Made) -> list[str]:
    text = words.section(Language.EN, "reason")[made.code]
    optional = {hole[1] for part in text.split("[")[1:] for hole in _HOLE.finditer(part.split("]")[0])}
    needed = {hole[1] for hole in _HOLE.finditer(text)} - optional
    unknown = made.given - set(made.code.names) - {EVIDENCE}
    told = [f"{made.place} {made.code} lacks {name}" for name in sorted(needed - made.given)]
    told += [f"{made.place} {made.code} has no data {name}" for name in sorted(unknown)]
    return told + ([f"{made.place} {made.code} is given by **"] if made.is_open else [])


def test_every_reason_is_made_with_the_data_of_its_words() -> None:
    made = every_made()
    assert len(made) > 100, "the calls were found"
    assert [fault for one in made for fault in faults(one)] == []


def test_data_that_is_forgotten_or_invented_is_found() -> None:
    source = "SelectReason.REFUSED(cause=why)\nSelectReason.REFUSED(gssi=1, talkgroup=2)\nSelectReason.REFUSED(**all)"
    found = [faults(one) for one in made_in(ast.parse(source), "here", codes_by_name())]
    assert [len(one) for one in found] == [1, 1, 2]


# --- errors of the ports ---

_FIRST = {"InstallError", "PromptError", "AmiError", "Unusable", "CannotPlay", "ApiError"}
"""Their reason is their first argument."""
_KINDS = {"PortError", "IntegrityConflict", "CodesUnavailable", "SimulatorError"} | _FIRST
"""Theirs is the second, but for `_FIRST`."""


def _is_a_sentence(reason: ast.expr) -> bool:
    match reason:
        case ast.Constant() | ast.JoinedStr():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="GeneralReason"), attr="LEGACY" | "DEVICE_FAILED")):
            return True
    return False


def without_a_reason(tree: ast.AST, place: str) -> list[str]:
    """Errors that are made of a sentence in one language, or of a sentence dressed as a reason."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=kind), args=args) if kind in _KINDS:
                at = 0 if kind in _FIRST else 1
                if len(args) <= at or _is_a_sentence(args[at]):
                    found.append(f"{place}:{node.lineno} {kind}")
    return found


def test_every_error_of_a_port_has_a_code_of_its_own() -> None:
    assert [one for place, tree in every_tree(_KINDS) for one in without_a_reason(tree, place)] == []


def test_an_error_made_of_a_sentence_is_found() -> None:
    planted = """
PortError("disk", "it is full", retry=False)
PortError("disk", f"{path} is full", retry=False)
PromptError("there is no sound")
PortError("disk", GeneralReason.LEGACY(text="it is full"), retry=False)
PortError("disk", StorageReason.DISK_FULL(), retry=False)
"""
    assert [one.split()[0] for one in without_a_reason(ast.parse(planted), "here")] == [
        f"here:{at}" for at in range(2, 6)
    ]
