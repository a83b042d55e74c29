"""Each change of an organisation's or a function's data is kept: who, when, before and after. It can be undone."""

from dataclasses import replace

import httpx
import pytest

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.directory.versions import MOST_VERSIONS, as_text, from_text
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.domain.kernel.week import Weekday
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse
from bridge.service import Refusal, Service
from tests.unit.api.region import NOW_S, Region

USE = NumberUse("+46701740605", NumberKind.MOBILE, (Hours((Weekday.MO,), "08:00", "17:00"),))
TIB = Function(
    "tib", "lst", "TiB", ("+46701740605",), (Issi(1401001),), Language.EN, "tib@example.se", True, (), (USE,), True
)  # fmt: skip


@pytest.fixture
async def directory(region: Region) -> Region:
    await region.has(Organisation("lst", "Länsstyrelsen"), Organisation("rtj", "Räddningstjänsten"), TIB)
    return region


async def test_a_change_is_kept_with_who_and_when_and_what_was_there(
    host: httpx.AsyncClient, directory: Region
) -> None:
    directory.clock.time_s += 60
    await host.patch("/functions/tib", json={"numbers": ["+46701740606"], "email": None})
    newest, made = (await host.get("/functions/tib/versions")).json()
    assert (newest["number"], newest["by"], newest["at"]) == (2, "operator", "2027-01-15T08:01:00.000Z")
    told = {one["member"]: (one["before"], one["after"]) for one in newest["changes"]}
    assert told["numbers"] == (["+46701740605"], ["+46701740606"])
    assert told["email"] == ("tib@example.se", None)
    assert set(told) == {"numbers", "email", "number_uses"}
    assert (made["made"], made["removed"]) == (True, False)
    assert directory.clock.time_s == NOW_S + 60


async def test_a_write_that_changes_nothing_is_no_version(host: httpx.AsyncClient, directory: Region) -> None:
    await host.patch("/functions/tib", json={"email": "tib@example.se"})
    assert len((await host.get("/functions/tib/versions")).json()) == 1


async def test_what_was_undone_is_as_before_and_that_is_a_version_too(
    host: httpx.AsyncClient, directory: Region
) -> None:
    await host.patch("/functions/tib", json={"numbers": [], "name": "Tjänsteman i beredskap"})
    answer = await host.post("/functions/tib/versions/2/undo")
    assert (answer.status_code, answer.json()["name"]) == (200, "TiB")
    assert await directory.directory.get(Function, "tib") == TIB, "its hours and all"
    newest = (await host.get("/functions/tib/versions")).json()[0]
    assert (newest["number"], newest["by"]) == (3, "operator")
    await host.post("/functions/tib/versions/3/undo")
    assert (await host.get("/functions/tib")).json()["name"] == "Tjänsteman i beredskap"


async def test_a_removed_entry_comes_back(host: httpx.AsyncClient, directory: Region) -> None:
    await host.patch("/organisations/rtj", json={"email": "rtj@example.se"})
    assert (await host.delete("/organisations/rtj")).status_code == 204
    newest = (await host.get("/organisations/rtj/versions")).json()[0]
    assert newest["removed"]
    await host.post(f"/organisations/rtj/versions/{newest['number']}/undo")
    assert (await host.get("/organisations/rtj")).json()["email"] == "rtj@example.se"


async def test_what_cannot_be_undone_is_refused_in_words(host: httpx.AsyncClient, directory: Region) -> None:
    answer = await host.post("/functions/tib/versions/1/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await host.post("/functions/tib/versions/9/undo")).status_code == 404
    assert (await host.get("/functions/none/versions")).status_code == 404
    await host.patch("/functions/tib", json={"organisation_id": "rtj"})
    await host.delete("/organisations/lst")
    gone = await host.post("/functions/tib/versions/2/undo")
    assert gone.status_code in (409, 422), "its organisation is gone"


async def test_the_audit_log_holds_no_number_and_tells_of_the_undoing(
    host: httpx.AsyncClient, directory: Region
) -> None:
    await host.patch("/functions/tib", json={"numbers": ["+46701740606"]})
    await host.post("/functions/tib/versions/2/undo")
    rows = await directory.audited("function_put")
    assert [row.actor for row in rows[-2:]] == ["operator", "operator"]
    assert not any("+467017406" in str(row.detail) for row in rows)


async def test_the_latest_versions_of_an_entry_are_kept(directory: Region) -> None:
    for count in range(MOST_VERSIONS + 3):
        await directory.directory.put("anna", replace(TIB, name=f"TiB {count}"))
    found = await directory.directory.versions(Function, "tib")
    assert len(found) == MOST_VERSIONS
    assert (found[0].number, found[-1].number) == (MOST_VERSIONS + 4, 5)


async def test_an_editor_sees_and_undoes_what_is_of_their_organisation_alone(directory: Region) -> None:
    upkeep = Service.on(directory.ports()).directory
    roles = frozenset({AccessRole.DIRECTORY_EDITOR})
    editor = Principal("account:e", "e", PrincipalKind.OPERATOR, roles, organisations=frozenset({"rtj"}))
    await directory.directory.put("anna", replace(TIB, name="B"))
    for attempt in (upkeep.versions(editor, Function, "tib"), upkeep.undo(editor, Function, "tib", 2)):
        with pytest.raises(Refusal, match="not_permitted"):
            await attempt
    assert len(await upkeep.versions(editor, Organisation, "rtj")) == 1


def test_an_entry_reads_as_it_was_kept_and_later_members_have_their_defaults() -> None:
    assert from_text(Function, as_text(TIB)) == TIB
    assert from_text(Function, '{"id":"a","organisation_id":"b","name":"c","gone":1}') == Function("a", "b", "c")
    assert from_text(Organisation, None) is None
