"""Logging in: by password and code, by a passkey, by the organisation's own login, or by a token; and out.

Also the page of an invitation, and the one that asks a person to show anew who they are.
"""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import Field

from bridge.api.console.pages import page
from bridge.api.dependencies import Dependencies, TheDependencies
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason
from bridge.api.security import COOKIE, address_of, from_our_pages, origin_of, passkey_host, session_principal
from bridge.api.text import Input
from bridge.domain.access import totp
from bridge.domain.access.accounts import PENDING_S, Session
from bridge.domain.access.reasons import AccountReason
from bridge.domain.kernel.language import Language
from bridge.service import Refusal
from bridge.service.logins import From

BEGUN: Final = "samband_login"
"""The cookie of a login that is under way."""
STATUS: Final = {"login": 401, "braked": 429, "unavailable": 503, "gone": 410, "invalid": 422, "not_found": 404}
BACK: Final = "/login/provider/back"
router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Form(max_length=1000)]


class Answer(Input):
    """A browser's answer to what a passkey was asked."""

    key: str = Field(max_length=100)
    answer: dict[str, Any]


@router.get("/login")
async def login_page(request: Request, parts: TheDependencies, lang: Language | None = None) -> Response:
    return await _login(request, parts, lang)


@router.post("/login")
async def login(
    request: Request, parts: TheDependencies, token: Secret = "", name: Secret = "", password: Secret = ""
) -> Response:
    """A token for a session; a name and password for the page that asks for a code. Only from our own page, so that
    nobody is logged in to another's account."""
    _must_be_ours(request)
    try:
        if token or not name:
            return _inside(request, await parts.logins.by_token(token.strip(), _from(request)))
        key = await parts.logins.password(name, password, _from(request))
    except Refusal as refusal:
        return await _login(request, parts, None, refusal, by_token=bool(token) or not name, name=name)
    response = RedirectResponse("/login/code", 303)
    _keep_begun(request, response, key)
    return response


@router.get("/login/code")
async def code_page(request: Request, lang: Language | None = None) -> Response:
    if BEGUN not in request.cookies:
        return RedirectResponse("/login", 303)
    return page(request, "code.html", lang)


@router.post("/login/code")
async def code(request: Request, parts: TheDependencies, code: Secret = "") -> Response:
    """The second factor, after the password."""
    _must_be_ours(request)
    try:
        secret = await parts.logins.code(request.cookies.get(BEGUN, ""), code, _from(request))
    except Refusal as refusal:
        if refusal.field == "code":
            return page(request, "code.html", None, _status(refusal), refusal=refusal)
        return await _login(request, parts, None, refusal)
    return _inside(request, secret)


@router.post("/login/passkey/options")
async def passkey_options(request: Request, parts: TheDependencies) -> Response:
    """The question of the browser to a passkey."""
    _must_be_ours(request)
    key, options = parts.logins.passkey_options(_host(request, parts))
    return JSONResponse({"key": key, "options": json.loads(options)})


@router.post("/login/passkey")
async def passkey(request: Request, parts: TheDependencies, given: Answer) -> Response:
    """Logged in by a passkey alone: the device has verified its user."""
    _must_be_ours(request)
    host, origin = _host(request, parts), origin_of(request)
    try:
        secret = await parts.logins.passkey(given.key, json.dumps(given.answer), host, origin, _from(request))
    except Refusal as refusal:
        raise _problem(refusal) from refusal
    response = JSONResponse({"to": "/"})
    keep(request, response, secret, parts.identity.limits.absolute_s)
    return response


@router.get("/login/provider")
async def provider(request: Request, parts: TheDependencies) -> Response:
    """To the organisation's own login. A form could not lead there: our pages' policy keeps forms to ourselves."""
    try:
        key, address = await parts.logins.provider_begin(f"{origin_of(request)}{BACK}")
    except Refusal as refusal:
        return await _login(request, parts, None, refusal)
    response = RedirectResponse(address, 303)
    _keep_begun(request, response, key, same_site="lax")
    return response


