"""The archivist finds a meeting in a real browser, and hears any second of three hours with two hundred speakers."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from playwright.async_api import Page, expect

from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Conference, ConferenceState, LegKind, Room, Seat, SeatState
from bridge.domain.decisions.records import Decision, DecisionState
from bridge.domain.kernel.ids import ConferenceId, DecisionId, MixId, ParticipantId, RecordingId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.retention.records import Disposal
from bridge.recording.copies import SoundCopies
from bridge.recording.disposer import Disposer
from tests.harness.browser import IN_BROWSER, Chromium, visitor
from tests.unit.api.region import NOW_S, NUMBER, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
RATE_HZ: Final = 8000
LONG_MS: Final = 30_000
HOURS_S: Final = 3 * 3600
PEOPLE: Final = 200
TURN_S: Final = 6.0
"""Each speaks for four seconds of it."""
MEETING: Final = ConferenceId("cnf-storm")
BEGAN_S: Final = NOW_S - 20_000


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, browsers: Chromium) -> AsyncIterator[Page]:
    """Logged in; any error of a script fails the test."""
    errors: list[str] = []
    chromium = await browsers.get("--autoplay-policy=no-user-gesture-required")
    async with (
        served(region) as port,
        visitor(chromium, port, token=region.operator, viewport={"width": 1280, "height": 900}) as context,
    ):
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        await page.goto("/")
        yield page
    assert errors == []


def sound(file: Path, long_s: int) -> None:
    """A tone in the first four of every six seconds."""
    at_s = np.arange(60 * RATE_HZ) / RATE_HZ
    minute = np.where(at_s % TURN_S < 4.0, 8000 * np.sin(2 * np.pi * 440 * at_s), 0).astype(np.int16)
    with soundfile.SoundFile(file, "w", RATE_HZ, 1, subtype="PCM_16", format="FLAC") as out:
        for _ in range(long_s // 60):
            out.write(minute)


async def held(region: Region, *, long_s: int, people: int, missing_s: float = 0.0) -> None:
    """A meeting in which everybody speaks in turn, with one decision and a stretch off the record."""
    file = region.recording_file("storm.flac")
    sound(file, long_s)
    ended_s = BEGAN_S + long_s + missing_s
    room = Room(MixId("mix-storm"), MEETING, BEGAN_S)
    seats = [
        Seat(
            ParticipantId(f"prt-{one:03}"), MEETING, room.id, LegKind.PHONE, f"Talare {one:03}", state=SeatState.LEFT,
            organisation=f"Kommun {one % 20}", function="TiB", joined_at_s=BEGAN_S, left_at_s=ended_s,
        )
        for one in range(people)
    ]  # fmt: skip
    checksum = sha256(file.read_bytes()).hexdigest()
    manifest = json.dumps({"recording": "rec-storm", "audio": {"sha256": checksum}}).encode()
    file.with_suffix(".json").write_bytes(manifest)
    recording = Recording(
        RecordingId("rec-storm"), MEETING, BEGAN_S, ArchiveState.ARCHIVED, ended_s, float(long_s), file.name,
        checksum, room=room.id, manifest_sha256=sha256(manifest).hexdigest(),
    )  # fmt: skip
    hashes = (("sha256", checksum), ("manifest_sha256", recording.manifest_sha256))
    archived = Audit(ended_s, "samband", "recording.archived", recording.id, hashes)
    decision = Decision(
        DecisionId("dec-storm"), MEETING, 1, BEGAN_S + 30, "TiB", DecisionState.SETTLED, "Vägen stängs", recording.id,
        BEGAN_S + 40,
    )  # fmt: skip
    notes = []
    for turn in range(int(long_s / TURN_S)):
        at_s, who = BEGAN_S + turn * TURN_S, seats[turn % people].id
        notes.append(Note(MEETING, at_s, ConferenceNote.TALK_STARTED, who))
        notes.append(Note(MEETING, at_s + 4.0, ConferenceNote.TALK_STOPPED, who))
    notes.append(Note(MEETING, BEGAN_S + 50, RecordingNote.OFF_RECORD))
    notes.append(Note(MEETING, BEGAN_S + 55, RecordingNote.ON_RECORD))
    conference = Conference(MEETING, "Storm Åke", NUMBER, BEGAN_S, ConferenceState.ENDED, ended_at_s=ended_s)
    await region.store.commit([conference, room, *seats, recording, decision], notes, [archived])


async def now_s(page: Page) -> float:
    return float(await page.evaluate("document.getElementById('audio').currentTime"))


async def reaches(page: Page, at_s: float) -> None:
    """The sound is played past this second."""
    async with asyncio.timeout(LONG_MS / 1000):
        while await now_s(page) < at_s:
            await page.wait_for_timeout(20)


async def test_a_meeting_is_found_without_marks_and_opened(page: Page, region: Region) -> None:
    await held(region, long_s=60, people=3)
    other = Conference(ConferenceId("cnf-other"), "Veckomöte", NUMBER, NOW_S, ConferenceState.ENDED)
    await region.store.commit([other, replace(other, id=ConferenceId("cnf-o2"), name="Övning", exercise=True)])
    await page.goto("/archive")
    await expect(page.locator("#found > li")).to_have_count(3)
    await page.fill("input[name=text]", "storm ake vagen")
    await page.press("input[name=text]", "Enter")
    await expect(page.locator("#found > li")).to_have_count(1)
    await expect(page.locator("#tally")).to_have_text("1 möte")
    assert "text=storm+ake+vagen" in page.url  # a search is a link
    await page.click("#found a")
    await expect(page.locator("h1")).to_have_text("Storm Åke")
    await page.fill("#label-form input", "väder")
    await page.click("#label-form button")
    await expect(page.locator("#labels li")).to_contain_text("väder")
    await page.get_by_role("button", name="Ta bort etiketten väder").click()
    await expect(page.locator("#labels li")).to_have_count(0)
    assert [one.action for one in await region.audited("meeting.")] == ["meeting.labelled", "meeting.unlabelled"]


async def test_a_link_leads_to_a_second_and_every_span_is_a_button(page: Page, region: Region) -> None:
    await held(region, long_s=120, people=3, missing_s=7)
    await page.goto("/archive/cnf-storm?t=0:42")
    await expect(page.locator("#time")).to_have_text("0:42 / 2:00", timeout=LONG_MS)
    await expect(page.locator("#lacks")).to_contain_text("0:07 ljud saknas")
    await expect(page.locator("#spans button")).to_have_count(20)
    span = page.locator("#spans button").nth(10)  # the tenth minute's sixth turn: 60 s
    await span.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#who")).to_have_text("Talare 001", timeout=LONG_MS)
    assert 60 <= await now_s(page) < 70
    await expect(page.locator("#here")).to_have_attribute("href", "?recording=rec-storm&t=60", timeout=LONG_MS)
    await page.locator("#marks button", has_text="Vägen stängs").click()
    await expect(page.locator("#who")).to_have_text("Talare 002", timeout=LONG_MS)


async def test_the_keys_of_the_player(page: Page, region: Region) -> None:
    await held(region, long_s=120, people=3)
    await page.goto("/archive/cnf-storm?t=30")
    await expect(page.locator("#time")).to_have_text("0:30 / 2:00", timeout=LONG_MS)
    for key, to in (("l", "0:40"), ("j", "0:30"), ("ArrowRight", "0:32"), ("ArrowLeft", "0:30"), (".", "0:36")):
        await page.keyboard.press(key)
        await expect(page.locator("#time")).to_have_text(f"{to} / 2:00")
    await page.keyboard.press(",")
    await expect(page.locator("#time")).to_have_text("0:30 / 2:00")
    await page.keyboard.press("4")
    assert await page.evaluate("document.getElementById('audio').playbackRate") == 2
    await page.keyboard.press(" ")
    await expect(page.locator("#play")).to_have_text("Pausa")
    await page.focus("#label-form input")
    await page.keyboard.type(" j")
    await expect(page.locator("#label-form input")).to_have_value(" j")  # in a field the keys are letters
    await expect(page.locator("#play")).to_have_text("Pausa")


async def test_a_part_is_released_with_a_stretch_taken_out_and_a_name_left_out(
    page: Page, region: Region, tmp_path: Path
) -> None:
    await held(region, long_s=120, people=3)
    await page.goto("/archive/cnf-storm?t=60")
    await expect(page.locator("#time")).to_have_text("1:00 / 2:00", timeout=LONG_MS)
    await page.click("#hand-out summary")
    await page.fill("#release-form input[name=ground]", "18 kap. 1 § OSL")
    await page.click("#mask-from-here")
    await page.fill("#mask-to", "1:30")
    await page.click("#mask-add")
    await expect(page.locator("#masks li")).to_contain_text("1:00–1:30: 18 kap. 1 § OSL")
    await page.select_option("#unnamed", "prt-001")
    await page.click("#release-form button.main")
    await expect(page.locator("#released")).to_have_text("Utlämnandet görs och står bland paketen ovan.")
    [waiting] = await page.locator("#packages li.package").all()
    await expect(waiting.locator(".who").first).to_contain_text("Utlämnande, 18 kap. 1 § OSL")
    assert await region.packed() == 1
    await expect(waiting.locator("a.button")).to_be_visible(timeout=LONG_MS)
    async with page.expect_download(timeout=LONG_MS) as awaited:
        await waiting.locator("a.button").click()
    download = await awaited.value
    assert download.suggested_filename == "2027-01-15_0326_utlamnat-storm-ake.zip"
    await download.save_as(tmp_path / "r.zip")
    with zipfile.ZipFile(tmp_path / "r.zip") as archive:
        [wav] = [name for name in archive.namelist() if name.endswith(".wav")]
        samples, _ = soundfile.read(io.BytesIO(archive.read(wav)), dtype="int16")
        people = archive.read("2027-01-15_0326_utlamnat-storm-ake/deltagare.csv").decode()
    assert np.abs(samples[60 * RATE_HZ : 90 * RATE_HZ]).max() <= 2000  # the tone, and no speech
    assert "Talare 001" not in people
    [line] = await region.audited("meeting.")
    assert (line.action, line.detail["ground"]) == ("meeting.released", "18 kap. 1 § OSL")


async def test_the_small_copy_is_played_as_loud_as_others_and_the_original_on_wish(page: Page, region: Region) -> None:
    await held(region, long_s=60, people=3)
    assert await SoundCopies(region.copies, region.archive_folder).look() == 1
    copy = await region.copies.get("rec-storm")
    assert copy is not None
    await page.goto("/archive/cnf-storm?t=20")
    await expect(page.locator("#time")).to_have_text("0:20 / 1:00", timeout=LONG_MS)
    source = "document.getElementById('audio').currentSrc"
    assert str(await page.evaluate(source)).endswith("/web-audio")
    await expect(page.locator("#level-choice")).to_contain_text("dB")
    await page.click("#play")
    await reaches(page, 20.5)
    factor = float(await page.get_attribute("#level", "data-factor") or 0)
    assert copy.loudness_lufs is not None
    assert copy.peak_dbfs is not None
    assert 20 * np.log10(factor) == pytest.approx(min(-19 - copy.loudness_lufs, -copy.peak_dbfs), abs=0.2)
    await page.uncheck("#level")
    await expect(page.locator("#level")).to_have_attribute("data-factor", "1.000")
    await page.check("#master")
    await reaches(page, 21)
    assert str(await page.evaluate(source)).endswith("/audio")
    assert await now_s(page) < 40


async def test_a_package_is_made_in_the_background_and_downloaded(page: Page, region: Region, tmp_path: Path) -> None:
    await held(region, long_s=60, people=3)
    await page.goto("/archive/cnf-storm")
    await expect(page.locator("#no-packages")).to_be_visible(timeout=LONG_MS)
    await page.get_by_role("button", name="Gör dokumentation").click()
    row = page.locator("#packages li")
    await expect(row).to_contain_text("Väntar")
    assert await region.packed() == 1
    await expect(row).to_contain_text("finns till", timeout=LONG_MS)
    async with page.expect_download(timeout=LONG_MS) as awaited:
        await row.get_by_role("link", name="Ladda ner").click()
    download = await awaited.value
    assert download.suggested_filename == "2027-01-15_0326_storm-ake.zip"
    await download.save_as(tmp_path / "p.zip")
    assert zipfile.is_zipfile(tmp_path / "p.zip")
    for name in ("Gör dokumentation", "Gör paket för offentligt arkiv", "Ta bort"):
        box = await page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["height"] >= 44, name
    await row.locator("summary").click()
    await row.get_by_label("E-postadress").fill("krisledning@kommunen.example.se")
    await row.get_by_label("Adressen igen").fill("krisledning@komunen.example.se")
    await row.get_by_role("button", name="Skicka med e-post").click()
    await expect(page.locator("#problem")).to_contain_text("två sätt", timeout=LONG_MS)
    await row.get_by_role("button", name="Ta bort").click()
    await expect(row).to_contain_text("Borttaget", timeout=LONG_MS)
    await page.get_by_role("button", name="Gör paket för offentligt arkiv").click()
    other = page.locator("#packages li", has_text="Paket för offentligt arkiv")
    await other.get_by_role("button", name="Avbryt").click()
    await expect(other).to_contain_text("Avbrutet", timeout=LONG_MS)


async def test_a_disposal_is_proposed_decided_by_another_and_what_is_on_hold_is_shown(
    page: Page, region: Region
) -> None:
    await held(region, long_s=60, people=3)
    await page.goto("/archive")
    await page.get_by_role("link", name="Gallring").click()
    await page.fill("#find-form input[name=until]", "2027-02-01")
    await page.fill("#find-form input[name=text]", "storm")
    await page.get_by_role("button", name="Visa möten").click()
    await page.locator("#meetings summary").click()
    await page.get_by_label("Grund för stoppet: Storm Åke").fill("Tillsyn 2027:4")
    await page.locator("#meetings button").click()
    await expect(page.locator("#meetings li")).to_contain_text("Gallringsstopp: Tillsyn 2027:4 (operator)")
    await expect(page.locator("#meetings input[name=meeting]")).to_be_disabled()
    await page.get_by_role("button", name="Häv stoppet").click()
    await page.check("#meetings input[name=meeting]")
    await page.fill("#propose-form input[name=ground]", "RA-FS 2021:6")
    await page.fill("#propose-form input[name=decision]", "dnr 12")
    await page.locator("#propose-form button.main").click()
    row = page.locator("#disposals > li")
    await expect(row).to_contain_text("dnr 12: RA-FS 2021:6", timeout=LONG_MS)
    await row.get_by_role("button", name="Besluta").click()
    await page.click("#ask-yes")
    await expect(page.locator("#problem")).to_contain_text(
        "någon annan än den som föreslog", timeout=LONG_MS, ignore_case=True
    )
    [proposed] = await region.keeping.disposals()
    await region.copies.uploaded("rec-storm", None)
    settled = await region.keeping.settle("registrator", proposed.id, lambda _known, _kept: None, decided=True)
    assert isinstance(settled, Disposal)
    await Disposer(region.keeping, region.archive_folder).look()
    await region.keeping.copy_remains(proposed.id, "rec-storm", NOW_S + 86_400, None)
    await page.reload()
    await expect(row).to_contain_text("genomförd: registrator", timeout=LONG_MS)
    await expect(row).to_contain_text("1 kopia i objektlagret finns kvar")
    await row.locator("summary").click()
    await expect(row).to_contain_text("rec-storm: låst till")


PASSED_OVER_S: Final = """(from_s) => {
  const { currentTime, played } = document.getElementById("audio");
  const heard = (all, one) => all + played.end(one) - played.start(one);
  return currentTime - from_s - [...Array(played.length).keys()].reduce(heard, 0);
}"""


async def test_silence_is_skipped(page: Page, region: Region) -> None:
    await held(region, long_s=120, people=3)
    await page.goto("/archive/cnf-storm?t=4")
    await expect(page.locator("#time")).to_have_text("0:04 / 2:00", timeout=LONG_MS)
    await page.check("#skip")
    await page.locator("#play").click()
    await reaches(page, 6.5)
    passed_over_s = await page.evaluate(PASSED_OVER_S, 4.0)
    assert passed_over_s > 1.0  # 0:04 to 0:05.7 was not played


async def test_three_hours_and_two_hundred_speakers(page: Page, region: Region) -> None:
    await held(region, long_s=HOURS_S, people=PEOPLE)
    await page.goto("/archive/cnf-storm?t=2:30:00")
    await expect(page.locator("#time")).to_have_text("150:00 / 180:00", timeout=LONG_MS)
    assert await page.evaluate("document.getElementById('lanes').height") >= PEOPLE * 20
    drawn = await page.evaluate(
        "(() => { const c = document.getElementById('wave'); const d = c.getContext('2d')"
        ".getImageData(200, 0, 600, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0;"
        " return n; })()"
    )
    assert drawn > 10_000
    await expect(page.locator("#span-tally")).to_have_text("1–100 / 1800")
    await page.locator("#play").click()
    await reaches(page, 9000.5)
    await page.select_option("#whose", "Talare 150")
    await expect(page.locator("#spans button")).to_have_count(9)
    await page.locator("#spans button").last.click()
    await expect(page.locator("#who")).to_have_text("Talare 150", timeout=LONG_MS)
    kept = list((region.archive_folder / ".peaks").iterdir())
    assert len(kept) == 1
    assert kept[0].stat().st_size < 250_000
