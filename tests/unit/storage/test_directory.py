"""The region's own data: kept, in order, and every change in the audit log."""

import pytest
from hypothesis import HealthCheck, given, settings

from bridge.domain.conference.records import ForumLevel
from bridge.domain.directory.records import (
    ActivationList,
    DirectoryEntry,
    Forum,
    Function,
    Organisation,
    PatchRule,
    Talkgroup,
)
from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.radio.records import Keying, Precedence
from bridge.storage import Database, IntegrityConflict, SqlAudit, SqlDirectory
from tests.unit.storage.conftest import FixedClock
from tests.unit.storage.examples import any_of

COUNTY = Organisation("lst", "Länsstyrelsen")
TIB = Function(
    "tib", COUNTY.id, "TiB", ("+4684650400", "+4684650401"), (Issi(1234567),), Language.EN, "tib@example.org", True
)
DEPUTY = Function("tib-2", COUNTY.id, "TiB ersättare")
LIST = ActivationList("ledning", "Ledning", (DEPUTY.id, TIB.id), ring_s=20.5, rounds=2, round_pause_s=60.0)
FORUM = Forum("forum-1", "Inriktande", ForumLevel.DIRECTING, LIST.id, Gssi(2001), recorded=False)
GROUP = Talkgroup(
    Gssi(2001),
    "RAPS-1",
    (TerminalName("rakel-1"),),
    PatchRule.APPROVAL,
    Keying.FLOOR,
    Precedence.PHONE,
    lease_s=3600.5,
    idle_s=600.0,
    notice=False,
    spoken_end=True,
)
ALL = (COUNTY, TIB, DEPUTY, LIST, FORUM, GROUP)


@pytest.fixture
def directory(database: Database, clock: FixedClock) -> SqlDirectory:
    return SqlDirectory(database, clock)


async def test_every_kind_of_entry_comes_back_equal(directory: SqlDirectory) -> None:
    for entry in ALL:
        await directory.put("operator", entry)
    assert await directory.get(Organisation, "lst") == COUNTY
    assert await directory.get(Function, "tib") == TIB
    assert await directory.get(ActivationList, "ledning") == LIST
    assert await directory.get(Forum, "forum-1") == FORUM
    assert await directory.get(Talkgroup, "2001") == GROUP
    assert await directory.list(Function) == [TIB, DEPUTY]
    assert await directory.list(ActivationList) == [LIST]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_of(Talkgroup), any_of(Function, organisation_id=COUNTY.id))
async def test_whatever_the_rules_of_a_talkgroup_and_a_function_are_they_come_back(
    directory: SqlDirectory, group: Talkgroup, function: Function
) -> None:
    await directory.put_all("operator", [COUNTY, group, function])
    assert await directory.get(Talkgroup, str(group.gssi)) == group
    assert await directory.get(Function, function.id) == function


async def test_a_region_is_imported_whole_or_not_at_all(directory: SqlDirectory, audit: SqlAudit) -> None:
    with pytest.raises(IntegrityConflict):
        await directory.put_all("operator", [COUNTY, TIB, Function("x", "nobody", "X")])
    assert await directory.list(Organisation) == []
    assert await audit.rows() == []
    await directory.put_all("operator", ALL)
    assert len(await audit.rows()) == len(ALL)


async def test_an_entry_put_again_replaces_the_former(directory: SqlDirectory) -> None:
    await directory.put_all("operator", ALL)
    await directory.put("operator", ActivationList(LIST.id, "Ny ledning", (TIB.id,)))
    assert await directory.list(ActivationList) == [ActivationList(LIST.id, "Ny ledning", (TIB.id,))]
    await directory.put("operator", Function(TIB.id, COUNTY.id, "TiB", ("+4684650402",)))
    assert (await directory.get(ActivationList, LIST.id)) == ActivationList(LIST.id, "Ny ledning", (TIB.id,))


