"""The region's own data: organisations, functions, persons, activation lists, forums and talkgroups.

Six resources of one shape. Each can be listed, created, read, replaced, changed in some members, and deleted. A client
may give a new one its id; else we do. A resource may refer only to resources that exist, and one that is referred to
cannot be deleted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from bridge.api.dependencies import TheService
from bridge.api.resource import resource as router_of
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Name, Number, Output, Subscriber, when
from bridge.domain.callout.records import AnswerLevel
from bridge.domain.conference.records import EntrySound, ForumLevel
from bridge.domain.directory.records import (
    ActivationList,
    DirectoryEntry,
    Forum,
    Function,
    Organisation,
    PatchRule,
    Person,
    Talkgroup,
)
from bridge.domain.directory.versions import VERSIONED, Changed, Version, Versioned, changes_of
from bridge.domain.evaluation.records import MOST_QUESTIONS
from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.week import Weekday
from bridge.domain.radio.records import Keying, Precedence
from bridge.domain.telephony.hours import MOST_HOURS, Hours, NumberKind, NumberUse
from bridge.service.directory import DirectoryUpkeep, fresh_key, key_field, key_of

VersionInPath = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of the version.")]
KeyInPath = Annotated[str, Path(max_length=64, description="Its id; a talkgroup's GSSI.")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$")]
LeaseS = Annotated[float, Field(ge=10, le=30 * 86_400)]
IdleS = Annotated[float, Field(ge=10, le=7 * 86_400)]


class OrganisationIn(Input):
    """A member of the collaboration (*aktör*)."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    name: Name
    """As it is shown."""
    email: Email | None = None
    """Where its contact data is kept: links for the upkeep are sent there."""


class HoursIn(Input):
    """One stretch of local time (Europe/Stockholm) in which a number is tried."""

    weekdays: list[Weekday] = Field(default_factory=list, max_length=7)
    """On which it begins: `MO` to `SU`. None named: on every day."""
    begins: Annotated[str, StringConstraints(max_length=5)]
    """`HH:MM`."""
    ends: Annotated[str, StringConstraints(max_length=5)]
    """`HH:MM`, or `24:00`. Earlier than `begins`: on the next day."""


class NumberUseIn(Input):
    """How one of the numbers is used."""

    number: Number
    """One of `numbers`."""
    kind: NumberKind = NumberKind.OTHER
    """`mobile`, `fixed`, `satellite` or `other`."""
    hours: list[HoursIn] = Field(default_factory=list, max_length=MOST_HOURS)
    """When it is tried; none named: always. Outside them it is passed over, unless no number is in its hours."""


class FunctionIn(Input):
    """A duty role (*funktion*) that is called, never a person."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    organisation_id: Key
    """The organisation that it belongs to; must exist."""
    name: Name
    """As it is shown, such as `TiB`."""
    numbers: list[Number] = Field(default_factory=list, max_length=10)
    """In the order they are tried; written as in Sweden or E.164, kept as E.164."""
    number_uses: list[NumberUseIn] = Field(default_factory=list, max_length=10)
    """The kind and hours of those numbers of which there is something to say."""
    issis: list[Subscriber] = Field(default_factory=list, max_length=20)
    """Its radios, 1…16777215 each; texts go to the first."""
    language: Language = Language.SV
    """`sv` or `en`: in which it is spoken to."""
    email: Email | None = None
    """Invitations and messages go there."""
    radio_orders: bool = Field(
        default=False, description="From its ISSIs activations are started and meetings steered by coded short data."
    )
    phone_orders: bool = False
    """It may start call-outs by telephone, with a code of its own (`POST /functions/{key}/order-code`)."""
    deputy_ids: list[Key] = Field(default_factory=list, max_length=10)
    """Functions that are called in its place when it is missing at a roll call, in order; each must exist."""


class PersonIn(Input):
    """Somebody who holds the duty of functions of their organisation by turns. Only what is needed to reach them."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    organisation_id: Key
    """The organisation that they belong to; must exist."""
    name: Name
    """As the board and the report of a call-out show it."""
    numbers: list[Number] = Field(default_factory=list, max_length=10)
    """In the order they are tried, before the numbers of the function."""
    number_uses: list[NumberUseIn] = Field(default_factory=list, max_length=10)
    """The kind and hours of those numbers of which there is something to say."""
    email: Email | None = None
    """For messages beside the calls, where the function has no address of its own."""


