"""The rota: the person who holds the duty of a function, and a table of it as a file."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, tags
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Instant, Key, Output, when
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, data_of
from bridge.exchange import Outcome
from bridge.exchange.rota import RotaPlan
from bridge.service.rota import Duty
from bridge.words import say, section, word

router = resource("/directory/rota", "directory")
MOST_BYTES: Final = 1_000_000
_TABLE: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The file, as it is.",
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("text/csv", "application/octet-stream")
        },
    }
}


class DutyIn(Input):
    """A person holds the duty of a function for a time."""

    function_id: Key
    """The function; must exist."""
    person_id: Key
    """A person of the function's organisation."""
    begins_at: Instant
    """From then on (RFC 3339, with its time zone)."""
    ends_at: Instant
    """Up to then (RFC 3339, with its time zone); at most 62 days later."""


class DutyOut(Output):
    """An entry of the rota."""

    id: str
    """Made by us."""
    function_id: str
    """The function."""
    function: str
    """Its name."""
    person_id: str
    """The person."""
    person: str
    """Their name."""
    begins_at: str
    """From then on (RFC 3339, UTC)."""
    ends_at: str
    """Up to then (RFC 3339, UTC)."""
    holds: bool
    """They are the one on duty now. Where entries overlap, the one that was entered last holds."""


class RotaToldOut(Output):
    """A guess, or a fault."""

    detail: str
    """One sentence for people, in the language asked for."""
    remedy: str | None
    """The remedy, in the language asked for."""
    reason: str
    """The same for programs: a stable code."""
    data: dict[str, Any]
    """The values that the sentence shows, by name."""


class RotaRowOut(Output):
    """The fate of one row."""

    line: int
    """The line of the file on which it begins, from 1."""
    outcome: Outcome
    """`new`, `same` or `refused`."""
    function: str
    """The function's name."""
    person: str
    """The person's name."""
    begins: str
    """As it stands in the file, in local time."""
    ends: str
    """As it stands in the file, in local time."""
    begins_at: str | None
    """The instant that it is read as (RFC 3339, UTC)."""
    ends_at: str | None
    """The instant that it is read as (RFC 3339, UTC)."""
    guesses: list[RotaToldOut]
    """Readings that the file does not say so, such as a time that comes twice."""
    faults: list[RotaToldOut]
    """Every reason why the row is refused."""


class RotaImportOut(Output):
    """A table, set against the directory as it is."""

    accepted: bool
    """Whether it is carried out; else nothing was written."""
    digest: str
    """Of file and directory: `accept` takes it."""
    rows_new: int
    """The number of rows that are entered."""
    rows_same: int
    """The number of rows that are entered already."""
    rows_refused: int
    """The number of rows with a fault."""
    rows: list[RotaRowOut]
    """Every row, in the file's order."""


@router.get("")
async def list_rota(
    service: TheService,
    asker: Asker,
    function: Annotated[str | None, Query(max_length=64, description="Of this function alone.")] = None,
) -> list[DutyOut]:
    """The entries that have not ended, in order of their begin."""
    return [duty_out(one) for one in await service.rota.find(asker, function=function)]


@router.post("", status_code=201)
async def enter(body: DutyIn, service: TheService, asker: Asker) -> DutyOut:
    """Enter a person. Where entries overlap, the one that was entered last holds."""
    begins_at_s, ends_at_s = body.begins_at.timestamp(), body.ends_at.timestamp()
    return duty_out(await service.rota.enter(asker, body.function_id, body.person_id, begins_at_s, ends_at_s))


@router.delete("/{key}", status_code=204)
async def strike(
    key: Annotated[str, Path(max_length=64, description="The entry's id.")], service: TheService, asker: Asker
) -> None:
    """Take an entry out. An earlier one that it covered holds again."""
    await service.rota.strike(asker, key)


@router.post("/import", max_body_size=MOST_BYTES, openapi_extra=_TABLE)
async def import_rota(
    request: Request,
    response: Response,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    accept: Annotated[
        str | None, Query(max_length=64, description="The digest of a preview: carry it out. Without it: a preview.")
    ] = None,
    partly: Annotated[bool, Query(description="Leave out rows that are refused. Else one refuses the whole.")] = False,
) -> RotaImportOut:
    """Set a table (CSV) of function, person, begin and end in local time against the directory. It has at most 1 MB and
    5 000 rows.

    Without `accept` nothing is written. With it all is written in one transaction, or nothing.
    """
    content = await request.body()
    if accept is None:
        planned = await service.rota.preview(asker, content)
    else:
        planned = await service.rota.accept(asker, content, digest=accept, partly=partly)
    response.headers.update(tags(language))
    return plan_out(planned, accept is not None, language)


def duty_out(one: Duty) -> DutyOut:
    return DutyOut(
        id=one.entry.id,
        function_id=one.function.id,
        function=one.function.name,
        person_id=one.person.id,
        person=one.person.name,
        begins_at=when(one.entry.begins_at_s) or "",
        ends_at=when(one.entry.ends_at_s) or "",
        holds=one.holds,
    )


def plan_out(planned: RotaPlan, accepted: bool, language: Language) -> RotaImportOut:
    return RotaImportOut(
        accepted=accepted,
        digest=planned.digest,
        rows_new=planned.count(Outcome.NEW),
        rows_same=planned.count(Outcome.SAME),
        rows_refused=planned.count(Outcome.REFUSED),
        rows=[
            RotaRowOut(
                line=one.line,
                outcome=one.outcome,
                function=one.function,
                person=one.person,
                begins=one.begins,
                ends=one.ends,
                begins_at=when(one.entry.begins_at_s if one.entry is not None else None),
                ends_at=when(one.entry.ends_at_s if one.entry is not None else None),
                guesses=_told(one.guesses, language),
                faults=_told(one.faults, language),
            )
            for one in planned.rows
        ],
    )


def _told(reasons: Sequence[Reason], language: Language) -> list[RotaToldOut]:
    remedies = section(language, "remedy")
    return [
        RotaToldOut(
            detail=say(one, language),
            remedy=word(language, "remedy", one.code, **dict(one.data)) if one.code in remedies else None,
            reason=str(one.code),
            data=data_of(one),
        )
        for one in reasons
    ]
