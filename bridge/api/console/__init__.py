"""The web console: pages for the host, rendered once and kept live by one script that reads the API.

No page holds state of its own. The script reads the same JSON as any other client; server-sent events say when to read
again.
"""

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from bridge.api import problems
from bridge.api.dependencies import TheDependencies
from bridge.api.health_and_metrics import API
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason
from bridge.api.security import COOKIE, Sessions, check_token, from_our_pages, principal_of, session_actor
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import PrincipalKind
from bridge.service import Refusal
from bridge.words import negotiate, section, sections

_HERE: Final = Path(__file__).parent
_LANGUAGE_COOKIE: Final = "samband_language"
_YEAR_S: Final = 31_536_000
_LOCALES: Final = {Language.SV: "sv-SE", Language.EN: "en-GB"}
"""How times and numbers are written."""
_NOT_ON_PAGES: Final = frozenset({"cli", "console", "order"})
_templates: Final = Jinja2Templates(_HERE / "templates")
router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    app.include_router(router)
    app.add_exception_handler(404, _missing)


async def _missing(request: Request, error: Exception) -> Response:
    """A browser is answered by a page, with the way on."""
    reads_pages = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if request.url.path.startswith(f"{API}/") or not reads_pages:
        return await problems.answer(request, error)
    return _page(request, "missing.html", None, status=404, of="page")


@router.get("/login")
async def login_page(request: Request, lang: Language | None = None) -> Response:
    return _page(request, "login.html", lang, error=None)


@router.post("/login")
async def login(request: Request, parts: TheDependencies, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """The token for a session cookie. Only from our own page, so that nobody is logged in to another's account."""
    if not from_our_pages(request):
        raise Problem(403, "cross_site", RequestReason.CROSS_SITE())
    try:
        actor = await check_token(request, parts, token.strip())
    except Problem:
        return _page(request, "login.html", None, error="login_braked", status=429)
    if actor is None:
        return _page(request, "login.html", None, error="login_wrong", status=401)
    sessions: Sessions = request.app.state.sessions
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE,
        sessions.seal(token.strip()),
        max_age=sessions.lasts_s,
        httponly=True,
        samesite="strict",
        secure=request.app.state.settings.secure_cookie,
    )
    return response


@router.post("/logout")
async def logout(request: Request) -> Response:
    if not from_our_pages(request):
        raise Problem(403, "cross_site", RequestReason.CROSS_SITE())
    if cookie := request.cookies.get(COOKIE):
        request.app.state.sessions.end(cookie)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/")
async def conferences_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "conferences.html", lang)


@router.get("/conferences/{conference}")
async def conference_page(
    request: Request, conference: str, parts: TheDependencies, lang: Language | None = None
) -> Response:
    """One that is not there is told so: a page that waits for it would wait for ever."""
    actor = await session_actor(request, parts)
    if actor is None:
        return RedirectResponse("/login", 303)
    reader = principal_of(actor, PrincipalKind.OPERATOR, reads_secrets=actor in parts.secrecy_readers)
    try:
        await parts.service.conferences.read(reader, ConferenceId(conference))
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return _page(request, "missing.html", lang, status=404, actor=actor, of="conference")
    return _page(request, "conference.html", lang, actor=actor, subject=conference)


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


async def _inside(
    request: Request, parts: TheDependencies, template: str, lang: Language | None, subject: str = ""
) -> Response:
    """A page for those who are logged in; others are shown the way."""
    actor = await session_actor(request, parts)
    if actor is None:
        return RedirectResponse("/login", 303)
    return _page(request, template, lang, actor=actor, subject=subject)


def _page(request: Request, template: str, lang: Language | None, status: int = 200, **values: object) -> HTMLResponse:
    language = lang or _chosen(request)
    context = {
        "language": language,
        "words": section(language, "console"),
        "script_words": _script_words(language),
        "path": request.url.path,
        **values,
    }
    response = _templates.TemplateResponse(request, template, context, status)
    if lang is not None:
        response.set_cookie(_LANGUAGE_COOKIE, lang, max_age=_YEAR_S, samesite="strict", httponly=True)
    return response


def _chosen(request: Request) -> Language:
    """The user's own choice, else the browser's best of ours, else Swedish."""
    cookie = request.cookies.get(_LANGUAGE_COOKIE)
    if cookie in set(Language):
        return Language(cookie)
    return negotiate(request.headers.get("accept-language", ""), Language.SV)


def _script_words(language: Language) -> dict[str, Any]:
    """The words of the script itself: the pages' words, and the sections in which reasons are said."""
    told = {name: dict(texts) for name, texts in sections(language).items() if name not in _NOT_ON_PAGES}
    return {**section(language, "console"), "locale": _LOCALES[language], "sections": told}
