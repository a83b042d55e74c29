"""The pages of the links in messages. To open one shows a form, and does nothing: mail scanners open links too.

The last part of the address is the credential. A wrong one is as no page at all, and guessing is braked as for tokens.
Pages are plain HTML without a script, in the language of the link.
"""

from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from bridge.api.dependencies import TheDependencies
from bridge.api.forms import form_of
from bridge.api.language import asked_for
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason
from bridge.api.security import count_wrong
from bridge.domain.callout.written_answers import Written, WrittenAnswer
from bridge.domain.kernel.ids import LinkId
from bridge.domain.kernel.language import Language
from bridge.domain.links.records import Link, LinkKind
from bridge.domain.situation.records import MOST_NEEDS, MOST_TEXT
from bridge.service.links import PATH, holder_of
from bridge.service.refusal import Refusal
from bridge.words import say, section

MOST_BYTES: Final = 49_152
"""A report of the longest length, each character four octets, and each octet escaped."""
LONGEST_MINUTES: Final = 1440
_HEADERS: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
_STATUS: Final = {"not_found": 410, "ended": 410, "conflict": 429, "invalid": 422}
_templates: Final = Jinja2Templates(FilePath(__file__).parent / "linked_pages")
router = APIRouter(prefix=PATH.rstrip("/"), include_in_schema=False)
Token = Annotated[str, Path(max_length=64)]


@router.get("/{token}")
async def show(token: Token, request: Request, parts: TheDependencies) -> Response:
    """The form. Nothing is kept, not even that it was opened."""
    key = _opened(token, request, parts)
    try:
        link, report = await parts.service.links.look(holder_of(key), key)
    except Refusal as refusal:
        return _closed(request, refusal)
    given = {"text": report.text, "needs": report.needs} if report is not None else {}
    return _page(request, link.language, link=link, given=given, was_sent=report is not None)


@router.post("/{token}")
async def send(token: Token, request: Request, parts: TheDependencies) -> Response:
    """The report or the answer is kept when the page says so."""
    key = _opened(token, request, parts)
    holder = holder_of(key)
    form = await form_of(request, MOST_BYTES)
    try:
        link, _ = await parts.service.links.look(holder, key)
    except Refusal as refusal:
        return _closed(request, refusal)
    try:
        if link.kind is LinkKind.REPORT:
            await parts.service.links.report(holder, key, _plain(form.get("text")), _plain(form.get("needs")))
        elif link.kind is LinkKind.EVALUATION:
            ratings = _ratings(form, len(link.questions))
            await parts.service.links.evaluate(holder, key, ratings, _plain(form.get("text")))
        else:
            is_right = parts.link_secrets is not None and parts.link_secrets.is_code(key, form.get("code", ""))
            await parts.service.links.answer(holder, key, _written(form), code_is_right=is_right)
    except Refusal as refusal:
        given = {"text": form.get("text", ""), "needs": form.get("needs", ""), "answer": form.get("answer", "")}
        fault = say(refusal.reason, link.language)
        return _page(request, link.language, _status(refusal), link=link, given=given, fault=fault)
    return _page(request, link.language, link=link, done=True)


def _opened(token: str, request: Request, parts: TheDependencies) -> LinkId:
    """Raises:
    Problem: 404, or 429 after too many.
    """
    found = parts.link_secrets.opened(token) if parts.link_secrets is not None else None
    if found is None:
        count_wrong(request, parts)
        raise Problem(404, "not_found", RequestReason.NO_SUCH_ADDRESS())
    return found


def _written(form: dict[str, str]) -> Written | None:
    """The answer that was chosen; `None`: none. Minutes that are no number are as none."""
    chosen, minutes = form.get("answer", ""), form.get("minutes", "").strip()
    if chosen not in set(WrittenAnswer):
        return None
    answer = WrittenAnswer(chosen)
    is_number = minutes.isascii() and minutes.isdigit() and len(minutes) <= 4
    is_told = answer is WrittenAnswer.LATER and is_number and 1 <= int(minutes) <= LONGEST_MINUTES
    return Written(answer, int(minutes) if is_told else None)


def _ratings(form: dict[str, str], count: int) -> list[int]:
    """One for each question; anything but 1…5 is no answer."""
    typed = [form.get(f"q{index}", "") for index in range(count)]
    return [int(one) if one in {"1", "2", "3", "4", "5"} else 0 for one in typed]


def _plain(text: str | None) -> str:
    """Line ends as one character, and without control characters."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(one for one in lines if one in "\n\t" or one.isprintable())


def _status(refusal: Refusal) -> int:
    return _STATUS.get(refusal.code, 503)


def _closed(request: Request, refusal: Refusal) -> Response:
    """It is good for nothing any more. Nobody knows in which language its message was."""
    language = asked_for(request.headers)
    return _page(request, language, _status(refusal), fault=say(refusal.reason, language))


def _page(
    request: Request,
    language: Language,
    status: int = 200,
    *,
    link: Link | None = None,
    given: dict[str, str] | None = None,
    fault: str | None = None,
    done: bool = False,
    was_sent: bool = False,
) -> HTMLResponse:
    shown: dict[str, Any] = {
        "language": language.value,
        "words": section(language, "linked"),
        "link": link,
        "given": given or {},
        "fault": fault,
        "done": done,
        "was_sent": was_sent,
        "most_text": MOST_TEXT,
        "most_needs": MOST_NEEDS,
    }
    return _templates.TemplateResponse(request, "linked.html", shown, status_code=status, headers=_HEADERS)
