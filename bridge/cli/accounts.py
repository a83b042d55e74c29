"""`samband account`: the accounts of people."""

from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, part, print_json, show, told
from bridge.cli.shell import Command
from bridge.domain.kernel.principal import AccessRole

Roles = Annotated[list[AccessRole], typer.Option("--role")]
Some = list[str]


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_accounts)
    app.command("show", cls=Command)(show_account)
    app.command("add", cls=Command)(add)
    app.command("roles", cls=Command)(roles)
    app.command("invite", cls=Command)(invite)
    app.command("disable", cls=Command)(disable)
    app.command("remove", cls=Command)(remove)
    app.command("break-glass", cls=Command)(break_glass)


def list_accounts(as_json: AsJson = False) -> None:
    show(
        api("GET", "/accounts"),
        as_json,
        {
            "name": lambda one: one["name"],
            "shown": lambda one: one["shown"],
            "roles": lambda one: ", ".join(one["roles"]),
            "state": lambda one: choice("account_state", one["state"]),
            "login": lambda one: one["login_at"],
        },
    )


def show_account(account: str) -> None:
    print_json(api("GET", f"/accounts/{part(account)}"))


def add(
    name: str,
    role: Roles,
    shown: Annotated[str | None, typer.Option()] = None,
    organisation: Annotated[list[str] | None, typer.Option("--organisation")] = None,
    forum: Annotated[list[str] | None, typer.Option("--forum")] = None,
    meeting: Annotated[list[str] | None, typer.Option("--meeting")] = None,
    as_json: AsJson = False,
) -> None:
    body = {
        "name": name,
        "shown": shown,
        "roles": [one.value for one in role],
        **_scope(organisation, forum, meeting),
    }
    _invited(api("POST", "/accounts", body), as_json)


def roles(
    account: str,
    role: Roles,
    organisation: Annotated[list[str] | None, typer.Option("--organisation")] = None,
    forum: Annotated[list[str] | None, typer.Option("--forum")] = None,
    meeting: Annotated[list[str] | None, typer.Option("--meeting")] = None,
) -> None:
    scope = _scope(organisation, forum, meeting)
    body = {"roles": [one.value for one in role], **(scope if any(scope.values()) else {})}
    changed = api("PATCH", f"/accounts/{part(account)}", body)
    print(told("account_changed", name=changed["name"]))


def invite(account: str, as_json: AsJson = False) -> None:
    _invited(api("POST", f"/accounts/{part(account)}/invite"), as_json)


def disable(account: str, enable: Annotated[bool, typer.Option("--enable")] = False) -> None:
    act = "enable" if enable else "disable"
    changed = api("POST", f"/accounts/{part(account)}/{act}")
    print(told("account_changed", name=changed["name"]))


def remove(account: str) -> None:
    api("DELETE", f"/accounts/{part(account)}")


def break_glass(name: str, shown: Annotated[str | None, typer.Option()] = None, as_json: AsJson = False) -> None:
    every = [AccessRole.KEEPER, AccessRole.COORDINATOR]
    body = {"name": name, "shown": shown, "roles": [one.value for one in every], "break_glass": True}
    _invited(api("POST", "/accounts", body), as_json)


def _scope(
    organisation: list[str] | None, forum: list[str] | None, meeting: list[str] | None
) -> dict[str, list[str] | None]:
    return {"organisations": organisation or None, "forums": forum or None, "meetings": meeting or None}


def _invited(made: Any, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        print(told("account_invited", name=made["account"]["name"]))
        print(made["address"])
