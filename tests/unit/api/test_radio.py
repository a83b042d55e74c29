"""A talkgroup is patched into a conference through a terminal that may and can."""

import httpx
import pytest

from bridge.domain.directory.records import PatchRule
from bridge.domain.kernel.ids import ConferenceId, Gssi
from bridge.domain.radio.commands import AddPatch, RemovePatch
from bridge.domain.radio.events import SpeechBegan
from bridge.domain.radio.records import PATCHES, Keying, PatchState, Precedence
from bridge.domain.telephony.events import TelephonyDown
from tests.harness.reasons import because
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region


@pytest.fixture
async def meeting(host: httpx.AsyncClient, region: Region) -> str:
    await region.talkgroup(1234567, "RAPS-LED-1")
    await region.talkgroup(1234568, "RAPS-LED-2", "rakel-2")
    return f"/conferences/{(await host.post('/conferences', json={'name': 'Möte'})).json()['id']}"


async def test_a_ready_terminal_is_chosen_before_one_that_is_not(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1", "unregistered")
    await region.terminal("rakel-2")
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert answer.status_code == 201
    patch = answer.json()
    assert (patch["gssi"], patch["name"], patch["terminal"], patch["talker"]) == (
        1234567,
        "RAPS-LED-1",
        "rakel-2",
        None,
    )
    await region.patch_is(patch["id"], PatchState.IDLE)
    patch = (await host.get(f"{meeting}/patches/{patch['id']}")).json()
    assert (await host.get(meeting)).json()["patches"] == [patch]
    assert (await host.get(f"{meeting}/patches")).json() == [patch]
    terminals = (await host.get("/terminals")).json()
    assert [(one["name"], one["conference_id"] is not None) for one in terminals] == [
        ("rakel-1", False),
        ("rakel-2", True),
    ]
    assert (await host.get("/terminals/rakel-1")).json()["state"] == "unregistered"
    assert (await host.get("/terminals/none")).status_code == 404


async def test_who_talks_is_shown_by_issi_and_by_function(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    await host.post("/organisations", json={"id": "rtj", "name": "Räddningstjänsten"})
    await host.post("/functions", json={"organisation_id": "rtj", "name": "Inre befäl", "issis": [7654321]})
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    await region.patch_is(key, PatchState.IDLE)
    for issi, name in ((7654321, "Inre befäl"), (7000000, None)):
        await region.radio_user_talks("rakel-1", 1234567, issi)
        shown = (await host.get(meeting)).json()["patches"][0]
        assert (shown["state"], shown["talker"], shown["talker_name"]) == ("receiving", issi, name)
        await region.radio_user_stops("rakel-1")


async def test_a_patch_is_removed(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-1")
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    assert (await host.delete(f"{meeting}/patches/{key}?at_once=true")).status_code == 204
    assert (await host.get(f"{meeting}/patches/{key}")).status_code == 404
    assert (await host.delete(f"{meeting}/patches/{key}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"gssi": 999}, 422, "gssi"),
        ({"gssi": 0}, 422, "gssi"),
        ({"gssi": "1234567; AT"}, 422, "gssi"),
        ({"gssi": 1234567, "terminal": "none"}, 422, "terminal"),
        ({"gssi": 1234568, "terminal": "rakel-1"}, 422, "terminal"),
        ({"gssi": 1234568}, 403, "terminal"),
    ],
)
async def test_what_cannot_be_patched_is_refused_by_field(
    host: httpx.AsyncClient, region: Region, meeting: str, body: dict[str, object], status: int, field: str
) -> None:
    await region.terminal("rakel-1")
    answer = await host.post(f"{meeting}/patches", json=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert region.node()[PATCHES] == {}


async def test_a_terminal_in_use_is_not_chosen_again(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-1")
    await region.talkgroup(1234569, "RAPS-LED-3")
    await host.post(f"{meeting}/patches", json={"gssi": 1234569})
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert (answer.status_code, answer.json()["remedy"]) == (409, "remove a patch, or add a terminal")


async def test_free_and_not_allowed_is_another_reason_than_in_use(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    await host.patch("/talkgroups/1234567", json={"terminals": ["rakel-2"]})
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert (answer.status_code, answer.json()["reason"]) == (403, "no_terminal_allowed")


async def test_a_talkgroup_that_is_patched_already_is_what_is_named(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert (answer.status_code, answer.json()["field"]) == (409, "gssi")
    assert "already patched" in answer.json()["detail"]


async def test_a_patch_is_made_as_the_talkgroups_entry_says(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    rules = {"keying": "floor", "precedence": "phone", "lease_s": 3600, "idle_s": 600, "notice": False}
    assert (await host.patch("/talkgroups/1234567", json={**rules, "spoken_end": True})).status_code == 200
    patch = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()
    assert {name: patch[name] for name in ("keying", "precedence", "idle_s", "notice", "spoken_end", "asked_by")} == {
        "keying": "floor", "precedence": "phone", "idle_s": 600, "notice": False, "spoken_end": True,
        "asked_by": "operator",
    }  # fmt: skip
    assert patch["lease_until"] == "2027-01-15T09:00:00.000Z"
    assert (patch["warn_s"], patch["cut_s"]) == (50.0, 58.0)


async def test_what_is_said_when_it_is_asked_for_goes_before_the_entry(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    await host.patch("/talkgroups/1234567", json={"keying": "floor", "lease_s": 3600, "idle_s": 600})
    body = {"gssi": 1234567, "terminal": "rakel-1", "keying": "key", "lease_s": None, "idle_s": 60, "notice": False}
    assert (await host.post(f"{meeting}/patches", json=body)).status_code == 201
    (_, command) = region.asked[-1]
    assert isinstance(command, AddPatch)
    assert (command.terminal, command.keying, command.lease_s, command.idle_s, command.notice) == (
        "rakel-1", Keying.KEY, None, 60, False,
    )  # fmt: skip


async def test_a_forbidden_talkgroup_is_not_patched(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-1")
    await host.patch("/talkgroups/1234567", json={"rule": "forbidden"})
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (403, "not_allowed", "gssi")
    assert region.node()[PATCHES] == {}


async def test_one_asks_and_another_approves(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-1")
    await region.talkgroup(1234567, "RAPS-LED-1", rule=PatchRule.APPROVAL)
    rsib = {"Authorization": f"Bearer {await region.tokens.issue('rsib')}"}
    asked = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()
    assert (asked["state"], asked["terminal"], asked["asked_by"], asked["approved_by"]) == (
        "asked", None, "operator", None,
    )  # fmt: skip
    way = f"{meeting}/patches/{asked['id']}/approve"
    alone = await host.post(way)
    assert (alone.status_code, alone.json()["code"]) == (403, "not_allowed")
    approved = await host.post(way, headers=rsib)
    assert (approved.status_code, approved.json()["approved_by"]) == (200, "rsib")


async def test_a_patch_that_only_asks_takes_no_terminal(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-2")
    await region.talkgroup(1234568, "RAPS-LED-2", "rakel-2", rule=PatchRule.APPROVAL)
    asked = (await host.post(f"{meeting}/patches", json={"gssi": 1234568})).json()
    assert (asked["state"], asked["terminal"]) == ("asked", "rakel-2")
    assert (await host.get("/terminals/rakel-2")).json()["patch_id"] is None
    assert (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["terminal"] == "rakel-2"


async def test_a_lease_is_extended(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-1")
    patch = (await host.post(f"{meeting}/patches", json={"gssi": 1234567, "lease_s": 60})).json()
    way = f"{meeting}/patches/{patch['id']}/extend"
    assert (await host.post(way, json={"lease_s": 120})).json()["lease_until"] == "2027-01-15T08:02:00.000Z"
    assert (await host.post(way, json={"lease_s": None})).json()["lease_until"] is None
    unsaid = await host.post(way)
    assert (unsaid.status_code, unsaid.json()["field"]) == (422, "lease_s")
    await host.patch("/talkgroups/1234567", json={"lease_s": 1800})
    assert (await host.post(way)).json()["lease_until"] == "2027-01-15T08:30:00.000Z"
    assert (await host.post(way, json={"lease_s": 1})).json()["field"] == "lease_s"


async def test_keying_and_precedence_are_changed_while_it_runs(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    patch = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()
    way = f"{meeting}/patches/{patch['id']}"
    changed = (await host.patch(way, json={"keying": "key"})).json()
    assert (changed["keying"], changed["precedence"]) == (Keying.KEY, Precedence.RADIO)
    assert (await host.patch(way, json={"precedence": "phone"})).json()["keying"] == "key"
    for wrong in ({"keying": "shout"}, {"gssi": 1}):
        answer = await host.patch(way, json=wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, next(iter(wrong)))
    assert (await host.patch(f"{meeting}/patches/none", json={})).status_code == 404


async def test_somebody_keys_the_radio_and_lets_go(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("rakel-1")
    who = await region.joins(meeting.rsplit("/", 1)[1], "TiB")
    way = f"{meeting}/participants/{who}"
    assert (await host.post(f"{way}/key-radio")).status_code == 409
    patch = (await host.post(f"{meeting}/patches", json={"gssi": 1234567, "keying": "key"})).json()
    assert (await host.post(f"{way}/key-radio")).json()["id"] == who
    assert (await host.get(f"{meeting}/patches/{patch['id']}")).json()["keyed_by"] == who
    await host.post(f"{way}/unkey-radio")
    assert (await host.get(f"{meeting}/patches/{patch['id']}")).json()["keyed_by"] is None
    assert (await host.post(f"{meeting}/participants/none/key-radio")).status_code == 404


async def test_a_patch_is_removed_with_a_farewell_or_at_once(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    for query, at_once in (("", False), ("?at_once=true", True)):
        patch = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()
        await host.delete(f"{meeting}/patches/{patch['id']}{query}")
        (_, command) = region.asked[-1]
        assert command == RemovePatch(ConferenceId(meeting.rsplit("/", 1)[1]), patch["id"], at_once)


async def test_while_the_farewell_is_said_the_patch_is_closing_and_its_terminal_free(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    await region.patch_is(key, PatchState.IDLE)
    region.paths.mute = True
    await host.delete(f"{meeting}/patches/{key}")
    assert (await host.get(f"{meeting}/patches/{key}")).json()["state"] == "closing"
    assert (await host.get("/terminals/rakel-1")).json()["conference_id"] is None


async def test_how_long_each_side_has_talked_and_what_is_held_is_shown(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    await region.terminal("rakel-1")
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    await region.patch_is(key, PatchState.IDLE)
    await region.radio_user_talks("rakel-1", 1234567, 7654321)
    patch = (await host.get(meeting)).json()["patches"][0]
    assert (patch["talk_began_at"], patch["transmission_began_at"]) == ("2027-01-15T08:00:00.000Z", None)
    await region.radio_user_stops("rakel-1")
    region.clock.time_s += 3
    await region.happened(SpeechBegan(region.clock.now_s(), key))
    await region.patch_is(key, PatchState.TRANSMITTING)
    region.figures[key] = {"held_ms": 1240.0, "delay_ms": 900.0, "radio_dbfs": -21.5}
    patch = (await host.get(meeting)).json()["patches"][0]
    assert (patch["talk_began_at"], patch["transmission_began_at"]) == (None, "2027-01-15T08:00:03.000Z")
    assert (patch["held_ms"], patch["delay_ms"]) == (1240, 900)
    levels = (await host.get("/terminals/rakel-1/levels")).json()
    assert (levels["patch_id"], levels["figures"]["radio_dbfs"]) == (key, -21.5)
    metrics = (await host.get("http://127.0.0.1:8080/metrics")).text
    assert 'samband_radio_radio_dbfs{gssi="1234567",terminal="rakel-1"} -21.5' in metrics


async def test_a_terminal_shows_its_alarms_its_own_groups_and_whether_it_is_a_spare(
    host: httpx.AsyncClient, region: Region
) -> None:
    groups = ((Gssi(1234567), "RAPS-LED-1"),)
    await region.terminal("rakel-1", spare=True, alarms=("weak_signal",), talkgroups=groups)
    shown = (await host.get("/terminals/rakel-1")).json()
    assert (shown["alarms"], shown["spare"]) == (["weak_signal"], True)
    assert shown["talkgroups"] == [{"gssi": 1234567, "name": "RAPS-LED-1"}]
    assert (await host.get("/terminals/rakel-1/levels")).json()["figures"] == {}
    assert (await host.get("/terminals/none/levels")).status_code == 404
    metrics = (await host.get("http://127.0.0.1:8080/metrics")).text
    assert 'samband_terminal_alarms{terminal="rakel-1"} 1.0' in metrics


async def test_a_spare_is_chosen_last(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    await region.terminal("a-spare", spare=True)
    await region.terminal("rakel-1")
    first = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()
    assert first["terminal"] == "rakel-1"
    await region.talkgroup(1234569, "RAPS-LED-3")
    assert (await host.post(f"{meeting}/patches", json={"gssi": 1234569})).json()["terminal"] == "a-spare"


async def test_a_meeting_by_radio_alone_says_since_when(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    region.radio_only_after_s = 0.01
    await region.terminal("rakel-1")
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    await region.patch_is(key, PatchState.IDLE)
    assert (await host.get(meeting)).json()["radio_only_since"] is None
    await region.happened(TelephonyDown(region.clock.now_s(), because("asterisk is gone")))

    async def since() -> object:
        return (await host.get(meeting)).json()["radio_only_since"]

    assert await until(since, WAIT_S) == "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize(
    ("way", "body", "field"),
    [
        ("/talkgroups/1234567", {"rule": "maybe"}, "rule"),
        ("/talkgroups/1234567", {"lease_s": 1}, "lease_s"),
        ("/talkgroups/1234567", {"idle_s": -1}, "idle_s"),
        ("/talkgroups/1234567", {"keying": None}, "keying"),
    ],
)
async def test_a_wrong_rule_is_refused_by_its_field(
    host: httpx.AsyncClient, meeting: str, way: str, body: dict[str, object], field: str
) -> None:
    answer = await host.patch(way, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
