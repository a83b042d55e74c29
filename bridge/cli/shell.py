"""Help, usage and faults of what was typed, in the catalogue's words: Typer's own are English.

The words of a command are the entry of its path in the section `help`. Those of an option or argument are the entry of
path and name, or of the name alone. A parameter may have none: its name says it.
"""

from collections.abc import Iterator
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from bridge.cli.answers import Failure, language, told
from bridge.domain.kernel.language import Language
from bridge.words import section, word

ROOT: Final = "samband"
"""The path of the command itself."""
MISUSED: Final = 2
"""The status of a command that was typed wrongly."""


class Misuse(Failure):
    """The words that were typed are no command; told before the command ends with status 2."""


def help_of(path: str, language: Language) -> str:
    """The words of a command or a group."""
    return word(language, "help", path or ROOT)


def help_of_parameter(path: str, name: str, language: Language) -> str:
    """The words of an option (`--json`) or an argument; nothing where it needs none."""
    texts = section(language, "help")
    return texts.get(f"{path} {name}", texts.get(name, ""))


class Command(TyperCommand):
    """A command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _write(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _Worded(ctx):
            return super().parse_args(ctx, args)


class Group(TyperGroup):
    """A group of commands, or all of them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _write(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args:
            typer.echo(ctx.get_help())
            raise typer.Exit(MISUSED)
        with _Worded(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None:
            raise Misuse(_with_the_way(told("no_command", name=args[0]), ctx))
        return super().resolve_command(ctx, args)


class _Worded:
    """Typer's errors in our words. Their kinds have no public names, so they are known by what they carry."""

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, typer.TyperException):
            raise Misuse(_with_the_way(_misuse(error), self._ctx)) from None


def _misuse(error: typer.TyperException) -> str:
    named = getattr(error, "param", None)
    match type(error).__name__:
        case "NoSuchOption":
            return told("no_option", name=str(getattr(error, "option_name", "")))
        case "BadOptionUsage":
            return told("no_value", name=str(getattr(error, "option_name", "")))
        case "MissingParameter" if named is not None:
            return told("missing", name=_name(named, language()))
        case "BadParameter" if named is not None:
            return told("bad_value", name=_name(named, language()))
        case _:
            return told("not_understood")


def _with_the_way(fault: str, ctx: Any) -> str:
    return f"{fault}\n{told('see_help', command=ctx.command_path)}"


def path_of(ctx: Any) -> str:
    """`radio patch`; empty for the whole."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, str(ctx.info_name))
        ctx = ctx.parent
    return " ".join(names)


def _write(command: Any, ctx: Any, formatter: Any) -> None:
    path, spoken = path_of(ctx), language()
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    inside = getattr(command, "commands", {})
    options_here = told("usage_options")
    pieces = [f"[{options_here}]", *(_usage(one, spoken) for one in arguments)]
    pieces += [told("usage_command")] if inside else []
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{told('usage')} ")
    for paragraph in help_of(path, spoken).split("\n\n"):
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(paragraph)
    rows = [(_name(one, spoken), _meaning(path, one, spoken)) for one in arguments]
    _section(formatter, told("arguments"), [row for row in rows if row[1]])
    rows = [(" / ".join(_forms(one)), _meaning(path, one, spoken)) for one in options]
    _section(formatter, told("options"), [*rows, ("--help", told("show_help"))])
    commands = [(name, help_of(f"{path} {name}".strip(), spoken).split("\n\n")[0]) for name in inside]
    _section(formatter, told("commands"), commands)


def _section(formatter: Any, head: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(head.removesuffix(":")):
            formatter.write_dl(rows)


def _name(parameter: Any, language: Language) -> str:
    if parameter.param_type_name == "option":
        return str(parameter.opts[0])
    return word(language, "argument", parameter.name).upper()


def _usage(argument: Any, language: Language) -> str:
    name = _name(argument, language)
    return name if argument.required else f"[{name}]"


def _forms(option: Any) -> Iterator[str]:
    """`--lease-s <number>`; `--notice` and `--no-notice`."""
    kind = "" if option.is_flag else f" <{told('number') if _is_number(option) else told('text')}>"
    yield f"{option.opts[0]}{kind}"
    yield from option.secondary_opts


def _is_number(option: Any) -> bool:
    return option.type_descriptor.annotation in (int, float)


def _range(option: Any) -> str:
    """`0.1…100`, `10…`; nothing where every value will do."""
    bounds = ["" if one is None else f"{one:g}" for one in (option.min, option.max)]
    return "…".join(bounds) if any(bounds) else ""


def _meaning(path: str, parameter: Any, language: Language) -> str:
    name = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name
    text = help_of_parameter(path, name, language)
    if parameter.param_type_name == "argument" or parameter.is_flag:
        return text
    more = [_range(parameter)] if _range(parameter) else []
    if parameter.default is not None and not callable(parameter.default) and parameter.default != "":
        value = parameter.default
        more.append(told("default", value=f"{value:g}" if isinstance(value, float) else str(value)))
    return f"{text} ({', '.join(more)})".strip() if more else text
