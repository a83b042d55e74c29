"""The directory as a file, and how well it reaches people."""

import asyncio
import json
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response
from pydantic import StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, tags, words
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Output, when
from bridge.domain.directory.coverage import Cover
from bridge.domain.directory.numbertests import NumberStanding
from bridge.domain.directory.numbertests import Outcome as TestOutcome
from bridge.domain.directory.upkeep import Confirmation
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import data_of
from bridge.exchange import FileForm, Outcome, Plan, PlannedRow, Told
from bridge.words import say, section, word

router = resource("/directory", "directory")
MOST_BYTES: Final = 10_000_000
_ANY_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The file, as it is.",
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("text/csv", "text/vcard", "application/octet-stream")
        },
    }
}


class ColumnOut(Output):
    """A column of the file."""

    heading: str
    """As it stands there."""
    member: str | None
    """The member of a function that it is read as; none: it is left out."""


class ChangeOut(Output):
    """A member that gets another value."""

    member: str
    """Its name, such as `numbers`."""
    before: str
    """Its value now; empty for none."""
    after: str
    """Its value then."""


class ToldOut(Output):
    """A guess, or a fault."""

    member: str | None
    """The member that it is about; none: the whole row."""
    detail: str
    """One sentence for people, in the language asked for."""
    remedy: str | None
    """The remedy of a fault, in the language asked for."""
    reason: str
    """The same for programs: a stable code."""
    data: dict[str, Any]
    """The values that the sentence shows, by name."""


class ImportRowOut(Output):
    """The fate of one row, or one card."""

    line: int
    """The line of the file on which it begins, from 1."""
    outcome: Outcome
    """`new`, `changed`, `same` or `refused`."""
    organisation: str
    """The organisation's name."""
    function: str
    """The function's name; empty where the row is about an organisation alone."""
    key: str | None
    """The id that it has or gets; none where it was not found."""
    changes: list[ChangeOut]
    """Every member that gets another value."""
    guesses: list[ToldOut]
    """Readings that the file does not say so. Accepting the file accepts them."""
    faults: list[ToldOut]
    """Every reason why the row is refused."""


class ImportOut(Output):
    """A file, set against the directory as it is."""

    accepted: bool
    """Whether it is carried out; else nothing was written."""
    digest: str
    """Of file, choices and directory: `accept` takes it."""
    form: FileForm
    """`csv` or `vcard`, as seen in the file."""
    encoding: str
    """As guessed: `utf-8`, `utf-8 with mark`, `utf-16`, `cp1252` or `mac-roman`."""
    delimiter: str | None
    """Between the cells of a table, as guessed."""
    columns: list[ColumnOut]
    """The columns of a table, in their order."""
    rows_new: int
    """The number of rows that make a function or an organisation."""
    rows_changed: int
    """The number of rows that change one."""
    rows_same: int
    """The number of rows that change nothing."""
    rows_refused: int
    """The number of rows with a fault."""
    rows: list[ImportRowOut]
    """Every row, in the file's order."""


class CoverOut(Output):
    """One function, and what is known of reaching it."""

    function_id: str
    """Its id."""
    function: str
    """Its name."""
    organisation: str
    """Its organisation's name."""
    lacks_number: bool
    """It has no telephone number."""
    lacks_number_at_times: bool
    """There are hours of the week that are none of its numbers' hours. It is called on all of them then."""
    lacks_second_number: bool
    """It has no two different numbers."""
    lacks_deputy: bool
    """Nobody stands in for it."""
    has_rota: bool
    """Persons hold its duty by turns, or have held it lately."""
    lacks_duty: bool
    """It has a rota, and nobody is on duty within seven days."""
    off_duty_from: str | None
    """From when on nobody is on duty (RFC 3339, UTC); none: it has no rota."""
    confirmation: Confirmation
    """`never`, `overdue` (confirmed too long ago) or `confirmed`."""
    confirmed_at: str | None
    """When its contact data was last confirmed (RFC 3339, UTC); none: never."""
    confirmed_by: str | None
    """The name of the one who confirmed it; none: nobody did."""
    reminded_at: str | None
    """When its organisation was last reminded by e-mail (RFC 3339, UTC); none: never."""
    reminder_late_s: float | None
    """That reminder was so long after it was due; 0: in time."""
    wrong_numbers: list[str]
    """Numbers that tests by SMS have proved wrong."""
    test_call_at: str | None
    """When an exercise last called it under its present names (RFC 3339, UTC); none: never."""
    test_call_result: str | None
    """The result of that call, such as `joined` or `no_answer`."""


