"""The region's own data: organisations, functions, activation lists, forums and talkgroups.

Five resources of one shape: list, create (with the client's id or one of ours), read, replace, change some members,
delete. What a resource refers to must exist, and what is referred to cannot be deleted.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import APIRouter, Body, Path, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bridge.api.parts import Parts, TheParts
from bridge.api.problems import Problem
from bridge.api.security import Actor
from bridge.api.text import Key, Name, Number, Subscriber
from bridge.domain.directory import (
    ActivationList,
    DirectoryEntry,
    Forum,
    ForumLevel,
    Function,
    Organisation,
    PatchRule,
    Talkgroup,
)
from bridge.domain.ids import Gssi, Issi, TerminalName
from bridge.domain.model import Keying, Language, Precedence

E = TypeVar("E", bound=DirectoryEntry)
KeyInPath = Annotated[str, Path(max_length=64, description="Its id; a talkgroup's GSSI.")]
LeaseS = Annotated[float, Field(ge=10, le=30 * 86_400)]
IdleS = Annotated[float, Field(ge=10, le=7 * 86_400)]


class Input(BaseModel):
    """Everything that comes from outside: no unknown members."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class OrganisationIn(Input):
    """A member of the collaboration (*aktör*)."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    name: Name
    """As it is shown."""


class FunctionIn(Input):
    """A duty role (*funktion*) that is called, never a person."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    organisation_id: Key
    """Whose it is; must exist."""
    name: Name
    """As it is shown, such as `TiB`."""
    numbers: list[Number] = Field(default_factory=list, max_length=10)
    """In the order they are tried; written as in Sweden or E.164, kept as E.164."""
    issis: list[Subscriber] = Field(default_factory=list, max_length=20)
    """Its radios, 1…16777215 each; texts go to the first."""
    language: Language = Language.SV
    """`sv` or `en`: in which it is spoken to."""
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$")] | None = None
    """Kept for invitations and notices; none are sent yet."""
    radio_orders: bool = Field(
        default=False, description="From its ISSIs activations are started and meetings steered by coded short data."
    )


class ActivationListIn(Input):
    """The functions that a call-out calls (*inkallningslista*)."""

    id: Key | None = None
    """The client's own; one is made where none is given. Never changed."""
    name: Name
    """As it is shown."""
    function_ids: list[Key] = Field(default_factory=list, max_length=2000)
    """In the order of calling; each must exist, and stands once."""
    ring_s: float = Field(default=30.0, ge=5, le=120)
    """How long each number rings, in seconds."""
    rounds: int = Field(default=3, ge=1, le=10)
    """How often all numbers of a function are tried."""
    round_pause_s: float = Field(default=90.0, ge=0, le=3600)
    """Seconds between two rounds."""


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


class TalkgroupIn(Input):
    """A talkgroup (*talgrupp*) and the rules for patching it."""

    gssi: Subscriber
    """Its identity, 1…16777215. Never changed."""
    name: Name
    """As it is shown and spoken of."""
    terminals: list[Name] = Field(
        default_factory=list, max_length=50, description="Those that may be set to it; none named: any."
    )
    rule: PatchRule = Field(
        default=PatchRule.FREE,
        description="Whether it may be patched: `free`, `approval` (when a second person approves), or `forbidden`.",
    )
    keying: Keying = Field(
        default=Keying.VOICE,
        description="What opens the way to the air: anybody's `voice`, the `floor`'s holder, or a `key` (`*0`).",
    )
    precedence: Precedence = Field(
        default=Precedence.RADIO, description="Who goes first when both talk; an emergency always does."
    )
    lease_s: LeaseS | None = Field(default=None, description="A patch ends after this unless extended; null: no end.")
    idle_s: IdleS | None = Field(default=None, description="A patch ends when unused for so long; null: never.")
    notice: bool = Field(default=True, description="The talkgroup is told in words when a patch begins and ends.")
    spoken_end: bool = Field(default=False, description="Each turn from the meeting ends with a spoken KOM.")


