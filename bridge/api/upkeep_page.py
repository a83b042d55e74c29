"""The page by which an organisation keeps its own contact data. A secret in the link stands for a token.

The link comes by mail, and mail is read by machines that open every link. So reading changes nothing, and confirms
nothing: only a form that is sent does. The secret stands in the query, which no log of ours has. Everything that a
form holds is a stranger's, and is bounded.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from bridge.api.dependencies import Dependencies, TheDependencies
from bridge.api.reasons import InputReason, RequestReason
from bridge.api.security import Brake, address_of
from bridge.api.text import without_control
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason, Unusable
from bridge.domain.outbox.addresses import mail_address
from bridge.domain.telephony.hours import NumberUse
from bridge.exchange.rota import local_instant
from bridge.exchange.uses import how_text, read_use, shown_number
from bridge.service import Refusal
from bridge.service.upkeep import Contact, Own, editor_of
from bridge.words import negotiate, say, section

router = APIRouter(prefix="/upkeep", include_in_schema=False)
MOST_BYTES: Final = 32_768
MOST_FIELDS: Final = 20
MOST_NUMBERS: Final = 10
_LONGEST_SECRET: Final = 200
_LONGEST_NAME: Final = 100
_ZONE: Final = ZoneInfo("Europe/Stockholm")
_TEMPLATES: Final = Jinja2Templates(Path(__file__).parent / "console" / "templates")
_DONE: Final = frozenset({"saved", "confirmed"})
_HEADERS: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
_STATUS: Final = {"not_found": 404, "conflict": 409, "unavailable": 503, "not_permitted": 403}


@router.get("")
async def page(request: Request, parts: TheDependencies, key: str = "", lang: str = "", done: str = "") -> Response:
    """The data of the organisation. It changes nothing."""
    language = _language(request, lang)
    editor = await _editor(request, parts, key)
    if isinstance(editor, Reason):
        return _refused(request, language, editor)
    return await _page(request, parts, editor, key, language, done=done if done in _DONE else "")


@router.post("")
async def act(request: Request, parts: TheDependencies) -> Response:
    """One form of the page."""
    form = await _form(request)
    language, key = _language(request, form.get("lang", "")), form.get("key", "")
    if form is _BROKEN:
        return _refused(request, language, InputReason.WRONG_FORM(), 400)
    editor = await _editor(request, parts, key)
    if isinstance(editor, Reason):
        return _refused(request, language, editor)
    try:
        done = await _do(parts, editor, form)
    except Unusable as fault:
        return await _page(request, parts, editor, key, language, fault=fault.reason, status=422)
    except Refusal as refused:
        status = _STATUS.get(refused.code, 422)
        return await _page(request, parts, editor, key, language, fault=refused.reason, status=status)
    place = request.url_for("page").include_query_params(key=key, lang=language.value, done=done)
    return RedirectResponse(f"{place.path}?{place.query}", 303, headers=_HEADERS)


# --- what a form asks for ---


async def _do(parts: Dependencies, editor: Principal, form: Mapping[str, str]) -> str:
    """Carry it out.

    Raises:
        Refusal: The use case refuses.
        Unusable: A field cannot be read.
    """
    upkeep, subject = parts.service.upkeep, form.get("subject", "")[:64]
    match form.get("act", ""):
        case "confirm":
            await upkeep.confirm(editor, form.get("digest", ""))
            return "confirmed"
        case "function":
            await upkeep.set_function(editor, subject, _contact(form))
        case "person":
            await upkeep.set_person(editor, subject, _name(form), _contact(form))
        case "add_person":
            await upkeep.add_person(editor, _name(form), _contact(form))
        case "delete_person":
            await upkeep.delete_person(editor, subject)
        case "enter":
            begins_at_s, ends_at_s = (local_instant(form.get(name, "")[:40]) for name in ("begins", "ends"))
            await upkeep.enter(editor, subject, form.get("person", "")[:64], begins_at_s, ends_at_s)
        case "strike":
            await upkeep.strike(editor, subject)
        case _:
            raise Unusable(InputReason.WRONG_FORM())
    return "saved"


def _contact(form: Mapping[str, str]) -> Contact:
    """A number on each line, with its kind and hours behind it."""
    lines = [line for line in form.get("numbers", "").splitlines() if line.strip()]
    if len(lines) > MOST_NUMBERS:
        raise Unusable(InputReason.WRONG_FORM())
    uses = tuple(read_use(without_control(line.replace("\t", " "))) for line in lines)
    written = form.get("email", "").strip()
    email = mail_address(written) if written else None
    if written and email is None:
        raise Unusable(InputReason.WRONG_FORM())
    return Contact(tuple(dict.fromkeys(one.number for one in uses)), _each_once(uses), email)


def _each_once(uses: tuple[NumberUse, ...]) -> tuple[NumberUse, ...]:
    return tuple({one.number: one for one in reversed(uses)}.values())


def _name(form: Mapping[str, str]) -> str:
    name = " ".join(without_control(form.get("name", "").strip()).split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Unusable(InputReason.WRONG_FORM())
    return name


_BROKEN: Final[dict[str, str]] = {}


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name. A longer body, files, or too many fields are none."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return _BROKEN
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return _BROKEN
    form: dict[str, str] = {}
    for name, value in pairs:
        form.setdefault(name, value)
    return form or _BROKEN


# --- the one who asks ---


async def _editor(request: Request, parts: Dependencies, secret: str) -> Principal | Reason:
    """The holder of the link, or why there is none. Guessing is braked as guessing of tokens is."""
    link = await parts.links.who(secret) if 0 < len(secret) <= _LONGEST_SECRET else None
    if link is None:
        brake: Brake = request.app.state.brake
        is_braked = brake.wrong(address_of(request), parts.clock.now_s()) > 0
        return RequestReason.TOO_MANY_WRONG_TOKENS() if is_braked else RequestReason.LINK_DEAD()
    return editor_of(link)


def _language(request: Request, asked: str) -> Language:
    if asked in set(Language):
        return Language(asked)
    return negotiate(request.headers.get("accept-language", ""), Language.SV)


# --- the page ---


async def _page(
    request: Request,
    parts: Dependencies,
    editor: Principal,
    key: str,
    language: Language,
    *,
    done: str = "",
    fault: Reason | None = None,
    status: int = 200,
) -> HTMLResponse:
    try:
        own = await parts.service.upkeep.read(editor)
    except Refusal as refused:
        return _refused(request, language, refused.reason)
    texts = section(language, "upkeep")
    shown = {
        "language": language.value,
        "told": texts,
        "key": key,
        "done": texts[f"done_{done}"] if done else "",
        "fault": say(fault, language) if fault is not None else "",
        **_shown(own, language),
    }
    return _TEMPLATES.TemplateResponse(request, "upkeep.html", shown, status, headers=_HEADERS)


def _refused(request: Request, language: Language, reason: Reason, status: int = 404) -> HTMLResponse:
    """Nothing tells whether a link has been there."""
    is_braked = reason.code == RequestReason.TOO_MANY_WRONG_TOKENS().code
    shown = {"language": language.value, "told": section(language, "upkeep"), "fault": say(reason, language)}
    return _TEMPLATES.TemplateResponse(
        request, "upkeep.html", {**shown, "own": None}, 429 if is_braked else status, headers=_HEADERS
    )


def _shown(own: Own, language: Language) -> dict[str, object]:
    texts = section(language, "upkeep")
    functions = [
        {
            "id": one.id,
            "name": one.name,
            "numbers": _lines(one.numbers, one.number_uses, language),
            "email": one.email or "",
            "confirmed": texts[f"confirmation_{own.confirmation[one.id].value}"],
            "confirmed_at": _local(own.confirmed_at_s.get(one.id)),
            "duties": [
                {
                    "id": each.entry.id,
                    "person": each.person.name,
                    "begins": _local(each.entry.begins_at_s),
                    "ends": _local(each.entry.ends_at_s),
                    "holds": each.holds,
                }
                for each in own.duties
                if each.function.id == one.id
            ],
        }
        for one in own.functions
    ]
    persons = [
        {
            "id": one.id,
            "name": one.name,
            "numbers": _lines(one.numbers, one.number_uses, language),
            "email": one.email or "",
        }
        for one in own.persons
    ]
    return {"own": own.organisation.name, "functions": functions, "persons": persons, "digest": own.digest}


def _lines(numbers: tuple[str, ...], uses: tuple[NumberUse, ...], language: Language) -> str:
    known = {one.number: one for one in uses}
    return "\n".join(
        f"{shown_number(one)} {how_text(known[one], language)}" if one in known else shown_number(one)
        for one in numbers
    )


def _local(at_s: float | None) -> str:
    """Such as `2027-01-08 16:00`; empty where there is none."""
    return "" if at_s is None else f"{datetime.fromtimestamp(at_s, _ZONE):%Y-%m-%d %H:%M}"