async def test_the_same_function_may_be_called_twice_in_a_list(directory: SqlDirectory) -> None:
    await directory.put_all("operator", ALL)
    twice = ActivationList("l", "Två gånger", (TIB.id, DEPUTY.id, TIB.id))
    await directory.put("operator", twice)
    assert await directory.get(ActivationList, "l") == twice


async def test_every_change_is_in_the_audit_log_with_who_made_it(
    directory: SqlDirectory, audit: SqlAudit, clock: FixedClock
) -> None:
    await directory.put("anna", COUNTY)
    assert await directory.delete("bertil", Organisation, COUNTY.id)
    assert not await directory.delete("bertil", Organisation, COUNTY.id)
    assert [(row.at_s, row.actor, row.action, row.object, row.detail) for row in await audit.rows()] == [
        (clock.at_s, "anna", "organisation_put", "lst", {"name": "Länsstyrelsen"}),
        (clock.at_s, "bertil", "organisation_deleted", "lst", {}),
    ]


@pytest.mark.parametrize(("kind", "key"), [(Organisation, COUNTY.id), (Function, TIB.id), (ActivationList, LIST.id)])
async def test_what_others_refer_to_is_not_deleted(
    directory: SqlDirectory, kind: type[Organisation | Function | ActivationList], key: str
) -> None:
    await directory.put_all("operator", ALL)
    with pytest.raises(IntegrityConflict):
        await directory.delete("operator", kind, key)
    assert await directory.get(kind, key) is not None


async def test_a_list_is_deleted_with_its_order(directory: SqlDirectory) -> None:
    await directory.put_all("operator", [COUNTY, TIB, DEPUTY, LIST])
    assert await directory.delete("operator", ActivationList, LIST.id)
    assert await directory.delete("operator", Function, TIB.id)


@pytest.mark.parametrize("key", ["", "abc", "-1", "٢٠٠١", "1" * 40, "2001 OR 1=1"])
async def test_what_is_no_gssi_names_no_talkgroup(directory: SqlDirectory, key: str) -> None:
    await directory.put("operator", GROUP)
    assert await directory.get(Talkgroup, key) is None
    assert not await directory.delete("operator", Talkgroup, key)


async def test_an_import_is_refused_when_what_it_saw_has_changed(directory: SqlDirectory, audit: SqlAudit) -> None:
    await directory.put_all("operator", [COUNTY, TIB])
    seen: dict[type[DirectoryEntry], list[DirectoryEntry]] = {Organisation: [COUNTY], Function: [TIB]}
    await directory.put("anna", DEPUTY)
    before = await audit.rows()
    with pytest.raises(IntegrityConflict):
        await directory.put_all("operator", [Function(TIB.id, COUNTY.id, "TiB")], seen=seen)
    assert await directory.get(Function, TIB.id) == TIB
    assert await audit.rows() == before
    seen = {Organisation: [COUNTY], Function: [TIB, DEPUTY]}
    about = Audit(1.0, "operator", "directory_imported", "digest", (("new", 1),))
    await directory.put_all("operator", [Function("new", COUNTY.id, "Ny")], seen=seen, about=about)
    assert [row.action for row in (await audit.rows())[-2:]] == ["directory_imported", "function_put"]


async def test_a_confirmation_outlives_changes_of_its_function_and_goes_with_it(
    directory: SqlDirectory, clock: FixedClock
) -> None:
    await directory.put_all("operator", [COUNTY, TIB, DEPUTY])
    assert await directory.confirmations() == {}
    assert await directory.confirm("anna", TIB.id)
    assert not await directory.confirm("anna", "nobody")
    await directory.put("operator", Function(TIB.id, COUNTY.id, "TiB"))
    assert await directory.confirmations() == {TIB.id: clock.now_s()}
    await directory.delete("operator", Function, TIB.id)
    await directory.put("operator", TIB)
    assert await directory.confirmations() == {}
