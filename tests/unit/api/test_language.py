"""An answer's words are in the language asked for; its codes and data are the same in every language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import bridge
from bridge import api
from bridge.api import reasons as api_reasons
from bridge.api.problems import STATUS_OF_REFUSAL, STATUSES
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import ReasonCode
from bridge.domain.telephony.events import TelephonyDown
from bridge.domain.telephony.reasons import TelephonyReason
from bridge.service import reasons as service_reasons
from bridge.words import missing, say, section, word
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import NOW_S, Region

SV, EN = {"Accept-Language": "sv"}, {"Accept-Language": "en"}


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("de", "en"),
        ("sv", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("en-GB, sv;q=0.5", "en"),
        ("da, nb;q=0.9, sv;q=0.8, en;q=0.1", "sv"),
        ("sv;q=0", "en"),
        ("en;q=0.2, sv;q=0.9", "sv"),
    ],
)
async def test_the_language_is_that_of_the_request(host: httpx.AsyncClient, asked: str | None, language: str) -> None:
    headers = {} if asked is None else {"Accept-Language": asked}
    answer = await host.get("/conferences/cnf-9", headers=headers)
    assert answer.headers["content-language"] == language
    assert "accept-language" in answer.headers["vary"].lower()
    assert (
        answer.json()["detail"]
        == {"sv": "konferensen cnf-9 finns inte", "en": "there is no conference cnf-9"}[language]
    )


async def test_code_reason_and_data_are_the_same_in_both(host: httpx.AsyncClient) -> None:
    swedish, english = [(await host.get("/conferences/cnf-9", headers=one)).json() for one in (SV, EN)]
    words = ("title", "detail", "remedy")
    assert {name: value for name, value in swedish.items() if name not in words} == {
        name: value for name, value in english.items() if name not in words
    }
    assert (swedish["code"], swedish["reason"], swedish["data"]) == (
        "not_found", "unknown_conference", {"key": "cnf-9"},
    )  # fmt: skip
    assert (swedish["title"], english["title"]) == ("Finns inte", "Not found")


@pytest.mark.parametrize(
    ("method", "path", "body", "reason", "detail"),
    [
        ("POST", "/conferences", {}, "input_missing", "uppgiften saknas"),
        ("POST", "/conferences", {"name": "a" * 101}, "input_too_long", "texten får ha högst 100 tecken"),
        ("POST", "/conferences", {"name": ""}, "input_too_short", "texten måste ha minst 1 tecken"),
        ("POST", "/conferences", {"name": 7}, "input_no_text", "värdet måste vara en text"),
        ("POST", "/conferences", {"name": "a", "x": 1}, "input_unknown_member", "uppgiften är okänd"),
        ("POST", "/conferences", {"name": "a", "language": "de"}, "input_one_of", "värdet måste vara något av sv, en"),
        ("POST", "/conferences", {"name": "a\x00b"}, "input_control_characters", None),
        ("POST", "/conferences", {"name": "a", "code": "12"}, "code_shape", "en egen kod är 6 till 12 siffror"),
        ("POST", "/conferences", {"name": "a", "recorded": "kanske"}, "input_no_truth", None),
        ("POST", "/activations", {"list_id": "a", "ring_s": 1}, "input_at_least", "värdet måste vara minst 5"),
        ("POST", "/activations", {"list_id": "a", "ring_s": 121}, "input_at_most", "värdet får vara högst 120"),
        ("POST", "/activations", {"list_id": "a", "rounds": "x"}, "input_no_number", "värdet måste vara ett tal"),
        ("POST", "/forums", {"id": "ä", "name": "a"}, "input_wrong_form", "texten har fel form"),
        ("POST", "/forums", {"name": "a", "talkgroup": 0}, "input_at_least", None),
        ("POST", "/functions", {"name": "a", "organisation_id": "a", "numbers": "08"}, "input_no_list", None),
        ("POST", "/conferences", ["a"], "input_no_object", None),
        ("POST", "/conferences", {"name": "a", "direct_code": False}, "input_code_without_number", None),
        ("POST", "/sds", {"to": 1}, "input_text_or_status", "ange antingen text eller status"),
        ("GET", "/recordings?since=igår", None, "input_no_instant", None),
        ("POST", "/conferences", {"name": "a", "forum": "b"}, "unknown_forum", "forumet b finns inte"),
        ("GET", f"/audit?after={2**63}", None, "input_at_most", None),
        ("GET", "/nowhere", None, "no_such_address", "adressen finns inte"),
        ("TRACE", "/organisations", None, "method_not_allowed", None),
    ],
)
async def test_a_refused_request_is_told_why_in_swedish(
    host: httpx.AsyncClient, method: str, path: str, body: object, reason: str, detail: str | None
) -> None:
    before = dict(missing)
    answer = (await host.request(method, path, json=body, headers=SV)).json()
    assert answer["reason"] == reason
    assert detail is None or answer["detail"] == detail
    assert dict(missing) == before, "every word is there"


async def test_every_member_at_fault_is_named_in_swedish(host: httpx.AsyncClient) -> None:
    answer = (await host.post("/activations", json={"ring_s": 1}, headers=SV)).json()
    assert [(one["field"], one["reason"], one["detail"]) for one in answer["errors"]] == [
        ("activation_list_id", "input_missing", "uppgiften saknas"),
        ("ring_s", "input_at_least", "värdet måste vara minst 5"),
    ]


async def test_what_was_sent_is_not_repeated(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "a", "code": "hemlig"})
    assert answer.status_code == 422
    assert "hemlig" not in answer.text


async def test_the_board_says_why_in_the_language_asked_for(host: httpx.AsyncClient) -> None:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post("/functions", json={"id": "rkk", "organisation_id": "lst", "name": "RKK"})
    await host.post("/activation-lists", json={"id": "l", "name": "Lista", "function_ids": ["rkk"]})
    made = await host.post("/activations", json={"list_id": "l"}, headers=SV)
    assert made.headers["content-language"] == "sv"
    (target,) = made.json()["targets"]
    assert (target["reason"], target["reason_code"], target["reason_data"]) == (
        word(Language.SV, "reason", "no_number"), "no_number", {},
    )  # fmt: skip
    (target,) = (await host.get(f"/activations/{made.json()['id']}")).json()["targets"]
    assert target["reason"] == "no number is known"


async def test_readiness_is_told_in_the_language_asked_for_and_tells_strangers_no_evidence(
    stranger: httpx.AsyncClient, region: Region
) -> None:
    reason = TelephonyReason.NOT_CONNECTED().proved("connect() to 10.1.2.3 failed")
    await region.happened(TelephonyDown(NOW_S, reason))
    answer = await stranger.get("/readyz", headers=SV)
    assert answer.json()["parts"]["asterisk"] == say(reason, Language.SV)
    assert answer.json()["parts"]["database"] == "ok"
    assert answer.json()["reasons"] == {"asterisk": {"code": reason.code, "data": {}}}
    assert "10.1.2.3" not in answer.text


def enumerations(module: object) -> Iterator[type[ReasonCode]]:
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, ReasonCode) and list(one):
            yield one


@pytest.mark.parametrize("language", Language)
def test_every_reason_of_requests_and_use_cases_has_words(language: Language) -> None:
    lacking = [
        code.value
        for module in (api_reasons, service_reasons)
        for one in enumerations(module)
        for code in one
        if code.value not in section(language, "reason")
    ]
    assert lacking == []
    assert [status for status in STATUSES if str(status) not in section(language, "status")] == []


@pytest.mark.parametrize("language", Language)
def test_every_remedy_is_of_a_reason_that_there_is(language: Language) -> None:
    remedies = section(language, "remedy")
    assert remedies.keys() <= section(language, "reason").keys()
    assert remedies.keys() == section(Language.SV, "remedy").keys()


def refusal_codes() -> set[str]:
    """Every code that anything in the program refuses with."""
    kinds = {"Refused", "Refusal", "Undecided"}
    texts = [file.read_text(encoding="utf-8") for file in Path(bridge.__file__).parent.rglob("*.py")]
    found = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)) if any(kind in text for kind in kinds) else ():
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in kinds:
                    found.add(str(node.args[0].value))
    return found


def test_no_validator_of_a_request_refuses_a_value_by_a_sentence() -> None:
    """Pydantic takes any `ValueError` for a fault; only `Unusable` carries a reason."""
    sources = Path(str(api.__file__)).parent.rglob("*.py")
    raised = [
        node.exc.func.id
        for file in sources
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
    ]
    assert "Unusable" in raised
    assert [kind for kind in raised if kind in {"ValueError", "TypeError", "AssertionError"}] == []


def test_a_sentence_that_slips_through_all_the_same_reaches_nobody() -> None:
    fault = {"type": "value_error", "msg": "Value error, x", "ctx": {"error": ValueError("The code 4711 is bad")}}
    assert api_reasons.of_fault(fault) == api_reasons.InputReason.CANNOT_BE_TAKEN()


def test_every_refusal_in_the_program_has_its_status() -> None:
    codes = refusal_codes()
    assert {"not_found", "ended", "conflict", "invalid", "not_permitted", "unavailable", "gone"} <= codes
    assert codes <= STATUS_OF_REFUSAL.keys()
    assert set(STATUS_OF_REFUSAL.values()) <= set(STATUSES)


async def test_an_unforeseen_fault_is_told_in_words_that_give_nothing_away(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise KeyError("hemlig")

    monkeypatch.setattr(region.archive, "conference", breaks)
    transport = httpx.ASGITransport(region.app(), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {region.operator}", **SV}
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as client:
        answer = await client.get("/api/v1/conferences/cnf-9")
    assert (answer.status_code, answer.json()["detail"]) == (500, "ett fel i Samband; det står i loggen")
    assert "hemlig" not in answer.text