class ActivationListIn(Input):
    """The functions that a call-out calls (*inkallningslista*)."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    name: Name
    """As it is shown."""
    function_ids: list[Key] = Field(default_factory=list, max_length=2000)
    """In the order of calling; each must exist, and stands once."""
    ring_s: float = Field(default=30.0, ge=5, le=120)
    """Time in seconds that each number rings."""
    rounds: int = Field(default=3, ge=1, le=10)
    """Number of times that all numbers of a function are tried."""
    round_pause_s: float = Field(default=90.0, ge=0, le=3600)
    """Seconds between two rounds."""
    parallel: bool = False
    """All numbers of a function are called at the same time, and not in order. The first key stops the others."""
    level: AnswerLevel | None = None
    """By when its functions shall have come: `direct`, `60_min` or `2_h` after the start of the call-out."""
    quorum: int | None = Field(default=None, ge=1, le=2000)
    """So many functions shall have come by then; all where it is not given."""
    stops_at_quorum: bool = False
    """With its quorum nobody more is called."""
    phone_number: int | None = Field(default=None, ge=1, le=999)
    """The number that starts it from a telephone; no other list may have it. None: no number does."""


class ForumIn(Input):
    """A standing group with its list, talkgroup and defaults."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    name: Name
    """As it is shown."""
    level: ForumLevel = ForumLevel.COORDINATING
    """`inriktande`, `samordnande` or `verkställande`."""
    activation_list_id: Key | None = None
    """The list it calls in; must exist. A call-out of the list opens its conference with this forum's defaults."""
    talkgroup: Subscriber | None = None
    """The GSSI of its talkgroup, which must be in the directory."""
    recorded: bool = True
    """Its conferences are recorded unless said otherwise."""
    language: Language = Language.SV
    """`sv` or `en`: of its conferences."""
    host_function_ids: list[Key] = Field(default_factory=list, max_length=50)
    """Functions that become host without a host code when they are called in, in order of rank. The first is a host
    at once. The others become host while there is none, and lead on when the host is gone."""
    quorum: int | None = Field(default=None, ge=1, le=2000)
    """So many of its functions must be there at a roll call. None: all, unless `quorum_function_ids` names some."""
    informed_function_ids: list[Key] = Field(default_factory=list, max_length=200)
    """Functions that chose to be told of its call-outs and meetings by e-mail and SMS; each must exist."""
    evaluation_questions: list[Name] = Field(default_factory=list, max_length=MOST_QUESTIONS)
    """Those who took part are mailed these when a conference has ended, to be rated 1 to 5. None: nobody is asked."""
    quorum_function_ids: list[Key] = Field(default_factory=list, max_length=200)
    """Functions that must be there at a roll call; each must exist."""
    entry_sound: EntrySound = EntrySound.NONE
    """The sound of its conferences when somebody comes or goes: `none`, `tone` or `name`."""
    asks_name: bool = False
    """Callers of its conferences who are known by no code of their own say their name at the door."""
    calls_back_in: bool = False
    """A person who rings back after a call of a call-out to its conferences comes in by pressing 1. Else they key a
    code, since a caller's number is easily forged. Where secrecy applies they always key one."""


class TalkgroupIn(Input):
    """A talkgroup (*talgrupp*) and the rules for patching it."""

    gssi: Subscriber
    """Its identity, 1…16777215. Never changed."""
    name: Name
    """As it is shown and spoken of."""
    terminals: list[Name] = Field(
        default_factory=list, max_length=50, description="The terminals that may be set to it; none named: any."
    )
    rule: PatchRule = Field(
        default=PatchRule.FREE,
        description="The rule for patching it: `free`, `approval` (a second person must approve), or `forbidden`.",
    )
    keying: Keying = Field(
        default=Keying.VOICE,
        description="The opener of the way to the air: anybody's `voice`, the `floor`'s holder, or a `key` (`*0`).",
    )
    precedence: Precedence = Field(
        default=Precedence.RADIO, description="The side that goes first when both talk; an emergency always does."
    )
    lease_s: LeaseS | None = Field(default=None, description="A patch ends after this unless extended; null: no end.")
    idle_s: IdleS | None = Field(default=None, description="A patch ends when unused for so long; null: never.")
    notice: bool = Field(default=True, description="The talkgroup is told in words when a patch begins and ends.")
    spoken_end: bool = Field(default=False, description="Each turn from the meeting ends with a spoken KOM.")