@dataclass(frozen=True)
class Resource(Generic[E]):
    """How one kind of entry is named, read in and tied to the others."""

    path: str
    noun: str
    kind: type[E]
    key: str
    model: type[BaseModel]
    make: Callable[[dict[str, Any]], E]
    check: Callable[[Parts, E], Awaitable[None]]
    used_by: Callable[[Parts, str], Awaitable[str | None]]


async def _exists(parts: Parts, kind: type[Any], key: str | None, field: str, noun: str) -> None:
    if key is not None and await parts.directory.get(kind, key) is None:
        raise Problem.invalid(field, f"there is no {noun} {key}", f"create the {noun} first")


async def _no_references(parts: Parts, entry: object) -> None:
    return None


async def _check_function(parts: Parts, entry: Function) -> None:
    await _exists(parts, Organisation, entry.organisation_id, "organisation_id", "organisation")


async def _check_list(parts: Parts, entry: ActivationList) -> None:
    known = {function.id for function in await parts.directory.list(Function)}
    for index, key in enumerate(entry.function_ids):
        if key not in known:
            raise Problem.invalid(f"function_ids[{index}]", f"there is no function {key}", "create the function first")
        if key in entry.function_ids[:index]:
            raise Problem.invalid(f"function_ids[{index}]", f"the function {key} is in the list already")


async def _check_forum(parts: Parts, entry: Forum) -> None:
    await _exists(parts, ActivationList, entry.activation_list_id, "activation_list_id", "activation list")
    talkgroup = str(entry.talkgroup) if entry.talkgroup is not None else None
    await _exists(parts, Talkgroup, talkgroup, "talkgroup", "talkgroup")


async def _organisation_used(parts: Parts, key: str) -> str | None:
    used = (one.name for one in await parts.directory.list(Function) if one.organisation_id == key)
    return next((f"the function {name}" for name in used), None)


async def _function_used(parts: Parts, key: str) -> str | None:
    used = (one.name for one in await parts.directory.list(ActivationList) if key in one.function_ids)
    return next((f"the activation list {name}" for name in used), None)


async def _list_used(parts: Parts, key: str) -> str | None:
    used = (one.name for one in await parts.directory.list(Forum) if one.activation_list_id == key)
    return next((f"the forum {name}" for name in used), None)


async def _talkgroup_used(parts: Parts, key: str) -> str | None:
    used = (one.name for one in await parts.directory.list(Forum) if str(one.talkgroup) == key)
    return next((f"the forum {name}" for name in used), None)


async def _unused(_parts: Parts, _key: str) -> str | None:
    return None


def _make_function(values: dict[str, Any]) -> Function:
    issis = tuple(Issi(issi) for issi in values.pop("issis"))
    return Function(**{**values, "numbers": tuple(values["numbers"])}, issis=issis)


def _make_list(values: dict[str, Any]) -> ActivationList:
    return ActivationList(**{**values, "function_ids": tuple(values["function_ids"])})


def _make_talkgroup(values: dict[str, Any]) -> Talkgroup:
    terminals = tuple(TerminalName(name) for name in values["terminals"])
    return Talkgroup(**{**values, "gssi": Gssi(values["gssi"]), "terminals": terminals})


def entry_out(entry: DirectoryEntry) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(entry).items()}


