"""The parts of a participant's track, as the manager interface is asked for them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.ari.tapes import Tapes, no_manager
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.ports import PortError

A, TRACK = ChannelId("1795749626.1"), RecordingId("rec-1")


class Manager:
    """Knows one channel, and how many recordings run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.running = 0
        self.channel = A
        self.refuses = ""

    async def __call__(self, action: str, **fields: str) -> Mapping[str, str]:
        self.asked.append((action, fields))
        if self.refuses:
            return {"Response": "Error", "Message": self.refuses}
        if fields["Channel"] != self.channel:
            return {"Response": "Error", "Message": "No such channel"}
        if action == "MixMonitor":
            self.running += 1
            (self.folder / fields["Options"][2:].partition(")")[0]).write_bytes(b"")
            return {"Response": "Success"}
        if not self.running:
            return {"Response": "Error", "Message": "Could not stop monitoring channel"}
        self.running -= 1
        return {"Response": "Success"}


class Clock:
    def __init__(self) -> None:
        self.at_s = 100.0

    def now_s(self) -> float:
        self.at_s += 1
        return self.at_s


@pytest.fixture
def manager(tmp_path: Path) -> Manager:
    return Manager(tmp_path)


def parts(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "rec-1.json").read_text())["parts"]
    return found


async def test_each_part_is_a_file_that_says_when_it_began_and_ended(manager: Manager, tmp_path: Path) -> None:
    tapes = Tapes(manager, tmp_path, Clock())
    await tapes.start(A, TRACK)
    await tapes.stop(A, TRACK)
    await tapes.start(A, TRACK)
    began = [fields["Options"] for action, fields in manager.asked if action == "MixMonitor"]
    assert began == ["r(rec-1.wav)S", "r(rec-1.1.wav)S"], "the telephone's side, and silence where it sends nothing"
    assert parts(tmp_path) == [
        {"file": "rec-1.wav", "began_at_s": 102.0, "ended_at_s": 103.0},
        {"file": "rec-1.1.wav", "began_at_s": 105.0},
    ]


async def test_what_an_earlier_controller_began_ends_too(manager: Manager, tmp_path: Path) -> None:
    manager.running = 1
    await Tapes(manager, tmp_path, Clock()).stop(A, TRACK)
    assert manager.running == 0


async def test_beginning_twice_leaves_one_running(manager: Manager, tmp_path: Path) -> None:
    tapes = Tapes(manager, tmp_path, Clock())
    await tapes.start(A, TRACK)
    await tapes.start(A, TRACK)
    assert manager.running == 1


async def test_of_a_telephone_that_has_gone_nothing_is_recorded(manager: Manager, tmp_path: Path) -> None:
    tapes = Tapes(manager, tmp_path, Clock())
    gone = ChannelId("gone")
    await tapes.stop(gone, TRACK)
    with pytest.raises(PortError) as refused:
        await tapes.start(gone, TRACK)
    assert refused.value.fate is Fate.GONE


async def test_a_refusal_for_another_reason_is_no_end(manager: Manager, tmp_path: Path) -> None:
    manager.refuses = "Permission denied"
    with pytest.raises(PortError) as refused:
        await Tapes(manager, tmp_path, Clock()).stop(A, TRACK)
    assert (refused.value.fate, refused.value.retry) == (Fate.REFUSED, True)


async def test_without_a_manager_interface_nothing_begins_and_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(PortError):
        await Tapes(no_manager, tmp_path, Clock()).start(A, TRACK)
