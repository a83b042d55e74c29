"""The web console: pages for the host, rendered once and kept live by one script that reads the API.

No page holds state of its own. The script reads the same JSON as any other client; server-sent events say when to read
again.
"""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from bridge.api import problems
from bridge.api.console import entering
from bridge.api.console.pages import HERE, LANGUAGE_COOKIE, page
from bridge.api.dependencies import TheDependencies
from bridge.api.health_and_metrics import API
from bridge.api.security import session_principal
from bridge.domain.access.permissions import Act, must_show_again, permits
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.service import Refusal

router: Final = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(router)
    app.include_router(entering.router)
    app.add_exception_handler(404, _missing)


async def _missing(request: Request, error: Exception) -> Response:
    """A browser is answered by a page, with the way on."""
    reads_pages = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if request.url.path.startswith(f"{API}/") or not reads_pages:
        return await problems.answer(request, error)
    return page(request, "missing.html", None, 404, of="page")


@router.get("/")
async def conferences_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _inside(request, parts, "conferences.html", lang)


@router.get("/conferences/{conference}")
async def conference_page(
    request: Request, conference: str, parts: TheDependencies, lang: Language | None = None
) -> Response:
    """One that is not there is told so: a page that waits for it would wait for ever."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    try:
        await parts.service.conferences.read(reader, ConferenceId(conference))
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return await _shown_to(reader, request, parts, "missing.html", lang, status=404, of="conference")
    return await _shown_to(reader, request, parts, "conference.html", lang, conference)


@router.get("/recordings")
async def recordings_page(
    request: Request,
    parts: TheDependencies,
    lang: Language | None = None,
    text: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    return await _inside(request, parts, "recordings.html", lang, subject=text)


@router.get("/recordings/{recording}/package")
async def package_of(request: Request, recording: str, parts: TheDependencies) -> Response:
    """To the documentation of a recording, for those who have shown lately who they are; others are asked first."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    if must_show_again(reader, Act.RECORDING_PACKAGE, parts.clock.now_s()):
        return RedirectResponse(f"/step-up?to={quote(f'/recordings/{recording}/package', safe='/')}", 303)
    return RedirectResponse(f"{API}/recordings/{quote(recording, safe='')}/package", 303)


@router.get("/settings")
async def settings_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """My settings. Its language is the account's, where there is one."""
    return await _inside(request, parts, "settings.html", lang)


@router.get("/accounts")
async def accounts_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    """For a keeper: accounts, sessions and tokens. The API refuses others."""
    return await _inside(request, parts, "accounts.html", lang)


async def _inside(
    request: Request, parts: TheDependencies, template: str, lang: Language | None, subject: str = ""
) -> Response:
    """A page for those who are logged in; others are shown the way."""
    reader = await session_principal(request, parts, acts=True)
    if reader is None:
        return RedirectResponse("/login", 303)
    return await _shown_to(reader, request, parts, template, lang, subject)


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
