"""The product's own figures, and each record, event and order as it is when new.

A figure here is a promise to people who never open the settings. Whoever changes one changes it here too.
"""

import dataclasses
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import bridge.domain

TABLE: Final[dict[str, dict[str, Any]]] = {
    "callout.commands.StartActivation": {"ring_s": 30.0, "rounds": 3, "round_pause_s": 90.0, "exercise": False},
    "callout.passing.TrunkUse": {"next_call_at_s": 0.0, "congested": 0},
    "callout.policy.CalloutPolicy": {
        "key_wait_s": 30.0,
        "later_s": 1800.0,
        "doubt_s": 5.0,
        "congestion_s": 2.0,
        "congestion_longest_s": 30.0,
    },
    "callout.policy.TrunkPolicy": {"calls_per_s": 1.0, "channels": 30, "premium": False},
    "callout.records.Activation": {"ring_s": 30.0, "rounds": 3, "round_pause_s": 90.0, "exercise": False},
    "callout.records.Attempt": {"intent_at_s": 0.0},
    "callout.records.Target": {
        "next_number": 0,
        "round": 0,
        "not_before_s": 0.0,
        "attempts_made": 0,
        "called_before": False,
    },
    "conference.commands.OpenConference": {
        "recorded": True,
        "exercise": False,
        "emergency": False,
        "direct_code": True,
    },
    "conference.commands.RequestFloor": {"wanted": True},
    "conference.passing.Entry": {"tries": 0, "reminded": False, "held_at_s": 0.0},
    "conference.policy.ConferencePolicy": {
        "key_pause_s": 4.0,
        "end_after_s": 4.0,
        "join_s": 2.5,
        "recording_retry_s": 30.0,
        "most_left": 200,
        "empty_s": 60.0,
        "tell_muted_every_s": 30.0,
    },
    "conference.policy.EntryPolicy": {
        "tries": 3,
        "digit_pause_s": 6.0,
        "patience_s": 30.0,
        "remind_s": 3.0,
        "longest_code": 12,
        "prompt_longest_s": 60.0,
    },
    "conference.records.Conference": {
        "withheld": 0,
        "direct_code": True,
        "locked": False,
        "exercise": False,
        "emergency": False,
    },
    "conference.records.ConferenceRecording": {"wanted": False},
    "conference.records.Room": {"parallel": False, "private": False},
    "conference.records.Seat": {"talking": False},
    "directory.records.ActivationList": {"ring_s": 30.0, "rounds": 3, "round_pause_s": 90.0},
    "directory.records.Forum": {"recorded": True},
    "directory.records.Function": {"radio_orders": False},
    "directory.records.Talkgroup": {"notice": True, "spoken_end": False},
    "guessing.policy.GuessingPolicy": {
        "wrong_s": 1.0,
        "wrong_longest_s": 10.0,
        "window_s": 10_800.0,
        "line_after": 6,
        "withheld_after": 24,
        "line_longest_s": 900.0,
        "burst": 60,
        "trunk_s": 120.0,
        "all_s": 90.0,
        "familiar_s": 450.0,
        "familiar_for_s": 2_592_000.0,
        "alarm_after": 30,
    },
    "guessing.records.Guesses": {"wrong": 0},
    "kernel.backoff.Backoff": {"factor": 2.0},
    "kernel.events.EffectFailed": {"retry": False},
    "kernel.replies.Refused": {"retry": False},
    "radio.commands.AddPatch": {"approval_required": False, "notice": True, "spoken_end": False},
    "radio.commands.RemovePatch": {"at_once": False},
    "radio.effects.DemandTransmit": {"preempt": False},
    "radio.effects.HoldVoice": {"withdrawn": False},
    "radio.events.RadioTalkStarted": {"emergency": False},
    "radio.events.TransmitEnded": {"lost": False},
    "radio.events.TransmitRefused": {"retry": True},
    "radio.policy.RadioPolicy": {
        "warn_s": 50.0,
        "cut_s": 58.0,
        "pause_s": 2.0,
        "grant_s": 4.0,
        "queued_s": 15.0,
        "retry_s": 1.0,
        "busy_hold_s": 20.0,
        "select_retry_s": 5.0,
        "select_longest_s": 120.0,
        "stale_s": 10.0,
        "takeover_s": 5.0,
        "lease_warn_s": 300.0,
        "closing_s": 20.0,
        "key_silent_s": 30.0,
        "kerchunk_s": 0.5,
        "loop_s": 1.0,
        "loop_count": 3,
        "fallback_s": 10.0,
    },
    "radio.policy.TerminalPolicy": {"spare": False, "text_octets": 140},
    "radio.records.Patch": {
        "emergency": False,
        "voice_held": False,
        "created_at_s": 0.0,
        "used_at_s": 0.0,
        "notice": True,
        "spoken_end": False,
        "breaking_in": False,
        "announced": False,
        "ending": False,
        "looped": False,
        "closing": False,
    },
    "shortdata.commands.SendSds": {"group": False},
    "shortdata.commands.SendStatus": {"group": False},
    "shortdata.effects.SubmitSds": {"first_part": 1},
    "shortdata.events.SdsProgress": {"part": 1, "parts": 1},
    "shortdata.events.SdsReceived": {"group": False},
    "shortdata.events.SdsUnreadable": {"group": False},
    "shortdata.events.StatusReceived": {"group": False},
    "shortdata.policy.ShortDataPolicy": {
        "expires_s": 600.0,
        "tries": 5,
        "retry_s": 5.0,
        "retry_longest_s": 60.0,
        "look_again_s": 2.0,
        "most_waiting": 200,
        "emergency_again_s": 30.0,
    },
    "shortdata.records.Message": {
        "group": False,
        "parts": 1,
        "parts_sent": 0,
        "parts_on_air": 0,
        "tries": 0,
        "not_before_s": 0.0,
    },
    "siderooms.commands.OpenSideRoom": {"parallel": False},
    "siderooms.policy.SideRoomPolicy": {"recall_warning_s": 10.0, "empty_s": 300.0, "consultations_recorded": False},
    "telephony.events.CallArrived": {"rescued": False},
    "telephony.events.PlaybackEnded": {"failed": False},
    "telephony.state.Telephony": {"up": False},
}
"""Class → its members with a figure or a truth of their own."""


def test_the_figures_and_the_plain_state_of_everything_are_these() -> None:
    real = dict(found())
    assert {name: {member: real[name][member] for member in figures} for name, figures in TABLE.items()} == TABLE


def found() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in sorted(_dataclasses(), key=lambda one: (one.__module__, one.__name__)):
        figures = {
            field.name: field.default
            for field in dataclasses.fields(kind)
            if isinstance(field.default, bool | int | float) and not isinstance(field.default, str)
        }
        if figures:
            yield f"{kind.__module__.removeprefix('bridge.domain.')}.{kind.__name__}", figures


def _dataclasses() -> set[type[Any]]:
    modules = [import_module(one.name) for one in pkgutil.walk_packages(bridge.domain.__path__, "bridge.domain.")]
    return {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == module.__name__
    }