@router.post(
    "/import",
    max_body_size=MOST_BYTES,
    response_class=Response,
    responses={200: {"model": ImportOut, "description": "The preview, or what was carried out."}},
    openapi_extra=_ANY_FILE,
)
async def import_file(
    request: Request,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    accept: Annotated[
        str | None, Query(max_length=64, description="The digest of a preview: carry it out. Without it: a preview.")
    ] = None,
    partly: Annotated[bool, Query(description="Leave out rows that are refused. Else one refuses the whole.")] = False,
    organisation: Annotated[
        str | None, Query(max_length=64, description="The id of the organisation of rows that name none.")
    ] = None,
) -> Response:
    """Set a file of organisations and functions against the directory: CSV or vCard. It has at most 10 MB and 20 000
    rows.

    Without `accept` nothing is written. With it all is written in one transaction, or nothing. A file or a directory
    that has changed since the preview gives `conflict`.
    """
    content = await request.body()
    if accept is None:
        planned = await service.files.preview(asker, content, organisation_id=organisation)
    else:
        planned = await service.files.accept(asker, content, digest=accept, organisation_id=organisation, partly=partly)
    body = await asyncio.to_thread(_json, planned, accept is not None, language)
    return Response(body, media_type="application/json", headers=tags(language))


@router.get("/export.csv", response_class=Response)
async def export_csv(service: TheService, asker: Asker, language: TheLanguage) -> Response:
    """Organisations and functions as CSV for Excel, with headings in the language asked for. It can be imported again
    unchanged, and no cell is a formula: an apostrophe stands before what would be one."""
    content = await service.files.csv(asker, language)
    return _download(content, "text/csv; charset=utf-8", "samband.csv", tags(language))


@router.get("/export.vcf", response_class=Response)
async def export_vcards(service: TheService, asker: Asker) -> Response:
    """Organisations and functions as vCard 3.0. They can be imported again unchanged."""
    return _download(await service.files.vcards(asker), "text/vcard; charset=utf-8", "samband.vcf", {})


@router.get("/coverage")
async def coverage(service: TheService, asker: Asker) -> list[CoverOut]:
    """Every function, in order of organisation and name: what is missing, and when it was last confirmed and tried."""
    return [_cover_out(one) for one in await service.files.coverage(asker)]


class NumberTestOut(Output):
    """A number that takes an SMS, and what its tests have told."""

    number: str
    """E.164 with plus."""
    entry_id: str
    """The function or person that has it."""
    outcome: TestOutcome | None
    """Of the latest test; null: it was never tried."""
    reason: str | None
    """Why it failed, in words."""
    tested_at: str | None
    """When it was tried last (RFC 3339, UTC)."""
    arrived_at: str | None
    """When the latest test that arrived was sent (RFC 3339, UTC)."""
    failures: int
    """The number of tests in a row that failed."""
    is_wrong: bool
    """Two failures in a row have proved it, or a refusal for good."""


class NumberTestIn(Input):
    """A number that is to be tried now."""

    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    """Of a function or person of the directory."""


@router.get("/number-tests")
async def number_tests(service: TheService, asker: Asker, language: TheLanguage) -> list[NumberTestOut]:
    """Every number of the directory that takes an SMS, and what its tests have told."""
    return [_number_test_out(one, language) for one in await service.number_tests.find(asker)]


@router.post("/number-tests", status_code=202)
async def test_number(body: NumberTestIn, service: TheService, asker: Asker, language: TheLanguage) -> NumberTestOut:
    """Try one number now, by a short SMS with a receipt."""
    return _number_test_out(await service.number_tests.test(asker, body.number), language)


