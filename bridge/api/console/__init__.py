"""The web console: pages for the host, rendered once and kept live by one script that reads the API.

No page holds state of its own. The script reads the same JSON as any other client; server-sent events say when to read
again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from bridge.api import problems
from bridge.api.alarm_views import RUNBOOK
from bridge.api.console import entering
from bridge.api.console.pages import HERE, LANGUAGE_COOKIE, chosen, page
from bridge.api.dependencies import TheDependencies
from bridge.api.resource import API
from bridge.api.security import session_principal
from bridge.domain.access.permissions import Act, must_show_again, permits
from bridge.domain.alarms.kinds import KINDS
from bridge.domain.kernel.ids import ActivationId, ConferenceId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.service import Refusal
from bridge.words import section, word

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
router: Final = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.router.routes.extend([*router.routes, *entering.router.routes])
    app.add_exception_handler(404, _missing)


async def _missing(request: Request, error: Exception) -> Response:
    """A browser is answered by a page, with the way on."""
    reads_pages = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if request.url.path.startswith(f"{API}/") or not reads_pages:
        return await problems.answer(request, error)
    return page(request, "missing.html", None, 404, of="page")


@router.get("/")
async def start_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "start.html", lang)


@router.get("/conferences")
async def conferences_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "conferences.html", lang)


@router.get("/call-in")
async def call_in_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "callin.html", lang)


@router.get("/call-in/exercise")
async def exercise_call_in_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """An exercise has its own entrance: nothing on this page can ring anybody in earnest."""
    return await _inside(request, parts, "callin.html", lang, subject="exercise")


@router.get("/activations/{activation}")
async def board_page(
    request: Request, activation: str, parts: TheDependencies, lang: Language | None = None
) -> Response:
    """The board of one call-out."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    try:
        board, _, _ = await parts.service.callouts.read(reader, ActivationId(activation))
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return await _shown_to(reader, request, parts, "missing.html", lang, status=404, of="activation")
    return await _shown_to(reader, request, parts, "board.html", lang, activation, exercise=board.exercise)


@router.get("/conferences/{conference}")
async def conference_page(
    request: Request, conference: str, parts: TheDependencies, lang: Language | None = None
) -> Response:
    return await _of_conference(request, conference, parts, lang, "conference.html")


@router.get("/conferences/{conference}/wall")
async def wall_page(
    request: Request, conference: str, parts: TheDependencies, lang: Language | None = None
) -> Response:
    """The same meeting to be read from afar: nothing on it can be pressed."""
    return await _of_conference(request, conference, parts, lang, "wall.html")


async def _of_conference(
    request: Request, conference: str, parts: TheDependencies, lang: Language | None, template: str
) -> Response:
    """One that is not there is told so: a page that waits for it would wait for ever."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    try:
        shown = await parts.service.conferences.read(reader, ConferenceId(conference))
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return await _shown_to(reader, request, parts, "missing.html", lang, status=404, of="conference")
    exercise = shown.conference.exercise
    return await _shown_to(reader, request, parts, template, lang, conference, exercise=exercise)


@router.get("/recordings")
async def recordings_page(
    request: Request,
    parts: TheDependencies,
    lang: Language | None = None,
    text: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    return await _inside(request, parts, "recordings.html", lang, subject=text)


@router.get("/archive")
async def archive_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "archive.html", lang)


@router.get("/archive/{conference}")
async def archived_page(
    request: Request, conference: str, parts: TheDependencies, lang: Language | None = None
) -> Response:
    return await _inside(request, parts, "archived.html", lang, subject=conference)


@router.get("/recordings/{recording}/package")
async def package_of(request: Request, recording: str, parts: TheDependencies) -> Response:
    """To the documentation of a recording, for those who have shown lately who they are; others are asked first."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    if must_show_again(reader, Act.RECORDING_PACKAGE, parts.clock.now_s()):
        return RedirectResponse(f"/step-up?to={quote(f'/recordings/{recording}/package', safe='/')}", 303)
    return RedirectResponse(f"{API}/recordings/{quote(recording, safe='')}/package", 303)


