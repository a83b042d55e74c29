"""Reasons on disk: code and data, and the sentences that were kept before there were codes."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import Target
from bridge.domain.kernel.reasons import GeneralReason, Reason
from bridge.domain.radio.reasons import PatchReason
from bridge.storage import Database, SqlStore
from tests.unit.storage.examples import ACTIVATION, CONFERENCE, TARGET


async def test_a_reason_is_kept_as_code_and_data_that_anybody_can_read(database: Database, store: SqlStore) -> None:
    reason = PatchReason.NOT_SELECTED(gssi=2401, cause=CalloutReason.BUSY())
    await store.commit([CONFERENCE, ACTIVATION, replace(TARGET, reason=reason)])
    async with database.reading() as connection:
        kept = (await connection.execute(text("SELECT reason FROM targets"))).scalar_one()
    assert kept == '{"code":"talkgroup_not_selected","data":{"cause":{"code":"busy","data":{}},"gssi":2401}}'
    assert (await store.load())[Target][0].reason == reason


@pytest.mark.parametrize("sentence", ["answered, no key pressed", "{not JSON", '{"code": 7}', "[1]", "7", ""])
async def test_a_sentence_of_before_reads_as_one(database: Database, store: SqlStore, sentence: str) -> None:
    await store.commit([CONFERENCE, ACTIVATION, TARGET])
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE targets SET reason = :sentence"), {"sentence": sentence})
    read = (await store.load())[Target][0].reason
    assert isinstance(read, Reason)
    assert read.code == GeneralReason.LEGACY
    assert sentence.startswith('{"code"') or read.get("text") == sentence
