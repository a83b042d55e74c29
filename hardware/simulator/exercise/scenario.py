"""A scenario: what happens in an exercise, step by step, and what must come of it. Read from a TOML file.

Steps are done one after the other. `after_s` is a pause before a step, which a higher speed makes shorter. Some things
take their time by nature (a telephone that rings, somebody who speaks). They take as long at every speed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from bridge.domain.kernel.reasons import Reason, Unusable
from hardware.simulator.located import Located, fault_of
from hardware.simulator.reasons import ScenarioReason
from hardware.simulator.telephones.manners import Manner, checked, e164

SHIPPED: Final = Path(__file__).parents[1] / "scenarios"

MOST_FAULTS: Final = 100
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Subscriber = Annotated[int, msgspec.Meta(ge=1, le=16_777_215)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class _Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    after_s: Seconds = 0.0
    """Pause before it."""


class Open(_Step, frozen=True, kw_only=True, tag="open"):
    """Open the conference; every other step is about it."""

    recorded: bool = True


class Patch(_Step, frozen=True, kw_only=True, tag="patch"):
    """Tie a talkgroup to the conference."""

    gssi: Subscriber
    within_s: Seconds = 20.0


class CallIn(_Step, frozen=True, kw_only=True, tag="call_in"):
    """Call a list in (*inkallning*)."""

    list: Name
    ring_s: Annotated[float, msgspec.Meta(ge=5, le=120)] | None = None
    rounds: Annotated[int, msgspec.Meta(ge=1, le=10)] | None = None


class Radio(_Step, frozen=True, kw_only=True, tag="radio"):
    """A radio user presses, speaks and releases."""

    issi: Subscriber
    gssi: Subscriber
    says: Text
    emergency: bool = False


class RadioText(_Step, frozen=True, kw_only=True, tag="radio_text"):
    """A radio user sends a text to Samband's terminal."""

    issi: Subscriber
    to: Subscriber
    text: Text


class DialIn(_Step, frozen=True, kw_only=True, tag="dial_in"):
    """A telephone rings the conference and keys its code."""

    number: Name
    host: bool = False
    """With the host's code."""
    within_s: Seconds = 30.0


class Keys(_Step, frozen=True, kw_only=True, tag="keys"):
    """A telephone presses keys."""

    number: Name
    keys: Annotated[str, msgspec.Meta(pattern="^[0-9*#]{1,20}$")]


class Say(_Step, frozen=True, kw_only=True, tag="say"):
    """A telephone says something, heard if the floor lets it."""

    number: Name
    text: Text


class HangUp(_Step, frozen=True, kw_only=True, tag="hang_up"):
    """A telephone hangs up."""

    number: Name


class Floor(_Step, frozen=True, kw_only=True, tag="floor"):
    """Change how the floor is led."""

    mode: Literal["open", "lecture", "queue"]


class Round(_Step, frozen=True, kw_only=True, tag="round"):
    """The word goes round: to everybody present on a telephone, or through the queue until nobody waits."""

    among: Literal["present", "queue"] = "present"
    longest_s: Seconds = 60.0
    """Nobody keeps the floor longer."""
    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    """So many get it at most."""


class Expect(_Step, frozen=True, kw_only=True, tag="expect"):
    """A condition that must hold within some time. The play goes on when it does, or when the time is over."""

    what: Literal[
        "ready", "joined", "answered", "settled", "present", "queue", "spoke", "transmissions", "recordings", "target"
    ]
    at_least: Count | None = None
    at_most: Count | None = None
    organisation: str = ""
    """With `target`: whose."""
    state: str = ""
    """With `target`: its state on the board."""
    within_s: Seconds = 10.0


class Pause(_Step, frozen=True, kw_only=True, tag="pause"):
    """Nothing but the pause."""


class End(_Step, frozen=True, kw_only=True, tag="end"):
    """End the conference for everybody."""

    within_s: Seconds = 30.0