@router.get("/witness")
async def witness_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """For those who verify the archive. The API refuses others."""
    return await _inside(request, parts, "witness.html", lang)


@router.get("/disposals")
async def disposals_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """For a registrar. The API refuses others."""
    return await _inside(request, parts, "disposals.html", lang)


@router.get("/packages/{package}")
async def made_package(request: Request, package: str, parts: TheDependencies) -> Response:
    """To the file of a package, for those who have shown lately who they are. Others log in, or are asked first."""
    here = f"/packages/{quote(package, safe='')}"
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    if must_show_again(reader, Act.RECORDING_PACKAGE, parts.clock.now_s()):
        return RedirectResponse(f"/step-up?to={quote(here, safe='/')}", 303)
    return RedirectResponse(f"{API}/archive{here}/file", 303)


@router.get("/me")
async def me_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """My settings. Its language is the account's, where there is one."""
    return await _inside(request, parts, "me.html", lang)


@router.get("/accounts")
async def accounts_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """For a keeper: accounts, sessions and tokens. The API refuses others."""
    return await _inside(request, parts, "accounts.html", lang)


@router.get("/alarms")
async def alarms_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "alarms.html", lang)


@router.get("/health")
async def health_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "health.html", lang)


@router.get(RUNBOOK)
async def runbook_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """Each kind of alarm, with what follows from it and what to do."""
    language = lang or chosen(request)
    kinds = [
        {
            "kind": kind.value,
            "name": word(language, "alarm_kind", kind.value),
            "priority": section(language, "console")[f"alarm_priority_{terms.priority.value}"],
            "consequence": word(language, "alarm_consequence", kind.value),
            "act": word(language, "alarm_act", kind.value),
        }
        for kind, terms in KINDS.items()
    ]
    return await _inside(request, parts, "runbook.html", lang, more={"kinds": kinds})


def _add_page(path: str, template: str) -> None:
    async def page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
        return await _inside(request, parts, template, lang)

    router.add_api_route(path, page)


for _path, _template in {
    "/directory": "directory.html",
    "/directory/lists": "lists.html",
    "/directory/rota": "rota.html",
    "/directory/coverage": "coverage.html",
    "/directory/import": "import.html",
    "/schedule": "schedule.html",
    "/exercises": "exercises.html",
    "/radio": "radio.html",
    "/log": "log.html",
    "/settings": "settings.html",
}.items():
    _add_page(_path, _template)


async def _inside(
    request: Request,
    parts: TheDependencies,
    template: str,
    lang: Language | None,
    subject: str = "",
    more: Mapping[str, Any] = NOTHING,
) -> Response:
    """A page for those who are logged in; others are shown the way."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    return await _shown_to(reader, request, parts, template, lang, subject, **more)


async def _shown_to(
    reader: Principal,
    request: Request,
    parts: TheDependencies,
    template: str,
    lang: Language | None,
    subject: str = "",
    status: int = 200,
    **values: Any,
) -> Response:
    own = await parts.service.own.read(reader) if permits(reader, Act.OWN_READ) else None
    account = own.account if own is not None else None
    keeps = permits(reader, Act.ACCOUNT_CHANGE)
    if lang is None and account is not None and account.language and LANGUAGE_COOKIE not in request.cookies:
        lang = Language(account.language)
    return page(
        request,
        template,
        lang,
        status,
        actor=reader.name,
        shown=account.shown if account is not None else reader.name,
        theme=account.theme if account is not None else "auto",
        keeps=permits(reader, Act.ACCOUNT_READ),
        may={act.value for act in Act if permits(reader, act)},
        has_account=account is not None,
        invites_keeper=keeps and account is None and await parts.logins.is_without_accounts(),
        subject=subject,
        **values,
    )
