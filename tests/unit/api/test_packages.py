"""The documentation of a long meeting is made in the background, and nobody waits for an answer meanwhile."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import httpx
import numpy as np
import pytest
import soundfile

from bridge.bearers import ConfiguredBearers
from bridge.bearers.settings import MailSettings, SmsSettings
from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import Form, Handover, HandoverState, Step
from bridge.domain.handover.rules import percent
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.recording import handing
from tests.harness.wait import until
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.devices import flac
from tests.unit.api.region import Region
from tests.unit.bearers.servers import Post, a_mail_server

FROM = "samband@lansstyrelsen.example.se"

MEETING = ConferenceId("cnf-past")


@pytest.fixture
async def recording(region: Region) -> str:
    return await region.recorded("a.flac")


async def asked(host: httpx.AsyncClient, **more: object) -> str:
    answer = await host.post("/archive/packages", json={"conference_id": MEETING, **more})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["done_percent"]) == ("waiting", 0)
    return str(answer.json()["id"])


async def state_of(host: httpx.AsyncClient, key: str) -> str:
    return str((await host.get(f"/archive/packages/{key}")).json()["state"])


@pytest.mark.parametrize("form", ["zip", "sip"])
async def test_a_package_is_made_in_the_background_and_fetched_on_record(
    region: Region, host: httpx.AsyncClient, recording: str, form: str
) -> None:
    key = await asked(host, form=form)
    early = await host.get(f"/archive/packages/{key}/file")
    assert (early.status_code, early.json()["reason"]) == (409, "package_not_ready")
    assert await region.packed() == 1
    [told] = (await host.get("/archive/packages", params={"conference_id": MEETING})).json()
    assert (told["id"], told["state"], told["done_percent"], told["reason"]) == (key, "ready", 100, None)
    got = await host.get(f"/archive/packages/{key}/file")
    assert told["file"] in got.headers["content-disposition"]
    assert (told["length_bytes"], told["sha256"]) == (len(got.content), sha256(got.content).hexdigest())
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.testzip() is None
        assert any(name.endswith(".flac") for name in archive.namelist())
    lines = [(one.actor, one.action) for one in await region.audited("package.")]
    assert lines == [("operator", "package.asked"), ("samband", "package.made"), ("operator", "package.fetched")]


async def test_a_package_is_kept_for_its_time_and_then_its_file_is_gone(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    await region.packed()
    file = region.folder / "packages" / f"{key}.zip"
    assert file.exists()
    region.clock.time_s += 3601
    late = await host.get(f"/archive/packages/{key}/file")
    assert (late.status_code, late.json()["reason"]) == (410, "package_over")
    assert late.json()["remedy"]
    await region.packed()
    assert not file.exists()
    assert await state_of(host, key) == "expired"


async def test_one_that_was_begun_when_the_program_ended_is_made_after_its_start(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    assert await region.handovers.claim() is not None  # and the program is killed here
    half = region.folder / "packages" / f"{key}.partial"
    half.parent.mkdir()
    half.write_bytes(b"half")
    run = asyncio.create_task(region.packer.run())
    try:
        await until(lambda: _is(host, key, "ready"), within_s=20)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert [one.name for one in half.parent.iterdir()] == [f"{key}.zip"]


async def _is(host: httpx.AsyncClient, key: str, state: str) -> bool:
    return await state_of(host, key) == state


async def test_one_that_ends_the_program_each_time_is_given_up(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    for _ in range(3):
        assert await region.handovers.claim() is not None
        await region.handovers.resume()
    told = (await host.get(f"/archive/packages/{key}")).json()
    assert (told["state"], told["reason_code"], told["reason_data"]) == ("failed", "package_gave_up", {"tries": 3})
    assert await region.packed() == 0


async def test_one_that_waits_is_cancelled_and_one_that_is_ready_is_removed(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    ready = await asked(host)
    await region.packed()
    waits = await asked(host)
    assert (await host.delete(f"/archive/packages/{waits}")).json()["state"] == "cancelled"
    assert (await host.delete(f"/archive/packages/{ready}")).json()["state"] == "expired"
    assert await region.packed() == 0
    assert list((region.folder / "packages").iterdir()) == []
    assert (await host.get(f"/archive/packages/{ready}/file")).status_code == 410
    assert (await host.delete("/archive/packages/pkg-none")).json()["reason"] == "unknown_package"


async def test_one_is_cancelled_while_it_is_made(
    region: Region, host: httpx.AsyncClient, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "BEAT_S", 0.01)
    begun, goes_on = asyncio.Event(), asyncio.Event()
    make = region._package_of

    async def slow(*args: object) -> object:
        begun.set()
        await goes_on.wait()
        return await make(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(region.packer, "_make", slow)
    key = await asked(host)
    work = asyncio.create_task(region.packed())
    await begun.wait()
    assert (await host.delete(f"/archive/packages/{key}")).json()["state"] == "cancelled"
    await asyncio.sleep(0)
    goes_on.set()
    await work
    assert await state_of(host, key) == "cancelled"
    assert [one.action for one in await region.audited("package.")] == ["package.asked", "package.cancelled"]
    folder = region.folder / "packages"
    assert not folder.exists() or list(folder.iterdir()) == []


# --- a partial release ---


TAKEN_OUT = {
    "ground": "18 kap. 1 § OSL",
    "receiver": "Tidningen",
    "masks": [{"start_s": 10, "end_s": 20, "ground": "18 kap. 2 § OSL"}],
    "unnamed": ["prt-past"],
    "tone": False,
}


@pytest.fixture
async def minute(region: Region) -> str:
    """A recording of a minute, which is never silent."""
    return await region.recorded("a.flac", sound=flac(np.full(8000 * 60, 1000, np.int16)))


async def released(host: httpx.AsyncClient, recording: str) -> str:
    masks = [{**TAKEN_OUT["masks"][0], "recording": recording}]  # type: ignore[index]
    answer = await host.post("/archive/packages/releases", json={**TAKEN_OUT, "conference_id": MEETING, "masks": masks})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["done_percent"]) == ("waiting", 0)
    return str(answer.json()["id"])


async def lacks_what_is_taken_out(host: httpx.AsyncClient, key: str) -> None:
    got = await host.get(f"/archive/packages/{key}/file")
    assert got.status_code == 200, got.text
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        [wav] = [name for name in archive.namelist() if name.endswith(".wav")]
        samples, _ = soundfile.read(io.BytesIO(archive.read(wav)), dtype="int16")
        people = archive.read("2027-01-15_0858_utlamnat-lagesmote/deltagare.csv").decode()
        readme = archive.read("2027-01-15_0858_utlamnat-lagesmote/LASMIG.txt").decode()
    assert (samples[80_000:160_000].any(), samples[:80_000].all(), samples[160_000:].all()) == (False, True, True)
    assert "Länsstyrelsen" not in people
    assert ("18 kap. 1 § OSL" in readme, "18 kap. 2 § OSL" in readme, "Tidningen" in readme) == (True, True, True)


async def test_a_release_is_made_in_the_background_and_lacks_what_is_taken_out(
    region: Region, host: httpx.AsyncClient, minute: str
) -> None:
    key = await released(host, minute)
    assert await region.packed() == 1
    [told] = (await host.get("/archive/packages", params={"conference_id": MEETING})).json()
    assert (told["id"], told["state"], told["done_percent"]) == (key, "ready", 100)
    assert told["release"] == {"ground": "18 kap. 1 § OSL", "receiver": "Tidningen", "masks": 1, "unnamed": 1}
    await lacks_what_is_taken_out(host, key)


async def test_the_ground_of_a_release_is_on_record_from_the_asking_to_the_fetching(
    region: Region, host: httpx.AsyncClient, minute: str
) -> None:
    key = await released(host, minute)
    await region.packed()
    await host.get(f"/archive/packages/{key}/file")
    lines = await region.audited("package.")
    assert [one.action for one in lines] == ["package.asked", "package.made", "package.fetched"]
    assert {(one.detail["ground"], one.detail["receiver"]) for one in lines} == {("18 kap. 1 § OSL", "Tidningen")}
    [line] = await region.audited("meeting.released")
    assert (line.actor, line.detail["ground"], line.detail["masks"]) == ("operator", "18 kap. 1 § OSL", 1)


async def test_a_release_that_was_begun_when_the_program_ended_takes_the_same_out_after_its_start(
    region: Region, host: httpx.AsyncClient, minute: str
) -> None:
    key = await released(host, minute)
    assert await region.handovers.claim() is not None  # and the program is killed here
    assert await region.handovers.resume() == 1
    assert await region.packed() == 1
    await lacks_what_is_taken_out(host, key)


async def test_a_release_is_cancelled(region: Region, host: httpx.AsyncClient, minute: str) -> None:
    key = await released(host, minute)
    assert (await host.delete(f"/archive/packages/{key}")).json()["state"] == "cancelled"
    assert await region.packed() == 0
    assert await region.audited("meeting.released") == []


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        ({"recording": "rec-other", "start_s": 1, "end_s": 2, "ground": "x"}, "mask_of_no_recording"),
        ({"recording": "{recording}", "start_s": 2, "end_s": 2, "ground": "x"}, "mask_shape"),
    ],
)
async def test_a_stretch_that_is_none_is_refused_at_once(
    host: httpx.AsyncClient, recording: str, mask: dict[str, object], reason: str
) -> None:
    wrong = {**mask, "recording": str(mask["recording"]).format(recording=recording)}
    body = {"conference_id": MEETING, "ground": "x", "masks": [wrong]}
    answer = await host.post("/archive/packages/releases", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    assert (await host.get("/archive/packages")).json() == []


# --- and when it cannot be made ---


async def test_a_disk_without_room_is_told_with_its_remedy(
    region: Region, host: httpx.AsyncClient, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "SPARE_BYTES", 1 << 60)
    key = await asked(host)
    await region.packed()
    told = (await host.get(f"/archive/packages/{key}")).json()
    assert (told["state"], told["reason_code"]) == ("failed", "package_no_room")


async def test_a_sound_that_was_changed_meanwhile_is_told(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    region.recording_file("a.flac").write_bytes(b"changed")
    await region.packed()
    told = (await host.get(f"/archive/packages/{key}")).json()
    assert (told["state"], told["reason_code"]) == ("failed", "recording_not_proved")


async def test_what_is_disposed_of_lies_in_no_package(region: Region, host: httpx.AsyncClient, recording: str) -> None:
    await asked(host)
    await region.packed()
    body = {"recordings": [recording], "ground": "RA-FS", "decision": "dnr 1"}
    disposal = (await host.post("/archive/disposals", json=body)).json()["id"]
    other = {"Authorization": f"Bearer {await region.tokens.issue('registrator')}"}
    region.clock.time_s += 1
    assert (await host.post(f"/archive/disposals/{disposal}/decide", headers=other)).status_code == 200
    await region.packed()
    assert list((region.folder / "packages").iterdir()) == []


@pytest.mark.slow
async def test_only_so_many_wait(host: httpx.AsyncClient, recording: str) -> None:
    for _ in range(20):
        await asked(host)
    refused = await host.post("/archive/packages", json={"conference_id": MEETING})
    assert (refused.status_code, refused.json()["reason"]) == (409, "too_many_packages_wait")


async def test_what_is_not_there_is_refused_at_once(region: Region, host: httpx.AsyncClient, recording: str) -> None:
    unknown = await host.post("/archive/packages", json={"conference_id": "cnf-none"})
    assert unknown.status_code == 404
    nowhere = await host.post("/archive/packages", json={"conference_id": MEETING, "place": "arkiv"})
    assert nowhere.json()["reason"] == "unknown_place"
    region.recording_file("a.flac").unlink()
    assert (await host.post("/archive/packages", json={"conference_id": MEETING})).status_code == 410


def test_progress_never_goes_back() -> None:
    job = Handover("pkg-1", MEETING, Form.ZIP, "a", 0.0, "n", state=HandoverState.MAKING)
    steps = [(step, done) for step in Step for done in (0, 5, 10)]
    shown = [percent(_at(job, step, done)) for step, done in steps]
    assert shown == sorted(shown)
    assert (shown[0], shown[-1]) == (0, 99)
    assert HandoverReason.OVER().code == "package_over"


def _at(job: Handover, step: Step, done: int) -> Handover:
    return Handover(
        job.id, job.conference, job.form, job.asked_by, 0.0, "n", state=job.state, step=step, done=done, of=10
    )


# --- by e-mail ---


@pytest.fixture
async def post(region: Region) -> AsyncIterator[Post]:
    async with a_mail_server() as server:
        mail = MailSettings.model_validate(
            {"host": "127.0.0.1", "port": server.port, "sender": FROM, "security": "none", "within_s": 5.0}
        )
        region.sending = OutboxPolicy(bearers=(BearerPolicy(Bearer.MAIL),))
        region.bearers = ConfiguredBearers(mail, SmsSettings(), "", packages=region.folder / "packages")
        await region.restart()
        yield server


@asynccontextmanager
async def console(region: Region, **more: object) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {region.operator}"}
    transport = httpx.ASGITransport(region.app(parts=region.parts(**more)))
    async with httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/api/v1", headers=headers) as client:
        yield client


async def made(region: Region, host: httpx.AsyncClient) -> str:
    key = await asked(host)
    await region.packed()
    return key


TWICE = {"to": "krisledning@kommunen.example.se", "to_again": "krisledning@kommunen.example.se"}


async def test_a_small_package_is_attached_and_its_receipt_is_shown(region: Region, post: Post, recording: str) -> None:
    async with console(region, mail_most_bytes=10_000_000) as host:
        key = await made(region, host)
        sent = await host.post(f"/archive/packages/{key}/mails", json=TWICE)
        assert sent.status_code == 202, sent.text

        async def is_sent() -> bool:
            [told] = (await host.get(f"/archive/packages/{key}/mails")).json()
            return bool(told["to"] == TWICE["to"] and told["state"] == "sent")

        await until(is_sent, within_s=20)
        got = (await host.get(f"/archive/packages/{key}/file")).content
    [mail] = post.mails
    [attached] = mail.iter_attachments()
    assert attached.get_content() == got
    assert attached.get_filename() == "2027-01-15_0858_lagesmote.zip"
    [line] = await region.audited("package.mailed")
    assert (line.object, line.detail["to"], line.detail["form"]) == (MEETING, TWICE["to"], "attached")


async def test_a_large_package_goes_as_a_link_that_needs_a_login(region: Region, post: Post, recording: str) -> None:
    link = "https://samband.example.se"
    async with console(region, mail_most_bytes=1000, link_url=link) as host:
        key = await made(region, host)
        assert (await host.post(f"/archive/packages/{key}/mails", json=TWICE)).status_code == 202
        await until(lambda: len(post.mails) == 1, within_s=20)
    [mail] = post.mails
    assert list(mail.iter_attachments()) == []
    assert f"{link}/packages/{key}" in mail.get_content()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(region.app()), base_url=ADDRESS) as reader:
        opened = await reader.get(f"/packages/{key}")
        assert (opened.status_code, opened.headers["location"]) == (303, "/login")


async def test_nothing_under_secrecy_is_attached(region: Region, post: Post, recording: str) -> None:
    async with console(region, mail_most_bytes=10_000_000, link_url="https://samband.example.se") as host:
        key = await made(region, host)
        await region.keeping.restrict("operator", recording, "sekretess 18:13")
        reader = {"Authorization": f"Bearer {await region.tokens.issue('kvällspasset')}"}
        refused = await host.post(f"/archive/packages/{key}/mails", json=TWICE, headers=reader)
        assert refused.status_code == 403
        assert (await host.post(f"/archive/packages/{key}/mails", json=TWICE)).status_code == 202
        await until(lambda: len(post.mails) == 1, within_s=20)
    assert list(post.mails[0].iter_attachments()) == []


async def test_an_address_is_typed_twice_and_a_function_has_its_own(region: Region, post: Post, recording: str) -> None:
    async with console(region, mail_most_bytes=1000) as host:
        key = await made(region, host)
        path = f"/archive/packages/{key}/mails"
        wrong = await host.post(path, json={**TWICE, "to_again": "krisledning@komunen.example.se"})
        assert (wrong.status_code, wrong.json()["reason"]) == (422, "mail_address_not_the_same")
        none = await host.post(path, json={"to": "krisledningen", "to_again": "krisledningen"})
        assert none.json()["reason"] == "no_mail_address"
        large = await host.post(path, json=TWICE)
        assert (large.status_code, large.json()["reason"]) == (409, "package_needs_a_link")
    assert post.mails == []
    assert await region.audited("package.mailed") == []