Step = Open | Patch | CallIn | Radio | RadioText | DialIn | Keys | Say | HangUp | Floor | Round | Expect | Pause | End


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole exercise."""

    name: Name
    """The conference's name too."""
    about: str = ""
    forum: Name | None = None
    """The forum whose defaults the conference has."""
    telephone: tuple[Manner, ...] = ()
    """Telephones that behave otherwise than usual while this is played."""
    step: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1)]


def read_scenario(path: Path) -> Scenario:
    """
    Raises:
        Unusable: The reason names file, line, field and remedy.
    """
    located = Located.read(path)
    scenario = located.into(Scenario)
    checked(located, scenario.telephone, alone=False)
    _opened_first(located, scenario)
    for index, step in enumerate(scenario.step):
        if isinstance(step, Expect):
            _complete(located, index, step)
        elif isinstance(step, DialIn | Keys | Say | HangUp):
            _has_a_number(located, index, step.number)
    return scenario


def faults_of(path: Path) -> list[Reason]:
    """Every fault of the file, in order of its lines where they are known; at most `MOST_FAULTS`. A step that cannot be
    read hides its own faults alone."""
    try:
        located = Located.read(path)
    except Unusable as error:
        return [error.reason]
    faults = _unreadable(located)
    if not faults:
        try:
            read_scenario(path)
        except Unusable as error:
            faults = [error.reason]
    return sorted(faults, key=lambda one: int(str(dict(one.data).get("line") or 0)))[:MOST_FAULTS]


def _unreadable(located: Located) -> list[Reason]:
    """Of each table for itself: the file's own members, then each telephone and each step."""
    tables = {name: located.values.get(name) for name in ("telephone", "step")}
    own = {name: value for name, value in located.values.items() if name not in tables}
    parts: list[dict[str, object]] = [{**own, "step": [{"do": "open"}]}]
    if not tables["step"]:
        parts = [{**own, **{name: value for name, value in tables.items() if value is not None}}]
    found = [fault for part in parts if (fault := _fault_of(located, part, {})) is not None]
    for name, rows in tables.items():
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            part: dict[str, object] = {"name": "–", "step": [{"do": "open"}], name: [row]}
            if (fault := _fault_of(located, part, {name: index})) is not None:
                found.append(fault)
    return found


def _fault_of(located: Located, values: Mapping[str, object], at: Mapping[str, int]) -> Reason | None:
    """The first fault of these values; `at`: the place in the file of the only row of a table."""
    try:
        msgspec.convert(values, Scenario)
    except msgspec.ValidationError as error:
        names, numbers, field, reason = fault_of(values, error)
        table = names[0] if numbers else ""
        return located.fault(table, at.get(table, numbers[0] if numbers else 0), field, reason).reason
    return None


def _opened_first(located: Located, scenario: Scenario) -> None:
    opened = False
    for index, step in enumerate(scenario.step):
        if isinstance(step, Open) and opened:
            raise located.fault("step", index, "do", ScenarioReason.OPEN_TWICE())
        opened = opened or isinstance(step, Open)
        if not opened and not isinstance(step, Pause | Expect):
            raise located.fault("step", index, "do", ScenarioReason.NOT_OPEN_YET())


def _complete(located: Located, index: int, step: Expect) -> None:
    if step.what == "target":
        if not step.organisation or not step.state:
            raise located.fault("step", index, "what", ScenarioReason.TARGET_LACKS())
    elif step.what != "ready" and step.at_least is None and step.at_most is None:
        raise located.fault("step", index, "what", ScenarioReason.BOUND_LACKS())


def _has_a_number(located: Located, index: int, number: str) -> None:
    try:
        e164(number)
    except Unusable as error:
        raise located.fault("step", index, "number", error.reason) from error


def find_scenario(given: str) -> Path:
    """The file of that name, or the shipped scenario of that name.

    Raises:
        Unusable: There is neither.
    """
    path = Path(given)
    if path.is_file():
        return path
    shipped = SHIPPED / path.with_suffix(".toml").name
    if len(path.parts) == 1 and shipped.is_file():
        return shipped
    known = ", ".join(one.name for one in sorted(SHIPPED.glob("*.toml")))
    raise Unusable(ScenarioReason.NOT_FOUND(given=given, known=known))
