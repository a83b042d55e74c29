"""Reasons: codes with data, the same after any way to disk and back."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.kernel.reasons import GeneralReason, Reason, Value, as_json, from_json, without_evidence
from bridge.domain.radio.reasons import PatchReason

_NAMES = st.sampled_from(["gssi", "cause", "evidence", "text"])
_PLAIN = st.text(max_size=8) | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(-1e6, 1e6)


def reasons(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Reason]:
    found = st.dictionaries(_NAMES, values, max_size=3)
    return st.builds(lambda code, data: Reason(code, tuple(sorted(data.items()))), st.text(max_size=8), found)


REASONS = reasons(_PLAIN | reasons(_PLAIN | reasons(_PLAIN)))


@given(REASONS)
def test_a_reason_is_the_same_after_json(reason: Reason) -> None:
    assert from_json(as_json(reason)) == reason


@given(st.none() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()))
def test_what_is_no_reason_reads_back_as_a_sentence_of_before(value: object) -> None:
    assert isinstance(from_json(value), Reason)


def test_a_reason_names_its_data_in_one_order_and_leaves_out_what_is_none() -> None:
    one = PatchReason.NOT_SELECTED(gssi=2401, cause=PatchReason.BEING_SET())
    assert one == PatchReason.NOT_SELECTED(cause=PatchReason.BEING_SET(), gssi=2401)
    assert PatchReason.NOT_SELECTED(gssi=2401, cause=None).data == (("gssi", 2401),)


def test_for_the_log_a_reason_is_its_code_and_data() -> None:
    assert str(PatchReason.BEING_SET()) == "terminal_being_set"
    assert str(PatchReason.ALREADY_PATCHED(gssi=2401)) == "already_patched(gssi=2401)"


def test_what_a_device_said_goes_with_a_reason_and_can_be_taken_off_at_every_depth() -> None:
    cause = GeneralReason.DEVICE_FAILED(device="disk").proved("No space left on device")
    reason = PatchReason.NOT_SELECTED(gssi=2401, cause=cause).proved("+CME ERROR: 34")
    assert reason.get("evidence") == "+CME ERROR: 34"
    assert "No space" not in str(without_evidence(reason))
    assert "CME" not in str(without_evidence(reason))
