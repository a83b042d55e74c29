"""Make `docs/reference/` out of the code it describes: `python docs/generate.py`; `--check` fails when it is stale.

Everything in there is read from the program: nothing is to be edited by hand. The state machines of `transitions.md`
are not drawn but found. Every event is given to every state that the domain's pure step reaches.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import typer

from bridge.api.app import create_app
from bridge.api.dependencies import Dependencies
from bridge.api.problems import STATUS_OF_REFUSAL, STATUSES
from bridge.api.settings import ApiSettings
from bridge.ari.config import templates_dir
from bridge.ari.prompts import TONES
from bridge.cli import app as samband
from bridge.cli.shell import help_of, help_of_parameter
from bridge.domain.alarms.kinds import KINDS, AlarmKind
from bridge.domain.conference import floor
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.keys import in_order
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import HIGHEST_NUMBER
from bridge.domain.phrases import catalogue
from bridge.domain.step import KEYS
from bridge.rakel.pei.codes import CME_ERRORS, DISCONNECT_CAUSES, LASTING_CAUSES
from bridge.rakel.pei.table import reference_rows
from bridge.rakel.profiles import LENIENCIES, PROFILES, TerminalProfile
from bridge.settings import reference_markdown
from bridge.words import entry, word
from docs.machines import Edge, floor_rows, patch_edges, target_edges

FOLDER: Final = Path(__file__).parent / "reference"
HEAD: Final = "<!-- Made by docs/generate.py. Edit what it is made from, then run `make docs`. -->\n\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars and line ends in cells are made harmless."""
    lines = [tuple(heads), ("---",) * len(heads), *(tuple(str(cell) for cell in row) for row in rows)]
    return "\n".join("| " + " | ".join(_cell(text) for text in row) + " |" for row in lines)


def _cell(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).replace("|", "\\|")


def settings() -> str:
    return reference_markdown()


# --- api ---


def api() -> str:
    """The OpenAPI description, as people read it. The application is never called: it needs no parts."""
    found = create_app(cast(Dependencies, None), ApiSettings()).openapi()
    lines = [
        "# API",
        "",
        "Base path `/api/v1`, JSON, described for programs at `/openapi.json`. Every request under the base path needs "
        "`Authorization: Bearer <token>`; the first token lies in `operator.token` of the state directory. `/healthz`, "
        "`/readyz` and `/metrics` need none. All times are UTC in ISO 8601.",
        "",
        "## Errors",
        "",
        "`application/problem+json` (RFC 9457) with `type`, `title`, `status`, `code`, `reason`, `data`, `detail`, and "
        "where they help `field`, `remedy` and `errors`. `code` is the kind of error, `reason` with `data` says which. "
        "`Retry-After` says that the same request may succeed later.",
        "",
        "The words (`title`, `detail`, `remedy`, and each reason in words) are Swedish where `Accept-Language` asks "
        "for it, else English. `Content-Language` says which.",
        "",
        table(("status", "title", "codes of refused commands"), _statuses()),
        "",
    ]
    for tag, operations in _by_tag(found["paths"]).items():
        lines += [f"## {tag}", "", table(("method", "path", "parameters", "body", "answer", "what"), operations), ""]
    lines += ["## Fields", ""]
    for name, schema in sorted(found["components"]["schemas"].items()):
        if name not in {"HTTPValidationError", "ValidationError"}:
            lines += _schema(name, schema)
    return "\n".join(lines)


def _statuses() -> Iterator[tuple[object, ...]]:
    for status in STATUSES:
        codes = (f"`{code}`" for code, of in STATUS_OF_REFUSAL.items() if of == status)
        yield status, word(Language.EN, "status", str(status)), ", ".join(codes)


