"""Decisions of a meeting: mark, cancel, answer for an organisation, read."""

from typing import Annotated, Literal

from fastapi import Body, Path, Response

from bridge.api.decision_views import DecisionOut, decision_out
from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Input, Limit, Name
from bridge.domain.kernel.ids import DecisionId

router = resource("/conferences/{conference}/decisions", "decisions")
DecisionKey = Annotated[DecisionId, Path(max_length=64, alias="decision", description="The decision's id.")]


class DecisionIn(Input):
    """A decision that is spoken from now on."""

    title: Name | None = None
    """It is read out with its number, and in each question; its first 80 characters are."""


class AnswerIn(Input):
    """An organisation's answer that came in another way than by key."""

    organisation: Name
    """As it is named in the meeting; one that was not asked is added."""
    answer: Literal["acknowledged", "reserved"] = "acknowledged"
    """`reserved`: the organisation reserves itself against the decision."""


@router.get("")
async def list_decisions(
    conference: ConferenceKey, service: TheService, asker: Asker, limit: Limit = 100
) -> list[DecisionOut]:
    """The decisions of the conference in order, cancelled ones too."""
    return [decision_out(one) for one in await service.decisions.find(asker, conference, limit)]


@router.post("", status_code=201)
async def begin_decision(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    response: Response,
    body: Annotated[DecisionIn | None, Body()] = None,
) -> DecisionOut:
    """Mark the beginning: everybody hears the number, and the decision is spoken."""
    made = await service.decisions.begin(asker, conference, (body or DecisionIn()).title)
    response.headers["Location"] = f"/api/v1/conferences/{conference}/decisions/{made.decision.id}"
    return decision_out(made)


@router.get("/{decision}")
async def read_decision(
    conference: ConferenceKey, decision: DecisionKey, service: TheService, asker: Asker
) -> DecisionOut:
    """One decision with the answers so far."""
    return decision_out(await service.decisions.read(asker, conference, decision))


@router.get("/{decision}/audio", response_class=Response)
async def decision_audio(
    conference: ConferenceKey, decision: DecisionKey, service: TheService, asker: Asker
) -> Response:
    """The sound of the decision as FLAC, from its beginning to its end, cut from the archived mix. Listening is written
    to the audit log."""
    content = await service.decisions.clip(asker, conference, decision)
    name = f'inline; filename="{decision}.flac"'
    headers = {"Content-Disposition": name, "Cache-Control": "private, no-cache"}
    return Response(content, media_type="audio/flac", headers=headers)


@router.post("/{decision}/end")
async def end_decision(
    conference: ConferenceKey, decision: DecisionKey, service: TheService, asker: Asker
) -> DecisionOut:
    """Mark the end. Each organisation in the meeting is asked by a whisper. It is asked again every 30 seconds, three
    times in all. To end it twice changes nothing."""
    return decision_out(await service.decisions.end(asker, conference, decision))


@router.post("/{decision}/cancel")
async def cancel_decision(
    conference: ConferenceKey, decision: DecisionKey, service: TheService, asker: Asker
) -> DecisionOut:
    """Take a mistaken mark back. Everybody hears it; nobody is asked any more."""
    return decision_out(await service.decisions.cancel(asker, conference, decision))


@router.post("/{decision}/read-back")
async def read_back_decision(
    conference: ConferenceKey, decision: DecisionKey, service: TheService, asker: Asker
) -> DecisionOut:
    """Let the meeting hear it once more: number, title, age, and its sound where it is not archived yet. Then how many
    have acknowledged it, and who has not."""
    return decision_out(await service.decisions.read_back(asker, conference, decision))


@router.post("/{decision}/answers")
async def answer_decision(
    conference: ConferenceKey, decision: DecisionKey, body: AnswerIn, service: TheService, asker: Asker
) -> DecisionOut:
    """Enter the answer of an organisation. It takes the place of an earlier one."""
    reserved = body.answer == "reserved"
    return decision_out(
        await service.decisions.answer(asker, conference, decision, body.organisation, reserved=reserved)
    )
