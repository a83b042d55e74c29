"""`samband run`, `samband check`, `samband docs`: the program itself."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, Failure, api, language, print_json, show, table, told
from bridge.cli.shell import Command
from bridge.settings import load, reference_markdown
from bridge.words import entry, with_evidence


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("run", cls=Command)(run)
    app.command("upgrade", cls=Command)(upgrade)
    app.command("check", cls=Command)(check)
    app.command("readiness", cls=Command)(readiness)
    app.command("settings", cls=Command)(settings)
    app.command("docs", cls=Command)(docs)


def run(
    with_simulator: Annotated[bool, typer.Option()] = False,
) -> None:
    from bridge.main.begun import WAITING
    from bridge.main.supervisor import run as run_program

    run_program(load(), with_simulator=with_simulator, begun=WAITING)


def upgrade(as_json: AsJson = False) -> None:
    from bridge.main.state_paths import StatePaths
    from bridge.main.upgrading import ask, socket_of

    run_folder = StatePaths.of(load()).run
    last: dict[str, Any] = {}
    try:
        for last in ask(run_folder, language()):
            if not as_json and (step := _STEPS.get(str(last.get("step")))) is not None:
                print(step(), flush=True)
    except TimeoutError:
        raise Failure(told("upgrade_no_answer")) from None
    except OSError:
        if not last:
            raise Failure(told("upgrade_nothing_runs", path=str(socket_of(run_folder)))) from None
    if "refused" in last:
        raise Failure(told("upgrade_refused", why=str(last["refused"])))
    if "done" not in last:
        raise Failure(told("upgrade_no_answer"))
    done = last["done"]
    if as_json:
        print_json(done)
        return
    now, before = (_release(done[name]) for name in ("now", "before"))
    print(told("upgrade_done", now=now, before=before, process=done["process"]))
    if now == before:
        print(told("upgrade_the_same"))
    if done["asterisk"]:
        print(told("upgrade_asterisk", files=", ".join(done["asterisk"])))


_STEPS: Final[Mapping[str, Callable[[], str]]] = {
    "loading": lambda: told("upgrade_loading"),
    "trying": lambda: told("upgrade_trying"),
    "in_reserve": lambda: told("upgrade_in_reserve"),
}


def _release(told_of: Mapping[str, str]) -> str:
    commit = told_of.get("commit", "")
    return f"{told_of['version']} ({commit})" if commit else told_of["version"]


def check() -> None:
    from bridge.main.checking import check as check_parts

    findings = asyncio.run(check_parts(load(), language()))
    rows = (
        (
            entry(language(), "part", one.part),
            told("fault") if one.is_fault else told("well"),
            with_evidence(one.says, language()),
        )
        for one in findings
    )
    table(("part", "", "says"), rows)
    if any(one.is_fault for one in findings):
        raise typer.Exit(1)


def readiness(as_json: AsJson = False) -> None:
    show(
        api("GET", "/readiness"),
        as_json,
        {
            "state": lambda one: told("fault") if one["fails"] else told("never_proved"),
            "name": lambda one: one["name"],
            "reason": lambda one: one["reason"],
        },
    )


def settings(table_name: Annotated[str, typer.Option("--table")] = "", as_json: AsJson = False) -> None:
    found = [one for one in api("GET", "/settings") if table_name in ("", one["table"])]
    show(
        found,
        as_json,
        {
            "table": lambda one: f"{one['table']} {one['place'] or ''}".strip(),
            "name": lambda one: one["name"],
            "value": lambda one: told("secret_not_shown") if one["value"] is None else one["value"],
            "source": lambda one: entry(language(), "setting_source", one["source"]),
        },
    )


def docs() -> None:
    print(reference_markdown(), end="")
