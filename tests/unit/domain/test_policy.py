"""What holds where nothing is set: the rules' own figures are those that the settings' reference tells."""

from dataclasses import replace

import pytest

from bridge.domain.callout.commands import StartActivation
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.conference.policy import ConferencePolicy, EntryPolicy
from bridge.domain.directory.records import ActivationList
from bridge.domain.kernel.ids import ActivationId, ConferenceId
from bridge.domain.kernel.policy import Policy
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.service.callouts import NewActivation
from bridge.settings import Settings

PARTS = [EntryPolicy, ConferencePolicy, RadioPolicy, ShortDataPolicy]


@pytest.mark.parametrize("part", PARTS)
def test_the_rules_go_by_the_settings_own_defaults(part: type[object]) -> None:
    assert Policy()[part] == Settings().policy()[part]


def test_the_call_out_goes_by_the_settings_own_defaults_whatever_the_trunks() -> None:
    assert Policy()[CalloutPolicy] == replace(Settings().policy()[CalloutPolicy], trunks=CalloutPolicy().trunks)


def test_what_no_setting_changes_is_what_was_decided() -> None:
    assert (EntryPolicy().longest_code, EntryPolicy().prompt_longest_s) == (12, 60.0)
    meeting = ConferencePolicy()
    assert (meeting.join_s, meeting.recording_retry_s, meeting.most_left) == (2.5, 30.0, 200)


def test_the_radios_minute_is_warned_of_at_50_seconds_and_cut_at_58() -> None:
    radio = RadioPolicy()
    assert (radio.warn_s, radio.cut_s, radio.pause_s) == (50.0, 58.0, 2.0)
    assert radio.cut_s < 60.0, "the minute is a limit"


def test_a_call_out_rings_half_a_minute_three_rounds_with_a_minute_and_a_half_between() -> None:
    command = StartActivation(ActivationId("act"), "key", ConferenceId("cnf"), "Stab", ())
    listed, asked = ActivationList(id="x", name="Stab"), NewActivation(key="key", list_name="Stab", targets=())
    for one in (command, listed, asked):
        assert (one.ring_s, one.rounds, one.round_pause_s) == (30.0, 3, 90.0)


def test_figures_that_hang_together_do() -> None:
    short_data, callout = ShortDataPolicy(), CalloutPolicy()
    assert short_data.retry_s < short_data.retry_longest_s < short_data.expires_s
    assert callout.congestion_s < callout.congestion_longest_s
