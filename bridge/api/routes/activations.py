"""Call-outs (*inkallningar*): start by list, watch every target, cancel."""

from typing import Annotated

from fastapi import Header, Path, Query, Response
from pydantic import AliasChoices, Field

from bridge.api.callout_views import ForecastOut, ReviewOut, forecast_out, review_out
from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, tags
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Limit, Name
from bridge.api.views import ActivationOut, activation_out
from bridge.domain.callout.commands import TargetAct
from bridge.domain.callout.records import AnswerLevel
from bridge.domain.conference.records import Secrecy
from bridge.domain.kernel.ids import ActivationId, ConferenceId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.outbox.records import Bearer
from bridge.ports import Board
from bridge.service import Service
from bridge.service.callouts import FurtherList, ListCall

router = resource("/activations", "activations")
ActivationKey = Annotated[ActivationId, Path(max_length=64, alias="activation", description="The activation's id.")]
TargetKey = Annotated[TargetId, Path(max_length=64, alias="target", description="The target's id.")]


class FurtherListIn(Input):
    """A list that is called in with another, in the same call-out. A figure that is left out is as the list says."""

    list_id: Key
    """The list."""
    level: AnswerLevel | None = None
    """By when its functions shall have come."""
    quorum: int | None = Field(default=None, ge=1, le=2000)
    """So many functions of its level; the quorums of lists of one level are added."""
    stops_at_quorum: bool | None = None
    """With the quorum of its level nobody more of that level is called."""


class ActivationIn(Input):
    """`key` is the client's own: the same key again gives the activation that was started with it."""

    key: Key | None = None
    """The client's own: the same key again gives the activation that was started with it. Also as the header
    `Idempotency-Key`."""
    list_id: Key = Field(validation_alias=AliasChoices("activation_list_id", "list_id"))
    """The list to call in. `list_id` is another name for it."""
    also: tuple[FurtherListIn, ...] = Field(
        default=(),
        max_length=20,
        description="Further lists in the same call-out. A function on several is rung once, at the most urgent of"
        " their levels. The most urgent are rung first; deadline and quorum are judged by level.",
    )
    conference_id: Key | None = Field(
        default=None,
        description="The conference they are called to; where none is named, a new one with the defaults of the"
        " list's forum.",
    )
    name: Name | None = Field(
        default=None, description="The new conference's name; its forum's, or the list's, where none is given."
    )
    ring_s: float | None = Field(default=None, ge=5, le=120)
    """Time in seconds that each number rings; the list's where none is given."""
    rounds: int | None = Field(default=None, ge=1, le=10)
    """Number of times that all numbers of a function are tried; the list's where none is given."""
    round_pause_s: float | None = Field(default=None, ge=0, le=3600)
    """Seconds between two rounds; the list's where none is given."""
    parallel: bool | None = None
    """All numbers of a function at the same time; the first key stops the others. As the list says where none is
    given."""
    level: AnswerLevel | None = None
    """By when its functions shall have come: `direct`, `60_min` or `2_h` after the start. As the list says where none
    is given. One that passes is an alarm, and ends nothing."""
    quorum: int | None = Field(default=None, ge=1, le=2000)
    """So many functions shall have come by then; all where neither this nor the list says it."""
    stops_at_quorum: bool | None = None
    """With its quorum nobody more is called. As the list says where none is given."""
    exercise: bool | None = None
    """An exercise (*övning*): those who answer hear it. As the conference where none is given; always in the
    conference of an exercise."""
    secrecy: Secrecy = Secrecy.OPEN
    """Of the new conference, where none is named: `open`, or `secret`."""
    messages: tuple[Bearer, ...] = Field(
        default=(),
        max_length=2,
        description="Messages beside the calls, at once: `sms` to each function's mobile telephones, `mail` to its"
        " e-mail. Should the call-out be cancelled, those who were reached get a correction.",
    )


@router.get("")
async def list_activations(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    conference: Annotated[str | None, Query(max_length=64, description="Only those into this conference.")] = None,
    limit: Limit = 100,
) -> list[ActivationOut]:
    """The call-outs, running and finished, newest first."""
    key = ConferenceId(conference) if conference is not None else None
    return [activation_out(one, language) for one in await service.callouts.find(asker, conference=key, limit=limit)]


@router.post(
    "",
    status_code=201,
    responses={
        200: {"description": "Started before: with this key, or of this list to this conference."},
        404: {"description": "`not_found`: there is no such conference."},
    },
)
async def start(
    body: ActivationIn,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    response: Response,
    idempotency_key: Annotated[Key | None, Header(description="As `key` in the body; the body's goes before.")] = None,
) -> ActivationOut:
    """Call a list in. The call-out is on disk when this returns. The same key again gives the activation that was
    started with it (200). So does the same list to the same conference while it is called in."""
    call = ListCall(
        list_id=body.list_id,
        also=tuple(FurtherList(one.list_id, one.level, one.quorum, one.stops_at_quorum) for one in body.also),
        key=body.key or idempotency_key,
        conference=ConferenceId(body.conference_id) if body.conference_id is not None else None,
        name=body.name,
        ring_s=body.ring_s,
        rounds=body.rounds,
        round_pause_s=body.round_pause_s,
        parallel=body.parallel,
        level=body.level,
        quorum=body.quorum,
        stops_at_quorum=body.stops_at_quorum,
        exercise=body.exercise,
        secrecy=body.secrecy,
        bearers=body.messages,
    )
    board, started = await service.callouts.start(asker, call)
    shown = await _shown(service, asker, board, language)
    response.status_code = 201 if started else 200
    response.headers["Location"] = f"/api/v1/activations/{shown.id}"
    return shown