class Entries(Generic[E]):
    """What the endpoints of one resource do."""

    def __init__(self, resource: Resource[E]) -> None:
        self.resource = resource

    async def fetch(self, parts: Parts, key: str) -> E:
        entry = await parts.directory.get(self.resource.kind, key)
        if entry is None:
            raise Problem.not_found(self.resource.noun, key)
        return entry

    async def create(self, parts: Parts, actor: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        resource = self.resource
        if values[resource.key] is None:
            values[resource.key] = f"{resource.path[:4]}-{secrets.token_hex(6)}"
        key = str(values[resource.key])
        if await parts.directory.get(resource.kind, key) is not None:
            detail = f"there is a {resource.noun} {key} already"
            raise Problem(409, "conflict", detail, field=resource.key, remedy="change it with PUT or PATCH")
        return key, await self._save(parts, actor, values)

    async def replace(self, parts: Parts, actor: str, key: str, values: dict[str, Any]) -> dict[str, Any]:
        """The id stands in the path; a different one in the body is a mistake, never a renaming."""
        present = await self.fetch(parts, key)
        named = values[self.resource.key]
        if named is not None and str(named) != key:
            raise Problem.invalid(
                self.resource.key, "differs from the one in the address", "make a new one and delete this"
            )
        values[self.resource.key] = asdict(present)[self.resource.key]
        return await self._save(parts, actor, values)

    async def change(self, parts: Parts, actor: str, key: str, members: dict[str, Any]) -> dict[str, Any]:
        """As a merge patch (RFC 7396) of flat members: those that are given replace the present ones."""
        present = entry_out(await self.fetch(parts, key))
        try:
            merged = self.resource.model.model_validate({**present, **members})
        except ValidationError as error:
            located = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
            raise RequestValidationError(located) from error
        return await self.replace(parts, actor, key, merged.model_dump())

    async def delete(self, parts: Parts, actor: str, key: str) -> None:
        await self.fetch(parts, key)
        if (user := await self.resource.used_by(parts, key)) is not None:
            raise Problem(409, "conflict", f"{user} uses it", remedy="take it out there first")
        await parts.directory.delete(actor, cast("type[DirectoryEntry]", self.resource.kind), key)

    async def _save(self, parts: Parts, actor: str, values: dict[str, Any]) -> dict[str, Any]:
        entry = self.resource.make(values)
        await self.resource.check(parts, entry)
        await parts.directory.put(actor, entry)
        return entry_out(entry)


def crud(resource: Resource[E]) -> APIRouter:
    """The six endpoints of one resource."""
    router = APIRouter(prefix=f"/{resource.path}", tags=[resource.path])
    entries = Entries(resource)

    async def list_all(parts: TheParts) -> list[dict[str, Any]]:
        return [entry_out(entry) for entry in await parts.directory.list(resource.kind)]

    async def create(body: BaseModel, parts: TheParts, actor: Actor, response: Response) -> dict[str, Any]:
        key, made = await entries.create(parts, actor, body.model_dump())
        response.headers["Location"] = f"/api/v1/{resource.path}/{key}"
        return made

    async def read(key: KeyInPath, parts: TheParts) -> dict[str, Any]:
        return entry_out(await entries.fetch(parts, key))

    async def replace(key: KeyInPath, body: BaseModel, parts: TheParts, actor: Actor) -> dict[str, Any]:
        return await entries.replace(parts, actor, key, body.model_dump())

    async def change(
        key: KeyInPath, body: Annotated[dict[str, Any], Body()], parts: TheParts, actor: Actor
    ) -> dict[str, Any]:
        return await entries.change(parts, actor, key, body)

    async def delete(key: KeyInPath, parts: TheParts, actor: Actor) -> None:
        await entries.delete(parts, actor, key)

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
    return router


ROUTERS = (
    crud(
        Resource(
            "organisations",
            "organisation",
            Organisation,
            "id",
            OrganisationIn,
            lambda values: Organisation(**values),
            _no_references,
            _organisation_used,
        )
    ),
    crud(
        Resource("functions", "function", Function, "id", FunctionIn, _make_function, _check_function, _function_used)
    ),
    crud(
        Resource(
            "activation-lists",
            "activation list",
            ActivationList,
            "id",
            ActivationListIn,
            _make_list,
            _check_list,
            _list_used,
        )
    ),
    crud(Resource("forums", "forum", Forum, "id", ForumIn, lambda values: Forum(**values), _check_forum, _unused)),
    crud(
        Resource(
            "talkgroups", "talkgroup", Talkgroup, "gssi", TalkgroupIn, _make_talkgroup, _no_references, _talkgroup_used
        )
    ),
)
