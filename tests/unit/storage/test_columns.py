"""What was put into a column comes out of it."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from bridge.storage.columns import Coded

_DIALECT = sqlite.dialect()


@dataclass(frozen=True)
class Why:
    """As a reason: a code with data, or a sentence of before."""

    code: str
    data: tuple[tuple[str, Any], ...] = ()


def _apart(why: Why) -> dict[str, Any]:
    return {"code": why.code, "data": dict(why.data)}


def _restored(value: object) -> Why:
    if isinstance(value, dict):
        return Why(value["code"], tuple(sorted(value["data"].items())))
    return Why("of_before", (("text", value),))


COLUMN = Coded(_apart, _restored)


def kept(why: Why | None) -> str | None:
    return COLUMN.process_bind_param(why, _DIALECT)


def read(text: str | None) -> Any:
    return COLUMN.process_result_value(text, _DIALECT)


NAMES = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=8)
VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(NAMES, st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_code_comes_back_with_its_data(code: str, data: dict[str, Any]) -> None:
    why = Why(code, tuple(sorted(data.items())))
    text = kept(why)
    assert text is not None
    assert text.isascii()
    assert "\x00" not in text, "no database refuses it"
    assert read(text) == why


@pytest.mark.parametrize(
    "sentence",
    ["no answer", "disk: full: make room (0 % is free)", "17", "null", "true", '"quoted"', "[1]", "{not JSON", ""],
)
def test_a_sentence_that_was_kept_before_there_were_codes_is_read_as_it_was(sentence: str) -> None:
    assert read(sentence) == Why("of_before", (("text", sentence),))


def test_no_reason_is_none() -> None:
    assert kept(None) is None
    assert read(None) is None