@router.get(BACK)
async def provider_back(
    request: Request,
    parts: TheDependencies,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Back from there. The page leads on by itself: a browser sends a strict cookie only where our own page asks."""
    key = request.cookies.get(BEGUN, "")
    try:
        secret = await parts.logins.provider_finish(key, state, code, _from(request))
    except Refusal as refusal:
        return await _login(request, parts, None, refusal)
    response = page(request, "onward.html", None)
    keep(request, response, secret, parts.identity.limits.absolute_s)
    response.delete_cookie(BEGUN, path="/login")
    return response


@router.post("/logout")
async def logout(request: Request, parts: TheDependencies) -> Response:
    _must_be_ours(request)
    if cookie := request.cookies.get(COOKIE):
        await parts.logins.logout(cookie, await session_principal(request, parts, acts=False))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


# --- invitations ---


@router.get("/invitation/{secret}")
async def invitation_page(
    request: Request, parts: TheDependencies, secret: str, lang: Language | None = None
) -> Response:
    """The form. To open it does nothing."""
    return await _invitation(request, parts, secret, lang)


@router.post("/invitation/{secret}")
async def accept(
    request: Request,
    parts: TheDependencies,
    secret: str,
    password: Secret = "",
    again: Secret = "",
    code: Secret = "",
) -> Response:
    """Password and factor are set, and the codes on paper are shown this once."""
    _must_be_ours(request)
    if password != again:
        return await _invitation(request, parts, secret, None, error="passwords_differ")
    try:
        codes = await parts.logins.accept(secret, password, code)
    except Refusal as refusal:
        return await _invitation(request, parts, secret, None, refusal)
    return page(request, "accepted.html", None, codes=codes)


# --- again ---


@router.get("/step-up")
async def again_page(
    request: Request,
    parts: TheDependencies,
    to: Annotated[str, Query(max_length=500)] = "/",
    lang: Language | None = None,
) -> Response:
    """Show anew who you are, before something that asks for it."""
    session = await _session(request, parts)
    if session is None:
        return RedirectResponse("/login", 303)
    return _again(request, parts, session, to, lang)


@router.post("/step-up")
async def again(request: Request, parts: TheDependencies, code: Secret = "", to: Secret = "/") -> Response:
    """The session goes on under a new reference token."""
    _must_be_ours(request)
    session = await _session(request, parts)
    if session is None:
        return RedirectResponse("/login", 303)
    try:
        if session.token is not None:
            secret = await parts.logins.again_by_token(session, code.strip(), _from(request))
        else:
            secret = await parts.logins.again_by_code(session, code, _from(request))
    except Refusal as refusal:
        return _again(request, parts, session, to, None, refusal)
    response = RedirectResponse(_ours(to), 303)
    keep(request, response, secret, parts.identity.limits.absolute_s)
    return response


@router.post("/step-up/passkey")
async def again_by_passkey(request: Request, parts: TheDependencies, given: Answer) -> Response:
    """As `again`, by a passkey."""
    _must_be_ours(request)
    session = await _session(request, parts)
    if session is None:
        raise Problem(401, "not_authenticated", RequestReason.NOT_AUTHENTICATED())
    host, origin = _host(request, parts), origin_of(request)
    try:
        secret = await parts.logins.again_by_passkey(
            session, given.key, json.dumps(given.answer), host, origin, _from(request)
        )
    except Refusal as refusal:
        raise _problem(refusal) from refusal
    response = JSONResponse({})
    keep(request, response, secret, parts.identity.limits.absolute_s)
    return response


# --- inside ---


def keep(request: Request, response: Response, secret: str, lasts_s: float) -> None:
    """Put a session's reference token into the browser."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(lasts_s),
        httponly=True,
        samesite="strict",
        secure=request.app.state.settings.secure_cookie,
    )


def _inside(request: Request, secret: str) -> Response:
    response = RedirectResponse("/", 303)
    parts: Dependencies = request.app.state.parts
    keep(request, response, secret, parts.identity.limits.absolute_s)
    if BEGUN in request.cookies:
        response.delete_cookie(BEGUN, path="/login")
    return response


def _keep_begun(request: Request, response: Response, key: str, same_site: Any = "strict") -> None:
    secure = request.app.state.settings.secure_cookie
    response.set_cookie(
        BEGUN, key, max_age=int(PENDING_S), path="/login", httponly=True, samesite=same_site, secure=secure
    )


def _must_be_ours(request: Request) -> None:
    if not from_our_pages(request):
        raise Problem(403, "cross_site", RequestReason.CROSS_SITE())


def _ours(to: str) -> str:
    """An address of this console; anything else is its first page."""
    is_path = to.startswith("/") and not to.startswith(("//", "/\\"))
    return to if is_path and to.isprintable() else "/"


def _from(request: Request) -> From:
    return From(address_of(request), request.headers.get("user-agent", ""))


def _host(request: Request, parts: Dependencies) -> str:
    host = passkey_host(request, parts)
    if host is None:
        raise Problem(409, "conflict", AccountReason.NO_HOST())
    return host


def _status(refusal: Refusal) -> int:
    return STATUS.get(refusal.code, 409)


def _problem(refusal: Refusal) -> Problem:
    return Problem(_status(refusal), refusal.code, refusal.reason)


async def _session(request: Request, parts: Dependencies) -> Session | None:
    cookie = request.cookies.get(COOKIE)
    return await parts.logins.session(cookie) if cookie else None


async def _login(
    request: Request,
    parts: Dependencies,
    lang: Language | None,
    refusal: Refusal | None = None,
    *,
    by_token: bool = False,
    name: str = "",
) -> HTMLResponse:
    return page(
        request,
        "login.html",
        lang,
        _status(refusal) if refusal is not None else 200,
        refusal=refusal,
        refused=refusal.code if refusal is not None else "",
        by_token=by_token or await parts.logins.is_without_accounts(),
        name=name,
        passkeys=passkey_host(request, parts) is not None,
        provider=parts.logins.provider,
    )


def _again(
    request: Request,
    parts: Dependencies,
    session: Session,
    to: str,
    lang: Language | None,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    return page(
        request,
        "again.html",
        lang,
        _status(refusal) if refusal is not None else 200,
        refusal=refusal,
        to=_ours(to),
        by_token=session.token is not None,
        passkeys=session.account is not None and passkey_host(request, parts) is not None,
    )


async def _invitation(
    request: Request,
    parts: Dependencies,
    secret: str,
    lang: Language | None,
    refusal: Refusal | None = None,
    error: str | None = None,
) -> HTMLResponse:
    found = await parts.logins.invited(secret[:200])
    if found is None:
        return page(request, "invitation.html", lang, 410, account=None)
    account, shared = found
    return page(
        request,
        "invitation.html",
        lang,
        _status(refusal) if refusal is not None else 422 if error else 200,
        account=account,
        secret=totp.shown(shared),
        address=totp.address(shared, account.name),
        refusal=refusal,
        error=error,
    )