def _by_tag(paths: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for path, methods in paths.items():
        for method, told in methods.items():
            parameters = ", ".join(f"`{one['name']}`" for one in told.get("parameters", ()) if one["in"] != "path")
            body = _type(_content(told.get("requestBody", {})))
            answers = [
                f"{status} {_type(_content(answer))}".strip()
                for status, answer in told["responses"].items()
                if status.startswith("2")
            ]
            row = (method.upper(), f"`{path}`", parameters, body, ", ".join(answers), _what(told))
            found.setdefault(told["tags"][0], []).append(row)
    return found


def _what(told: Mapping[str, Any]) -> str:
    text = told.get("description") or told["summary"].lower()
    return str(text).split("\n\n")[0]


def _content(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    for kind, content in holder.get("content", {}).items():
        return cast(Mapping[str, Any], content.get("schema", {})) if kind == "application/json" else {"title": kind}
    return {}


def _type(schema: Mapping[str, Any]) -> str:
    """`[ConferenceOut]` for a list of them, `string or null`, `open, lecture, queue` for an enumeration."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {})) or 'anything'}"
    return str(schema.get("type", schema.get("title", "")))


def _schema(name: str, schema: Mapping[str, Any]) -> list[str]:
    lines = [f"### {name}", ""]
    if text := schema.get("description"):
        lines += [str(text).split("\n\n")[0], ""]
    if "properties" not in schema:
        return [*lines, _type(schema), ""]
    needed = schema.get("required", ())
    rows = (
        (f"`{field}`", _type(told), "yes" if field in needed else _default(told), told.get("description", ""))
        for field, told in schema["properties"].items()
    )
    return [*lines, table(("field", "type", "always there, or default", "meaning"), rows), ""]


def _default(told: Mapping[str, Any]) -> str:
    return f"`{told['default']}`" if told.get("default") is not None else "no"


# --- keys, PEI, prompts, command line ---


def keys() -> str:
    cells = [(f"`{key.sequence}`", key.does, _who(key.roles)) for key in in_order(KEYS)]
    return "\n".join(
        [
            "# Keys",
            "",
            "In a meeting a command is `*` or `#` and one more key, from any telephone. The keys with `*` are "
            "everybody's, and those that a host needs most. The keys with `#` are for the conduct of the meeting. The "
            "first key waits for its second only for the time of the setting `conference.key_pause_s`. A single key "
            "answers a question that has been asked, and does nothing else. The spoken help (`**` and `#*`) is made "
            "from this table.",
            "",
            table(("keys", "what", "roles"), cells),
            "",
            "A code that is keyed once more in a meeting does nothing, nor does its `#`.",
            "",
            "On the way in: the code, then `#`. When called in (*inkallning*): `1` takes part now, `2` comes later, "
            "`3` cannot. Anything else changes nothing, and without a key nobody is let in.",
            "",
        ]
    )


def _who(roles: frozenset[str]) -> str:
    others = [role.value for role in Role if role not in roles]
    if len(others) <= 1:
        return " but ".join(["everybody", *others])
    return ", ".join(role.value for role in Role if role in roles)


def _reasons() -> dict[tuple[str, str], list[TerminalProfile]]:
    """Every reason once, with the profiles it holds for."""
    found: dict[tuple[str, str], list[TerminalProfile]] = {}
    for profile in PROFILES.values():
        for value, reason in profile.why.items():
            found.setdefault((value, reason), []).append(profile)
    return dict(sorted(found.items(), key=lambda one: one[0][0]))


def pei() -> str:
    rows = (
        (row.name, row.direction, f"`{row.syntax}`", f"{row.timeout_s:g} s" if row.timeout_s else "", row.evidence)
        for row in reference_rows()
    )
    causes = (
        (code, entry(Language.EN, "disconnect_cause", str(code)), "no" if code in LASTING_CAUSES else "yes")
        for code in sorted(DISCONNECT_CAUSES)
    )
    errors = ((row.code, entry(Language.EN, "cme", str(row.code)), row.retry.value) for row in CME_ERRORS.values())
    lines = [
        "# PEI: the language of the radio terminal",
        "",
        "The peripheral equipment interface of TETRA (ETSI EN 300 392-5), as far as Samband speaks it. *Evidence* is "
        "the clause of the standard; `captured` is what was seen from real terminals, `code` what working programs do.",
        "",
        "## Commands and results",
        "",
        table(("name", "direction", "syntax", "answer within", "evidence"), rows),
        "",
        "## Terminal models",
        "",
        table(
            ("profile", "model", "baud rates tried", "what to know"),
            (
                (f"`{p.name}`", p.description, ", ".join(map(str, p.bauds)), " ".join(p.notes))
                for p in PROFILES.values()
            ),
        ),
        "",
        "Why a model's values are what they are. **T** is the trace of a real terminal, **C** working programs, "
        "**S** the standard as others quote it. **D** is a manual or a user's page, **I** inferred, **M** to be "
        "verified.",
        "",
        table(
            ("value", "profiles", "reason"),
            (
                (f"`{value}`", ", ".join(f"`{p.name}`" for p in of), reason)
                for (value, reason), of in _reasons().items()
            ),
        ),
        "",
        "## What is read leniently, from every model",
        "",
        table(("name", "seen", "read as"), ((f"`{one.name}`", one.seen, one.read) for one in LENIENCIES)),
        "",
        "## `+CME ERROR`",
        "",
        table(("code", "meaning", "again?"), errors),
        "",
        "## Why a call was released (`+CTCR`)",
        "",
        table(("cause", "meaning", "passes by waiting"), causes),
        "",
    ]
    return "\n".join(lines)


def _tone(parts: tuple[tuple[int, int], ...]) -> str:
    """A pattern that comes again is written once."""
    times = next(times for times in range(len(parts), 0, -1) if parts == parts[: len(parts) // times] * times)
    written = [f"{hz} Hz {ms} ms" if hz else f"pause {ms} ms" for hz, ms in parts[: len(parts) // times]]
    return ", ".join([*written, *([f"{times} times"] if times > 1 else [])])


def prompts() -> str:
    texts = {language: _texts(language) for language in Language}
    spoken = (name for name in catalogue() if name not in TONES and not name.startswith("number/"))
    tones = ((f"`{name}`", _tone(parts)) for name, parts in TONES.items())
    lines = [
        "# Prompts",
        "",
        "Everything that Samband says. The sound of each is a file of this name, see "
        "[your own prompts](../how-to/own-prompts.md).",
        "",
        table(
            ("prompt", "svenska", "English"),
            ((f"`{name}`", *(texts[one][name] for one in Language)) for name in spoken),
        ),
        "",
        f"`number/0` … `number/{HIGHEST_NUMBER}` speak a count.",
        "",
        "## Tones",
        "",
        table(("tone", "sound"), tones),
        "",
    ]
    return "\n".join(lines)


def _texts(language: Language) -> dict[str, str]:
    groups = tomllib.loads((templates_dir() / "prompts" / f"{language.value}.toml").read_text(encoding="utf-8"))
    return {f"{group}/{key}": str(text) for group, row in groups.items() for key, text in row.items()}


def cli() -> str:
    root = typer.main.get_command(samband)
    lines = ["# Command line", "", help_of("", Language.EN), ""]
    lines += [
        table(
            ("option before any command", "meaning"),
            [("`--language`", help_of_parameter("", "--language", Language.EN))],
        ),
        "",
    ]
    for words, command in _commands("samband", root):
        path = words.removeprefix("samband ")
        arguments = " ".join(
            word(Language.EN, "argument", one.name).upper()
            for one in command.params
            if one.param_type_name == "argument"
        )
        lines += [f"## `{f'{words} {arguments}'.strip()}`", "", help_of(path, Language.EN), ""]
        options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
        if options:
            told = (
                (
                    f"`{'`, `'.join([*one.opts, *one.secondary_opts])}`",
                    _given(one),
                    help_of_parameter(path, one.opts[0], Language.EN),
                )
                for one in options
            )
            lines += [table(("option", "default", "meaning"), told), ""]
    return "\n".join(lines)


def _given(option: Any) -> str:
    return "" if option.default is None or callable(option.default) else f"`{option.default}`"


def _commands(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command with its words. Typer carries a click of its own, which is no type to build on."""
    inside: Mapping[str, Any] = getattr(command, "commands", {})
    if inside:
        for name, inner in inside.items():
            yield from _commands(f"{words} {name}", inner)
    else:
        yield words, command


# --- states ---


def transitions() -> str:
    targets, attempts = target_edges()
    heard = "\n".join(line for line in (floor.__doc__ or "").splitlines() if not line.startswith("="))
    rows = [re.split(r"\s{2,}", line.replace("`", "")) for line in heard.splitlines() if line.startswith("`")]
    lines = [
        "# States and what changes them",
        "",
        "Found by giving every event to every state that `bridge.domain.step` reaches. What changes nothing is left "
        "out.",
        "",
        "## The floor (*ordet*)",
        "",
        table(("mode", "who is heard", "when the holder releases the floor"), rows),
        "",
        "Each act where `c` has the floor, and `a` and then `b` have requested it:",
        "",
        table(("act", *(mode.value for mode in FloorMode)), floor_rows()),
        "",
        "## A talkgroup's patch (*sammankoppling*)",
        "",
        *_machine(patch_edges(), "asked"),
        "## A function that is called out (*inkallning*)",
        "",
        *_machine(targets, "calling"),
        "## One call of a call-out",
        "",
        *_machine(attempts, "intent"),
    ]
    return "\n".join(lines)


def _machine(edges: Sequence[Edge], first: str) -> list[str]:
    """A picture of the ways that matter, and every way as a table."""
    drawn = [edge for edge in edges if edge.start == first or edge.end not in {"removed", "offline", "cancelled"}]
    rows = ((f"`{edge.start}`", f"`{edge.end}`", "; ".join(edge.causes)) for edge in edges)
    return [
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {first}",
        *(
            f"    {edge.start} --> {edge.end} : {edge.causes[0]}{' …' if len(edge.causes) > 1 else ''}"
            for edge in drawn
        ),
        "```",
        "",
        table(("from", "to", "when"), rows),
        "",
    ]


# --- alarms ---

RUNBOOK_OF: Final[Mapping[AlarmKind, str]] = {
    AlarmKind.TELEPHONY: "asterisk-down",
    AlarmKind.ASTERISK_HANGS: "asterisk-hangs",
    AlarmKind.NO_TRUNK: "no-one-gets-in",
    AlarmKind.TRUNK: "no-one-gets-in",
    AlarmKind.DATABASE: "database-refused",
    AlarmKind.CODES: "codes-unreadable",
    AlarmKind.ENGINE_SLOW: "too-slow",
    AlarmKind.RECORDING: "recording-failed",
    AlarmKind.ARCHIVE: "recording-failed",
    AlarmKind.DISK: "disk-full",
    AlarmKind.DISK_LOW: "disk-full",
    AlarmKind.ON_AIR: "terminal-offline",
    AlarmKind.TERMINAL: "terminal-offline",
    AlarmKind.SPARE_TERMINAL: "terminal-offline",
    AlarmKind.TERMINAL_MODE: "terminal-offline",
    AlarmKind.TERMINAL_ERRORS: "terminal-offline",
    AlarmKind.TERMINAL_SIGNAL: "terminal-offline",
    AlarmKind.RADIO_SOUND: "radio-not-heard",
    AlarmKind.AUDIO_PATH: "radio-not-heard",
    AlarmKind.MANAGER: "asterisk-manager",
    AlarmKind.GUESSING: "codes-are-guessed",
    AlarmKind.FAULT: "an-event-went-wrong",
    AlarmKind.PART: "an-event-went-wrong",
    AlarmKind.HOST_LINE: "people-are-lost",
}
"""The section of the runbook that tells more."""


def alarms() -> str:
    rows = (
        (f"[`{kind.value}`](#{kind.value})", terms.priority.value, f"{terms.on_s:g} s", f"{terms.off_s:g} s")
        for kind, terms in KINDS.items()
    )
    return "\n".join(
        [
            "# Alarms",
            "",
            "How to use them: [watch the alarms](../how-to/watch-the-alarms.md). The console shows the same texts "
            "under `/runbook`.",
            "",
            table(("kind", "priority", "on-delay", "off-delay"), rows),
            *(line for kind in KINDS for line in _alarm(kind)),
        ]
    )


def _alarm(kind: AlarmKind) -> Iterator[str]:
    yield from ("", f"## {kind.value}", "")
    for language in Language:
        name, follows, act = (word(language, f"alarm_{of}", kind.value) for of in ("kind", "consequence", "act"))
        yield f"- **{name}** {follows} *{'Gör så här' if language is Language.SV else 'Do this'}:* {act}"
    if kind in RUNBOOK_OF:
        yield f"- [More in the runbook](../runbook/README.md#{RUNBOOK_OF[kind]})"


DOCUMENTS: Final[Mapping[str, Callable[[], str]]] = {
    "settings": settings,
    "api": api,
    "keys": keys,
    "pei": pei,
    "prompts": prompts,
    "transitions": transitions,
    "cli": cli,
    "alarms": alarms,
}


def made() -> dict[str, str]:
    """File name → what shall stand in it."""
    return {f"{name}.md": HEAD + make().strip() + "\n" for name, make in DOCUMENTS.items()}


def stale(folder: Path) -> list[str]:
    """The files that are missing, differ from what would be made, or are made by nothing any more."""
    wanted = made()
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = made()
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    parser = argparse.ArgumentParser(description="Make docs/reference/ out of the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when something is stale")
    if not parser.parse_args(arguments).check:
        write(folder)
        return 0
    names = stale(folder)
    if names:
        sys.stderr.write(f"docs/reference is stale ({', '.join(names)}): run `make docs` and commit what changed\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
