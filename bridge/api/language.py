"""The language of an answer's words: `Accept-Language` (RFC 9110 §12.5.4), else English. Codes and data are the same
in every language."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from starlette.datastructures import Headers

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, data_of
from bridge.words import negotiate, say

OTHERWISE: Final = Language.EN
"""A program that asks for no language gets what it always got."""


def asked_for(headers: Headers) -> Language:
    """The language that a request's headers ask for."""
    return negotiate(headers.get("accept-language", ""), OTHERWISE)


def tags(language: Language) -> dict[str, str]:
    """The headers of an answer that holds words."""
    return {"Content-Language": language.value, "Vary": "Accept-Language"}


def language_of(request: Request, response: Response) -> Language:
    """The language to answer in; the answer says so."""
    language = asked_for(request.headers)
    response.headers.update(tags(language))
    return language


def words(reason: Reason | None, language: Language) -> str | None:
    """A reason for people."""
    return None if reason is None else say(reason, language)


def code(reason: Reason | None) -> str | None:
    """The same for programs."""
    return None if reason is None else str(reason.code)


def data(reason: Reason | None) -> dict[str, Any] | None:
    """The values that the words show, by name; a device's own words as `evidence`."""
    return None if reason is None else data_of(reason)


TheLanguage = Annotated[Language, Depends(language_of)]