@dataclass(frozen=True)
class Resource:
    """The name of one kind of entry, and the way it is read in."""

    path: str
    noun: str
    kind: type[DirectoryEntry]
    model: type[BaseModel]
    make: Callable[[dict[str, Any]], DirectoryEntry]

    @property
    def key(self) -> str:
        """The member that holds its id."""
        return key_field(self.kind)


def _make_function(values: dict[str, Any]) -> Function:
    several = {name: tuple(values[name]) for name in ("numbers", "deputy_ids")}
    issis = tuple(Issi(issi) for issi in values["issis"])
    return Function(**{**values, **several, "issis": issis, "number_uses": uses_in(values["number_uses"])})


def _make_person(values: dict[str, Any]) -> Person:
    return Person(**{**values, "numbers": tuple(values["numbers"]), "number_uses": uses_in(values["number_uses"])})


def uses_in(values: Iterable[Mapping[str, Any]]) -> tuple[NumberUse, ...]:
    return tuple(
        NumberUse(
            one["number"],
            one["kind"],
            tuple(Hours(tuple(each["weekdays"]), each["begins"], each["ends"]) for each in one["hours"]),
        )
        for one in values
    )


def _make_list(values: dict[str, Any]) -> ActivationList:
    return ActivationList(**{**values, "function_ids": tuple(values["function_ids"])})


def _make_forum(values: dict[str, Any]) -> Forum:
    several = {
        name: tuple(values[name]) for name in ("host_function_ids", "quorum_function_ids", "informed_function_ids")
    }
    several["evaluation_questions"] = tuple(values["evaluation_questions"])
    return Forum(**{**values, **several})


def _make_talkgroup(values: dict[str, Any]) -> Talkgroup:
    terminals = tuple(TerminalName(name) for name in values["terminals"])
    return Talkgroup(**{**values, "gssi": Gssi(values["gssi"]), "terminals": terminals})


def entry_out(entry: DirectoryEntry) -> dict[str, Any]:
    shown = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(entry).items()}
    if isinstance(entry, Function | Person):
        shown["number_uses"] = uses_out(entry.number_uses)
    return shown


def uses_out(uses: Iterable[NumberUse]) -> list[dict[str, Any]]:
    return [
        {
            "number": one.number,
            "kind": one.kind,
            "hours": [
                {"weekdays": list(each.weekdays), "begins": each.begins, "ends": each.ends} for each in one.hours
            ],
        }
        for one in uses
    ]