@router.post("/functions/{key}/confirm", status_code=204)
async def confirm(
    key: Annotated[str, Path(max_length=64, description="The function's id.")], service: TheService, asker: Asker
) -> None:
    """The contact data of a function is right as of now. Coverage shows when it was last said so."""
    await service.files.confirm(asker, key)


class OrderCodeOut(Output):
    """A code for orders by telephone that was just issued."""

    code: str
    """Its digits, shown here and never again."""


FunctionKey = Annotated[str, Path(max_length=64, description="The function's id.")]


@router.post("/functions/{key}/order-code", status_code=201)
async def issue_order_code(key: FunctionKey, service: TheService, asker: Asker) -> OrderCodeOut:
    """Give a function a code of its own, by which it starts call-outs from a telephone. The function must have
    `phone_orders`. A code that it has already starts nothing from now on."""
    return OrderCodeOut(code=await service.directory.issue_order_code(asker, key))


@router.delete("/functions/{key}/order-code", status_code=204)
async def withdraw_order_code(key: FunctionKey, service: TheService, asker: Asker) -> None:
    """The function's code for orders by telephone starts nothing from now on."""
    await service.directory.withdraw_order_code(asker, key)


def _download(content: bytes, kind: str, name: str, headers: dict[str, str]) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return Response(content, media_type=kind, headers={**disposition, **headers})


def _json(planned: Plan, accepted: bool, language: Language) -> bytes:
    """Made beside the loop, without the models: ten thousand rows would hold every other request up."""
    shown = {
        "accepted": accepted,
        "digest": planned.digest,
        "form": planned.form.value,
        "encoding": planned.encoding,
        "delimiter": planned.delimiter,
        "columns": [{"heading": one.heading, "member": one.member} for one in planned.columns],
        **{f"rows_{kind.value}": planned.count(kind) for kind in Outcome},
        "rows": [_row(one, language) for one in planned.rows],
    }
    return json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace")


def _row(row: PlannedRow, language: Language) -> dict[str, Any]:
    return {
        "line": row.line,
        "outcome": row.outcome.value,
        "organisation": row.organisation,
        "function": row.function,
        "key": row.key,
        "changes": [{"member": one.member, "before": one.before, "after": one.after} for one in row.changes],
        "guesses": [_told(one, language) for one in row.guesses],
        "faults": [_told(one, language) for one in row.faults],
    }


def _told(told: Told, language: Language) -> dict[str, Any]:
    reason = told.reason
    has_remedy = reason.code in section(language, "remedy")
    return {
        "member": told.member,
        "detail": say(reason, language),
        "remedy": word(language, "remedy", reason.code, **dict(reason.data)) if has_remedy else None,
        "reason": str(reason.code),
        "data": data_of(reason),
    }


def _number_test_out(one: NumberStanding, language: Language) -> NumberTestOut:
    latest = one.latest
    return NumberTestOut(
        number=one.number,
        entry_id=one.entry,
        outcome=latest.outcome if latest is not None else None,
        reason=words(latest.reason, language) if latest is not None else None,
        tested_at=when(latest.at_s) if latest is not None else None,
        arrived_at=when(one.arrived_at_s),
        failures=one.failures,
        is_wrong=one.is_wrong,
    )


def _cover_out(cover: Cover) -> CoverOut:
    call = cover.test_call
    return CoverOut(
        function_id=cover.function.id,
        function=cover.function.name,
        organisation=cover.organisation,
        lacks_number=cover.lacks_number,
        lacks_number_at_times=cover.lacks_number_at_times,
        lacks_second_number=cover.lacks_second_number,
        lacks_deputy=cover.lacks_deputy,
        has_rota=cover.has_rota,
        lacks_duty=cover.lacks_duty,
        off_duty_from=when(cover.free_from_s),
        confirmation=cover.confirmation,
        confirmed_at=when(cover.confirmed_at_s),
        confirmed_by=cover.confirmed_by,
        reminded_at=when(cover.reminder.claimed_at_s) if cover.reminder is not None else None,
        reminder_late_s=cover.reminder.late_s if cover.reminder is not None else None,
        wrong_numbers=list(cover.wrong_numbers),
        test_call_at=when(call.at_s) if call is not None else None,
        test_call_result=call.result.value if call is not None else None,
    )
