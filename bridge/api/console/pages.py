"""Pages of the console, in the language of their reader."""

from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from bridge.domain.kernel.language import Language
from bridge.service import Refusal
from bridge.words import negotiate, say, section, sections

HERE: Final = Path(__file__).parent
LANGUAGE_COOKIE: Final = "samband_language"
_YEAR_S: Final = 31_536_000
_LOCALES: Final = {Language.SV: "sv-SE", Language.EN: "en-GB"}
"""How times and numbers are written."""
_NOT_ON_PAGES: Final = frozenset({"alarm_act", "alarm_consequence", "alarm_kind", "cli", "console", "order"})
_templates: Final = Jinja2Templates(HERE / "templates")


def page(
    request: Request,
    template: str,
    lang: Language | None,
    status: int = 200,
    *,
    refusal: Refusal | None = None,
    **values: object,
) -> HTMLResponse:
    """A page. `lang`: the language that was just chosen, which the browser remembers. `refusal`: why what was asked for
    is not done, in words."""
    language = lang or chosen(request)
    fault = say(refusal.reason, language) if refusal is not None else ""
    context = {
        "language": language,
        "words": section(language, "console"),
        "pages": section(language, "pages"),
        "script_words": _script_words(language),
        "path": request.url.path,
        "fault": fault[:1].upper() + fault[1:],
        **values,
    }
    response = _templates.TemplateResponse(request, template, context, status)
    if lang is not None:
        response.set_cookie(LANGUAGE_COOKIE, lang, max_age=_YEAR_S, samesite="strict", httponly=True)
    return response


def chosen(request: Request) -> Language:
    """The user's own choice, else the browser's best of ours, else Swedish."""
    cookie = request.cookies.get(LANGUAGE_COOKIE)
    if cookie in set(Language):
        return Language(cookie)
    return negotiate(request.headers.get("accept-language", ""), Language.SV)


def _script_words(language: Language) -> dict[str, Any]:
    """The words of the script itself: the pages' words, and the sections in which reasons are said."""
    told = {name: dict(texts) for name, texts in sections(language).items() if name not in _NOT_ON_PAGES}
    return {**section(language, "console"), "locale": _LOCALES[language], "sections": told}