class Entries:
    """The requests about one resource, as wishes of the directory's upkeep."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    async def create(self, upkeep: DirectoryUpkeep, asker: Principal, values: dict[str, Any]) -> DirectoryEntry:
        key = self.resource.key
        if values[key] is None:
            values[key] = fresh_key(self.resource.kind)
        return await upkeep.create(asker, self.resource.make(values))

    async def replace(
        self, upkeep: DirectoryUpkeep, asker: Principal, key: str, values: dict[str, Any]
    ) -> DirectoryEntry:
        """The id stands in the path; a different one in the body is a mistake, never a renaming."""
        present = await upkeep.to_change(asker, self.resource.kind, key)
        if values[self.resource.key] is None:
            values[self.resource.key] = asdict(present)[self.resource.key]
        return await upkeep.replace(asker, key, self.resource.make(values))

    async def change(
        self, upkeep: DirectoryUpkeep, asker: Principal, key: str, members: dict[str, Any]
    ) -> DirectoryEntry:
        """As a merge patch (RFC 7396) of flat members: those that are given replace the present ones. A number that
        goes takes its use along."""
        present = entry_out(await upkeep.to_change(asker, self.resource.kind, key))
        try:
            merged = self.resource.model.model_validate({**present, **members})
        except ValidationError as error:
            located = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
            raise RequestValidationError(located) from error
        values = merged.model_dump()
        if "number_uses" in values and "number_uses" not in members:
            values["number_uses"] = [one for one in values["number_uses"] if one["number"] in values["numbers"]]
        return await self.replace(upkeep, asker, key, values)


def crud(resource: Resource) -> APIRouter:
    """The six endpoints of one resource."""
    router = router_of(f"/{resource.path}", resource.path)
    entries = Entries(resource)
    versioned: type[Versioned] = Organisation if resource.kind is Organisation else Function

    async def list_all(service: TheService, asker: Asker) -> list[dict[str, Any]]:
        return [entry_out(entry) for entry in await service.directory.find(asker, resource.kind)]

    async def create(body: BaseModel, service: TheService, asker: Asker, response: Response) -> dict[str, Any]:
        made = await entries.create(service.directory, asker, body.model_dump())
        response.headers["Location"] = f"/api/v1/{resource.path}/{key_of(made)}"
        return entry_out(made)

    async def read(key: KeyInPath, service: TheService, asker: Asker) -> dict[str, Any]:
        return entry_out(await service.directory.read(asker, resource.kind, key))

    async def replace(key: KeyInPath, body: BaseModel, service: TheService, asker: Asker) -> dict[str, Any]:
        return entry_out(await entries.replace(service.directory, asker, key, body.model_dump()))

    async def change(
        key: KeyInPath, body: Annotated[dict[str, Any], Body()], service: TheService, asker: Asker
    ) -> dict[str, Any]:
        return entry_out(await entries.change(service.directory, asker, key, body))

    async def delete(key: KeyInPath, service: TheService, asker: Asker) -> None:
        await service.directory.delete(asker, resource.kind, key)

    async def versions(key: KeyInPath, service: TheService, asker: Asker) -> list[VersionOut]:
        return [version_out(one) for one in await service.directory.versions(asker, versioned, key)]

    async def undo(key: KeyInPath, number: VersionInPath, service: TheService, asker: Asker) -> dict[str, Any]:
        return entry_out(await service.directory.undo(asker, versioned, key, number))

    # The body's model differs by resource, and FastAPI reads it from the annotation.
    create.__annotations__["body"] = resource.model
    replace.__annotations__["body"] = resource.model
    noun, plural = resource.noun, resource.path.replace("-", " ")
    router.add_api_route("", list_all, methods=["GET"], description=f"All {plural}, in order of name.")
    made = f"Make one {noun}. What it refers to must exist; an id that is taken gives `conflict`."
    router.add_api_route("", create, methods=["POST"], status_code=201, description=made)
    router.add_api_route("/{key}", read, methods=["GET"], description=f"One {noun}.")
    replaced = f"Replace all of the {noun}; what is left out gets its default. Its id stays."
    router.add_api_route("/{key}", replace, methods=["PUT"], description=replaced)
    changed = f"Change the members of the {noun} that are given (RFC 7396); the others stay."
    router.add_api_route("/{key}", change, methods=["PATCH"], description=changed)
    deleted = f"Delete the {noun}; one that something refers to gives `conflict`."
    router.add_api_route("/{key}", delete, methods=["DELETE"], status_code=204, description=deleted)
    if resource.kind in VERSIONED.values():
        told = f"The latest changes of the {noun}, the newest first: who, when, before and after. Of a removed one too."
        router.add_api_route("/{key}/versions", versions, methods=["GET"], description=told)
        back = f"Restore the {noun} as it was before this version, as a new version."
        router.add_api_route("/{key}/versions/{number}/undo", undo, methods=["POST"], description=back)
    return router


class ChangedOut(Output):
    """One member that was changed."""

    member: str
    """Its name, as in the entry."""
    before: Any
    """Its value before; null: none, or there was no entry."""
    after: Any
    """Its value after; null: none, or the entry was removed."""


class VersionOut(Output):
    """One change of an entry."""

    number: int
    """Of this entry, from 1."""
    at: str | None
    """When it was done (RFC 3339, UTC)."""
    by: str
    """The name of the one who did it."""
    made: bool
    """It was made by this."""
    removed: bool
    """It was removed by this."""
    changes: list[ChangedOut]
    """The members that differ."""


def version_out(version: Version) -> VersionOut:
    return VersionOut(
        number=version.number,
        at=when(version.at_s),
        by=version.by,
        made=version.before is None,
        removed=version.after is None,
        changes=[
            ChangedOut(member=one.member, before=_value_out(one, one.before), after=_value_out(one, one.after))
            for one in changes_of(version)
        ],
    )


def _value_out(changed: Changed, value: Any) -> Any:
    if changed.member == "number_uses" and value is not None:
        return uses_out(value)
    return list(value) if isinstance(value, tuple) else value


ROUTERS = (
    crud(
        Resource("organisations", "organisation", Organisation, OrganisationIn, lambda values: Organisation(**values))
    ),
    crud(Resource("functions", "function", Function, FunctionIn, _make_function)),
    crud(Resource("persons", "person", Person, PersonIn, _make_person)),
    crud(Resource("activation-lists", "activation list", ActivationList, ActivationListIn, _make_list)),
    crud(Resource("forums", "forum", Forum, ForumIn, _make_forum)),
    crud(Resource("talkgroups", "talkgroup", Talkgroup, TalkgroupIn, _make_talkgroup)),
)