@router.get("/review/{list}")
async def review(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    list_id: Annotated[str, Path(max_length=64, alias="list", description="The list's id.")],
    conference: Annotated[str | None, Query(max_length=64, description="The conference to call them to.")] = None,
    also: Annotated[list[Key] | None, Query(max_length=20, description="Further lists in the same call-out.")] = None,
) -> ReviewOut:
    """A list before it is called in: whom it would ring, what is missing, and how that would go on. Nobody is rung."""
    key = ConferenceId(conference) if conference is not None else None
    further = [FurtherList(one) for one in also or ()]
    return review_out(*await service.callouts.review(asker, list_id, key, further), language)


@router.get("/{activation}")
async def read_activation(
    activation: ActivationKey, service: TheService, asker: Asker, language: TheLanguage
) -> ActivationOut:
    """The board: every target with its state, reason and calls."""
    return await _shown(service, asker, await service.callouts.read(asker, activation), language)


@router.get("/{activation}/forecast")
async def read_forecast(
    activation: ActivationKey, service: TheService, asker: Asker, language: TheLanguage
) -> ForecastOut:
    """How many functions will have been called by when, and have answered. It tells the limit that holds the
    call-out up, and the chance of its quorum. It is reckoned anew from the pace, the free channels, and the calls and
    answers so far."""
    found, ahead = await service.callouts.forecast(asker, activation)
    return forecast_out(found, language, ahead)


@router.get("/{activation}/report.csv", response_class=Response)
async def report_csv(activation: ActivationKey, service: TheService, asker: Asker, language: TheLanguage) -> Response:
    """The report of the call-out for a spreadsheet: a row for each call. Its reading is written to the audit log."""
    made = await service.reports.sheet(asker, activation, language)
    return _file(made, "text/csv; charset=utf-8", f"{activation}.csv", language)


@router.get("/{activation}/report.pdf", response_class=Response)
async def report_pdf(activation: ActivationKey, service: TheService, asker: Asker, language: TheLanguage) -> Response:
    """The report of the call-out for print and the archive (PDF/A-2a, PDF/UA-1). It holds every call with its cause,
    those who were late and why, and the talk by organisation. Its reading is written to the audit log."""
    made = await service.reports.document(asker, activation, language)
    return _file(made, "application/pdf", f"{activation}.pdf", language)


def _file(content: bytes, media_type: str, name: str, language: Language) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=media_type, headers={**disposition, **tags(language)})


@router.post("/{activation}/cancel")
async def cancel(activation: ActivationKey, service: TheService, asker: Asker, language: TheLanguage) -> ActivationOut:
    """Ring nobody more, and end the calls under way. Those in the conference stay. Unsent messages are withdrawn, and
    those who were reached by one get a correction."""
    return await _shown(service, asker, await service.callouts.cancel(asker, activation), language)


@router.post("/{activation}/approve")
async def approve(activation: ActivationKey, service: TheService, asker: Asker, language: TheLanguage) -> ActivationOut:
    """As a second person, let it call ranges that were never called, and beyond the caps of a day. Its starter cannot.
    The functions that were held are called at once."""
    return await _shown(service, asker, await service.callouts.approve(asker, activation), language)


class ReachedIn(Input):
    """How a function was reached in another way than by this call-out."""

    note: Name
    """For the board and the report: by whom and how."""


@router.post("/{activation}/targets/{target}/ring")
async def ring_target(
    activation: ActivationKey, target: TargetKey, service: TheService, asker: Asker, language: TheLanguage
) -> ActivationOut:
    """Ring one function now, from its first number on: also one that was given up, cannot come or comes later. A
    call-out that is done is open again. One that is rung already is left alone."""
    return await _steered(service, asker, activation, target, language, TargetAct.RING)


@router.post("/{activation}/targets/{target}/next-number")
async def ring_next_number(
    activation: ActivationKey, target: TargetKey, service: TheService, asker: Asker, language: TheLanguage
) -> ActivationOut:
    """Go on to the function's next number at once, after its last to the first. A call to it that nobody has answered
    is ended, unless others are rung by it too."""
    return await _steered(service, asker, activation, target, language, TargetAct.NEXT_NUMBER)


@router.post("/{activation}/targets/{target}/deputy")
async def ring_deputy(
    activation: ActivationKey, target: TargetKey, service: TheService, asker: Asker, language: TheLanguage
) -> ActivationOut:
    """Ring the function's next deputy in its place. The function itself is rung no more."""
    return await _steered(service, asker, activation, target, language, TargetAct.DEPUTY)


@router.post("/{activation}/targets/{target}/reached")
async def mark_reached(
    activation: ActivationKey,
    target: TargetKey,
    body: ReachedIn,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
) -> ActivationOut:
    """Somebody has reached the function in another way: it is rung no more. It does not count as come."""
    return await _steered(service, asker, activation, target, language, TargetAct.REACHED, body.note)


async def _steered(
    service: Service,
    asker: Principal,
    activation: ActivationId,
    target: TargetId,
    language: Language,
    act: TargetAct,
    note: str = "",
) -> ActivationOut:
    return await _shown(service, asker, await service.callouts.steer(asker, activation, target, act, note), language)


async def _shown(service: Service, asker: Principal, board: Board, language: Language) -> ActivationOut:
    messages = await service.callouts.messages(asker, board[0].id)
    return activation_out(board, language, messages, await service.callouts.with_deputies(asker, board[0].id))
