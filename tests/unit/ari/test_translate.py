"""What Asterisk says becomes one fact each, in any order, however often it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ari import model
from bridge.ari.reasons import AsteriskReason
from bridge.ari.translate import Translated, Translator
from bridge.domain.kernel.ids import ChannelId, MixId, PlaybackId, RecordingId, TrunkName
from bridge.domain.recording.events import RecordingEnded, RecordingFailed, RecordingStarted
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    KeyTaken,
    LaterPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
    LegRinging,
    LiveChannel,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TalkingStarted,
    TalkingStopped,
)

LEG = ChannelId("leg-" + "A" * 26)
CALLER = ChannelId("1795315338.1")
MIX = MixId("mix-" + "B" * 26)
PLAYBACK = PlaybackId("ply-" + "C" * 26)
RECORDING = RecordingId("rec-" + "D" * 26)
BRIDGE = model.MixingBridge(MIX)


def telephone(channel: str = CALLER, state: str = "Up") -> model.Channel:
    return model.Channel(channel, "PJSIP/trunk-main-00000001", state, model.CallerId(number="+46701740605"))


def helper(channel: str, name: str) -> model.Channel:
    return model.Channel(channel, name, "Up")


HELPERS = (
    helper("snp-" + "A" * 26, "Snoop/1795315338.1-00000000"),
    helper("ann-" + "B" * 26, "Local/mix@samband-announcer-00000000;1"),
    helper("ans-" + "B" * 26, "Local/mix@samband-announcer-00000000;2"),
    helper("leg-" + "M" * 26, "UnicastRTP/127.0.0.1:40000-0x1"),
    helper("1795315338.7", "Recorder/ARI-00000001;2"),
)


def told(*events: model.KnownEvent, by: Translator | None = None) -> list[Translated]:
    translator = by or Translator()
    return [fact for event in events for fact in translator.translate(event, 7.0)]


def inbound(origin: str = "inbound") -> model.StasisStart:
    return model.StasisStart(telephone(), (origin, "4685555555", "main"))


def test_hold_is_told_of_a_telephone_and_of_no_helper() -> None:
    events: list[model.KnownEvent] = [model.ChannelHold(telephone()), model.ChannelUnhold(telephone())]
    assert told(inbound(), *events)[1:] == [LegHeld(7.0, CALLER), LegResumed(7.0, CALLER)]
    assert told(*(model.ChannelHold(one) for one in HELPERS)) == []


def test_a_call_comes_in_with_what_was_dialled_and_by_which_trunk() -> None:
    expected = CallArrived(7.0, CALLER, "4685555555", "+46701740605", TrunkName("main"))
    assert told(inbound(), inbound()) == [expected]


def test_one_rescued_from_the_emergency_room_is_known_as_such_also_when_he_had_left_us_before() -> None:
    facts = told(inbound(), model.StasisEnd(telephone()), inbound("rescued"))
    assert [type(fact) for fact in facts] == [CallArrived, LegEnded, CallArrived]
    assert [fact.rescued for fact in facts if isinstance(fact, CallArrived)] == [False, True]


def test_a_call_we_placed_rings_and_is_answered() -> None:
    assert told(
        model.Dial(telephone(LEG, "Down"), ""),
        model.ChannelStateChange(telephone(LEG, "Ringing")),
        model.Dial(telephone(LEG, "Ringing"), "RINGING"),
        model.ChannelStateChange(telephone(LEG, "Up")),
        model.ChannelDtmfReceived(telephone(LEG), "1"),
        model.StasisStart(telephone(LEG), ("outbound", "1")),
        model.StasisStart(telephone(LEG), ("outbound", "1")),
    ) == [LegRinging(7.0, LEG), LegAnswered(7.0, LEG), KeyTaken(7.0, LEG, "1")]


def test_a_2_is_told_while_asterisk_still_asks_for_the_minutes() -> None:
    assert told(
        model.ChannelStateChange(telephone(LEG, "Up")),
        model.ChannelUserevent("samband-later", telephone(LEG)),
        model.StasisStart(telephone(LEG), ("outbound", "215")),
    ) == [LegAnswered(7.0, LEG), LaterPressed(7.0, LEG), KeyTaken(7.0, LEG, "215")]


def test_a_call_is_asked_from_its_answer_until_it_comes_into_our_application() -> None:
    translator = Translator()
    seen = []
    for event in (
        model.ChannelStateChange(telephone(LEG, "Ringing")),
        model.ChannelStateChange(telephone(LEG, "Up")),
        model.StasisStart(telephone(LEG), ("fetched",)),
    ):
        told(event, by=translator)
        seen.append(translator.is_asked(LEG))
    assert seen == [False, True, False]


def test_a_caller_of_our_own_does_not_ring() -> None:
    assert told(model.ChannelStateChange(telephone(CALLER, "Ringing"))) == []


def test_a_channel_ends_once_with_the_cause_that_was_given() -> None:
    gone = (
        model.ChannelHangupRequest(telephone(), 19),
        model.StasisEnd(telephone()),
        model.ChannelDestroyed(telephone(), 16),
    )
    assert told(inbound(), *gone, *gone)[1:] == [LegEnded(7.0, CALLER, 19)]


def test_a_call_that_was_refused_ends_with_the_cause_of_its_destruction() -> None:
    assert told(model.ChannelDestroyed(telephone(LEG, "Down"), 17)) == [LegEnded(7.0, LEG, 17)]


def test_hanging_up_ourselves_is_a_normal_end() -> None:
    request = model.ChannelHangupRequest(telephone(), 32, soft=True)
    assert told(inbound(), request, model.StasisEnd(telephone()))[1:] == [LegEnded(7.0, CALLER, 16)]


def test_an_unknown_cause_stays_unknown() -> None:
    assert told(inbound(), model.ChannelDestroyed(telephone(), 0))[1:] == [LegEnded(7.0, CALLER, 0)]


def test_who_hangs_up_before_he_is_with_us_gives_no_end_and_does_not_arrive_afterwards() -> None:
    assert told(model.ChannelDestroyed(telephone(), 16), inbound()) == []


def test_nothing_is_said_of_a_channel_after_its_end() -> None:
    end = model.ChannelDestroyed(telephone(), 16)
    late = (
        inbound(),
        model.ChannelLeftBridge(BRIDGE, telephone()),
        model.ChannelDtmfReceived(telephone(), "1"),
        model.ChannelTalkingFinished(telephone()),
        model.PlaybackFinished(model.Playback(PLAYBACK, f"channel:{CALLER}", "failed")),
    )
    assert told(inbound(), end, *late)[1:] == [LegEnded(7.0, CALLER, 16)]


def test_keys_and_talking() -> None:
    assert told(
        inbound(),
        model.ChannelDtmfReceived(telephone(), "#"),
        model.ChannelTalkingStarted(telephone()),
        model.ChannelTalkingFinished(telephone()),
    )[1:] == [DigitPressed(7.0, CALLER, "#"), TalkingStarted(7.0, CALLER), TalkingStopped(7.0, CALLER)]


def test_what_is_keyed_before_a_call_is_with_us_such_as_the_emergency_rooms_code_is_not_read() -> None:
    assert told(model.ChannelDtmfReceived(telephone(), "4")) == []
    assert told(model.ChannelDtmfReceived(telephone(LEG), "1")) == []


def test_what_is_no_key_changes_nothing() -> None:
    assert told(inbound(), *(model.ChannelDtmfReceived(telephone(), digit) for digit in ("", "x", "12", "٣")))[1:] == []


def test_coming_into_our_mixes_and_leaving_them_and_no_others() -> None:
    other = model.MixingBridge("phone-1")
    assert told(
        model.ChannelEnteredBridge(BRIDGE, telephone()),
        model.ChannelEnteredBridge(other, telephone()),
        model.ChannelLeftBridge(other, telephone()),
        model.ChannelLeftBridge(BRIDGE, telephone()),
        model.ChannelEnteredBridge(BRIDGE),
    ) == [MixJoined(7.0, CALLER, MIX), MixLeft(7.0, CALLER, MIX)]


def test_playbacks_of_ours_end_well_or_badly() -> None:
    target = f"channel:{CALLER}"
    assert told(
        model.PlaybackStarted(model.Playback(PLAYBACK, target, "playing")),
        model.PlaybackFinished(model.Playback(PLAYBACK, target, "done")),
        model.PlaybackFinished(model.Playback(PLAYBACK, target, "failed")),
        model.PlaybackFinished(model.Playback("other", target, "done")),
        model.PlaybackFinished(model.Playback(PLAYBACK, "bridge:x", "done")),
    ) == [PlaybackEnded(7.0, PLAYBACK, CALLER), PlaybackEnded(7.0, PLAYBACK, CALLER, failed=True)]


def test_recordings_start_end_and_fail() -> None:
    assert told(
        model.RecordingStarted(model.LiveRecording(RECORDING)),
        model.RecordingFinished(model.LiveRecording(RECORDING, duration=61)),
        model.RecordingFailed(model.LiveRecording(RECORDING, cause="disk full")),
        model.RecordingFailed(model.LiveRecording(RECORDING)),
        model.RecordingStarted(model.LiveRecording("rec-somebody-else")),
    ) == [
        RecordingStarted(7.0, RECORDING),
        RecordingEnded(7.0, RECORDING, 61.0),
        RecordingFailed(7.0, RECORDING, AsteriskReason.RECORDING_FAILED(evidence="disk full")),
        RecordingFailed(7.0, RECORDING, AsteriskReason.RECORDING_FAILED()),
    ]


def test_our_own_tools_are_nobodys_participants() -> None:
    for tool in HELPERS:
        assert (
            told(
                model.StasisStart(tool, ("outbound",)),
                model.ChannelEnteredBridge(BRIDGE, tool),
                model.ChannelTalkingStarted(tool),
                model.ChannelDtmfReceived(tool, "1"),
                model.ChannelLeftBridge(BRIDGE, tool),
                model.StasisEnd(tool),
                model.ChannelDestroyed(tool, 16),
            )
            == []
        )
    assert told(model.PlaybackFinished(model.Playback(PLAYBACK, f"channel:{HELPERS[0].id}", "done"))) == []


def test_what_a_listing_showed_is_not_told_again_and_what_it_did_not_show_is_gone() -> None:
    translator = Translator()
    told(model.StasisStart(telephone("1795315338.9"), ("inbound", "1", "main")), by=translator)
    translator.adopt([LiveChannel(CALLER, answered=False), LiveChannel(LEG, answered=False)])
    assert told(inbound(), by=translator) == []
    assert told(model.StasisStart(telephone(LEG), ("outbound",)), by=translator) == [KeyTaken(7.0, LEG, "")]
    assert told(model.ChannelDestroyed(telephone("1795315338.9"), 16), by=translator) == []
    assert told(model.ChannelDestroyed(telephone(), 16), by=translator) == [LegEnded(7.0, CALLER, 16)]


def test_strange_arguments_change_nothing() -> None:
    assert told(model.StasisStart(telephone(), ()), model.StasisStart(telephone(), ("what", "ever"))) == []


LIFE: tuple[model.KnownEvent, ...] = (
    inbound(),
    model.ChannelEnteredBridge(BRIDGE, telephone()),
    model.ChannelTalkingStarted(telephone()),
    model.ChannelDtmfReceived(telephone(), "5"),
    model.ChannelTalkingFinished(telephone()),
    model.ChannelHangupRequest(telephone(), 16),
    model.ChannelLeftBridge(BRIDGE, telephone()),
    model.StasisEnd(telephone()),
    model.ChannelDestroyed(telephone(), 16),
    model.ChannelStateChange(telephone(LEG, "Ringing")),
    model.StasisStart(telephone(LEG), ("outbound",)),
    model.ChannelDestroyed(telephone(LEG), 17),
    *(model.StasisEnd(tool) for tool in HELPERS),
)


@given(st.lists(st.sampled_from(LIFE), max_size=20).flatmap(lambda more: st.permutations([*LIFE, *more])))
def test_shuffled_and_repeated_events_give_the_same_ends_once_each_and_nothing_after(
    events: list[model.KnownEvent],
) -> None:
    facts = told(*events)
    ends = [fact.channel for fact in facts if isinstance(fact, LegEnded)]
    arrived = [fact.channel for fact in facts if isinstance(fact, CallArrived)]
    assert sorted(ends) == sorted([*arrived, LEG])
    for channel in ends:
        last = [fact for fact in facts if getattr(fact, "channel", None) == channel][-1]
        assert isinstance(last, LegEnded)
    assert len([fact for fact in facts if isinstance(fact, CallArrived | LegAnswered)]) <= 2


text = st.text(max_size=8)
channels = st.builds(model.Channel, id=st.one_of(text, st.sampled_from([CALLER, LEG, MIX])), name=text, state=text)
bridges = st.builds(model.MixingBridge, id=st.one_of(text, st.just(MIX)))


@given(
    st.lists(
        st.one_of(
            st.builds(model.StasisStart, channel=channels, args=st.lists(text, max_size=4).map(tuple)),
            st.builds(model.StasisEnd, channel=channels),
            st.builds(model.ChannelDestroyed, channel=channels, cause=st.integers()),
            st.builds(model.ChannelHangupRequest, channel=channels, cause=st.integers(), soft=st.booleans()),
            st.builds(model.Dial, peer=channels, dialstatus=text),
            st.builds(model.ChannelDtmfReceived, channel=channels, digit=text),
            st.builds(model.ChannelEnteredBridge, bridge=bridges, channel=st.none() | channels),
            st.builds(model.PlaybackFinished, playback=st.builds(model.Playback, id=text, target_uri=text)),
            st.builds(model.RecordingFinished, recording=st.builds(model.LiveRecording, name=text)),
        )
    )
)
@pytest.mark.slow
def test_nothing_that_can_be_sent_makes_it_raise(events: list[model.KnownEvent]) -> None:
    told(*events)
