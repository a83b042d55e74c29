"""After a reconnect: whose telephones are there, where they are, and what a dead controller left behind."""

from pathlib import Path

from bridge.ari import cdr, inventory
from bridge.ari.model import CallerId, Channel, DialplanPosition, MixingBridge
from bridge.domain.kernel.ids import ChannelId, MixId, TrunkName
from bridge.domain.telephony.events import LiveChannel

LEG = "leg-" + "A" * 26
MIX = MixId("mix-" + "B" * 26)
OTHER = "mix-" + "C" * 26


def stasis(app_data: str) -> DialplanPosition:
    return DialplanPosition("samband-inbound", "s", "Stasis", app_data)


CALLER = Channel(
    "1.1", "PJSIP/trunk-main-00000001", "Up", CallerId("", "+46701740605"), stasis("samband,inbound,4685555555,main")
)
PLACED = Channel(LEG, "PJSIP/trunk-north-west-0000000a", "Ringing")
IN_EMERGENCY = Channel(
    "1.2", "PJSIP/trunk-main-00000002", "Up", dialplan=DialplanPosition("x", "s", "ConfBridge", "a,b")
)
FOREIGN = Channel("1.3", "PJSIP/trunk-main-00000003", "Up", dialplan=stasis("phones,inbound,1,main"))
SNOOP = Channel("snp-" + "D" * 26, "Snoop/1.1-00000000", "Up", dialplan=stasis("samband,whisper"))
MEDIA = Channel("leg-" + "E" * 26, "UnicastRTP/127.0.0.1:1-0x1", "Up", dialplan=stasis("samband"))
FOREIGN_MEDIA = Channel("leg-" + "F" * 26, "UnicastRTP/127.0.0.1:2-0x1", "Up", dialplan=stasis("phones"))
ANNOUNCER = Channel("ann-" + "B" * 26, "Local/x@samband-announcer-00000001;1", "Up")
LOST_ANNOUNCER = Channel("ans-" + "C" * 26, "Local/x@samband-announcer-00000002;2", "Up")
ALL = (CALLER, PLACED, IN_EMERGENCY, FOREIGN, SNOOP, MEDIA, FOREIGN_MEDIA, ANNOUNCER, LOST_ANNOUNCER)
BRIDGES = (MixingBridge(MIX, ("1.1", ANNOUNCER.id)), MixingBridge("phone-1", (LEG,)))


def test_our_telephones_are_those_in_our_application_and_the_calls_we_placed() -> None:
    assert inventory.live_channels(ALL, BRIDGES) == (
        LiveChannel(ChannelId("1.1"), True, MIX, "+46701740605", "4685555555", TrunkName("main")),
        LiveChannel(ChannelId(LEG), False, None, "", "", TrunkName("north-west")),
    )


def test_whom_we_called_is_there_when_he_has_answered_and_come_into_our_application() -> None:
    waiting = Channel(
        LEG, "PJSIP/trunk-main-00000005", "Up", dialplan=DialplanPosition("samband-out", "s", "Wait", "1")
    )
    inside = Channel(LEG, "PJSIP/trunk-main-00000005", "Up", dialplan=stasis("samband,outbound,1"))
    fetched = Channel(LEG, "PJSIP/trunk-main-00000005", "Up", dialplan=stasis("samband,fetched"))
    live = inventory.live_channels((waiting, inside, fetched), ())
    assert [(one.answered, one.asked, one.key) for one in live] == [
        (False, True, ""),
        (True, False, "1"),
        (True, False, ""),
    ]


def test_who_hears_a_receipt_of_asterisk_has_answered_with_their_key_and_is_going() -> None:
    def called(at: int, app: str, key: str) -> Channel:
        place = DialplanPosition("samband-out", "s", app, "")
        return Channel(
            f"leg-{at:026}", "PJSIP/trunk-main-00000005", "Up", dialplan=place, channelvars={"SAMBAND_KEY": key}
        )

    answered = [called(1, "Playback", "2"), called(2, "Hangup", "3"), called(3, "Playback", "230")]
    others = [called(4, "Read", ""), called(5, "Playback", "1"), called(6, "Playback", ""), called(7, "Stasis", "3")]
    assert inventory.receipts([*answered, *others, *ALL]) == {
        answered[0].id: "2",
        answered[1].id: "3",
        answered[2].id: "230",
    }


def test_the_key_so_far_of_one_who_is_still_asked_is_shown() -> None:
    place = DialplanPosition("samband-out", "s", "Read", "")
    minutes = Channel(LEG, "PJSIP/trunk-main-00000005", "Up", dialplan=place, channelvars={"SAMBAND_KEY": "2"})
    (live,) = inventory.live_channels([minutes], ())
    assert (live.answered, live.asked, live.key) == (False, True, "2")


def test_our_mixes_are_known_by_their_names() -> None:
    assert inventory.our_mixes(BRIDGES) == {MIX}


def test_what_nobody_owns_is_found_and_nothing_else() -> None:
    assert set(inventory.orphans(ALL, BRIDGES, ())) == {SNOOP.id, MEDIA.id, LOST_ANNOUNCER.id}


def test_what_this_controller_works_with_is_no_orphan() -> None:
    assert set(inventory.orphans(ALL, BRIDGES, {SNOOP.id, MEDIA.id})) == {LOST_ANNOUNCER.id}


def record(channel: str, disposition: str, key: str = "") -> str:
    fields = ["", "08", "s", "samband-in", '"" <08>', "PJSIP/x", "", "Stasis", "samband,outbound"]
    fields += ["2026-11-22 02:42:18", "", "2026-11-22 02:42:25", "7", "6", disposition, "DOCUMENTATION", channel, key]
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\n"


def test_call_records_tell_how_calls_ended_that_nobody_listened_to(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    ends = ["ANSWERED", "BUSY", "NO ANSWER", "FAILED", "CONGESTION", "SOMETHING"]
    file.write_text("".join(record(f"leg-{number}", end) for number, end in enumerate(ends)))
    asked = [f"leg-{number}" for number in range(7)]
    causes = {channel: end.cause for channel, end in cdr.ends_of(asked, file).items()}
    assert causes == {"leg-0": 16, "leg-1": 17, "leg-2": 19, "leg-3": 38, "leg-4": 34}


def test_call_records_keep_the_key_that_asterisk_took(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(record("leg-1", "ANSWERED", "2") + record("leg-1", "NO ANSWER") + record("leg-2", "ANSWERED", "w"))
    assert cdr.ends_of(["leg-1", "leg-2"], file) == {"leg-1": cdr.CallEnd(16, "2"), "leg-2": cdr.CallEnd(16, "w")}


def test_one_who_was_moved_between_meetings_has_several_records_and_one_answer(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(record("leg-1", "ANSWERED") + record("leg-1", "NO ANSWER"))
    assert cdr.ends_of(["leg-1"], file) == {"leg-1": cdr.CallEnd(16)}


def test_records_that_are_damaged_or_far_back_do_not_disturb(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    old = record("leg-old", "BUSY")
    file.write_bytes(
        (old * (1_100_000 // len(old))).encode() + b'"half a li\xff\n' + b"a,b\n" + record("leg-1", "BUSY").encode()
    )
    assert cdr.ends_of(["leg-1"], file) == {"leg-1": cdr.CallEnd(17)}
    assert cdr.ends_of(["leg-1"], tmp_path / "none.csv") == {}
    assert cdr.ends_of([], file) == {}
