"""Every kind of line that a terminal sends, and every defect seen on one, is read for what it is."""

import pytest

from bridge.domain.kernel.language import Language
from bridge.rakel.pei.codes import RegistrationStatus, TxGrant
from bridge.rakel.pei.identity import Identity, parse_identity
from bridge.rakel.pei.indications import (
    CallConnected,
    CallReleased,
    DirectModeGateway,
    IncomingCall,
    LocalCease,
    LocalDemand,
    Maker,
    Model,
    ModeReport,
    NumberReport,
    OutgoingCall,
    RegistrationReport,
    ShortDataSent,
    SignalReport,
    TalkgroupReport,
    TransmissionCeased,
    TransmissionContinues,
    TransmissionGrant,
    TransmissionInterrupted,
    TransmissionWait,
    UnknownLine,
    VolumeReport,
)
from bridge.rakel.pei.results import ROWS, parse_result, parse_row, split_fields
from bridge.rakel.pei.table import reference_markdown, reference_rows
from bridge.words import entry
from tests.unit.rakel.wire import heard, ignored, read, read_one

CALLER = Identity(23404, "090116383")
GROUP = Identity(1, "090116383")

CASES = {
    "cticn": IncomingCall(1, 0, 0, CALLER, 1, GROUP, 0),
    "cticn_short_identities": IncomingCall(1, 0, 0, Identity(23404), 1, Identity(1000), 0),
    "cticn_no_space": IncomingCall(0, 0, 0, Identity(255), 1, Identity(300, "2162163"), 3),
    "cticn_empty_caller": IncomingCall(1, 0, 0, None, 1, Identity(1, "90116383"), 0),
    "cticn_wrong_mni": IncomingCall(1, 0, 0, Identity(2089144, "75302361"), 1, Identity(1, "90116383"), 0),
    "cticn_emergency": IncomingCall(1, 0, 0, CALLER, 1, GROUP, 15),
    "ctocp": OutgoingCall(1, 0),
    "ctcc": CallConnected(1),
    "ctcc_eight_fields": CallConnected(0),
    "ctcr": CallReleased(1, 13),
    "ctxg_own": TransmissionGrant(1, TxGrant.GRANTED, True),
    "ctxg_another": TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, True, CALLER),
    "ctxg_another_no_talker": TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, True),
    "ctxg_no_space": TransmissionGrant(0, TxGrant.GRANTED_TO_ANOTHER, True, Identity(255)),
    "ctxg_wrong_mni": TransmissionGrant(1, TxGrant.GRANTED_TO_ANOTHER, True, Identity(2089144, "75302361")),
    "ctxg_not_granted": TransmissionGrant(1, TxGrant.NOT_GRANTED, False),
    "ctxg_queued": TransmissionGrant(1, TxGrant.QUEUED, True),
    "cdtxc": TransmissionCeased(1, True),
    "cdtxc_no_space": TransmissionCeased(0, True),
    "ctxi": TransmissionInterrupted(1, TxGrant.GRANTED_TO_ANOTHER, True, CALLER),
    "ctxw": TransmissionWait(1, True),
    "ctxn": TransmissionContinues(1, True, True),
    "ctxd": LocalDemand(1),
    "cutxc": LocalCease(1),
    "ctgs": TalkgroupReport(1, GROUP),
    "ctgs_none": TalkgroupReport(0),
    "ctom": ModeReport(1),
    "creg": RegistrationReport(1, 1, "90109999"),
    "creg_lost": RegistrationReport(2),
    "csq": SignalReport(26),
    "csq_unknown": SignalReport(99),
    "clvl": VolumeReport(5),
    "ctdgr": DirectModeGateway(2, Identity(1001), "90116383", 0),
    "cmgs_sent": ShortDataSent(0, 4, 7),
    "cmgs_accepted": ShortDataSent(0),
    "gmi": Maker("MOTOROLA"),
    "gmm": Model("54007,M83PF-----AN,88.2.0.0"),
}


@pytest.mark.parametrize(("name", "expected"), CASES.items(), ids=CASES)
def test_each_kind_is_read(name: str, expected: object) -> None:
    assert read_one(name) == expected


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("cticn_truncated", "malformed"),
        ("ctcr_truncated", "malformed"),
        ("ctxg_truncated", "malformed"),
        ("ctxg_unknown_grant", "malformed"),
        ("unknown", "unknown"),
    ],
)
def test_what_cannot_be_read_is_counted_and_means_nothing(name: str, why: str) -> None:
    outputs = read(name)
    assert heard(outputs) == []
    assert ignored(outputs) == [why]


def test_every_result_code_in_the_table_has_a_captured_line() -> None:
    unseen = {"+CBC", "+CTSP", "+CNUMF", "+CNUMS", "+CNUMD", "+GMR", "+CTSDSR"}  # in answers, or tested with their data
    seen = {type(expected).__name__ for expected in CASES.values()}
    assert {code for code, row in ROWS.items() if row.build.__name__ not in seen} <= unseen


@pytest.mark.parametrize("cut", range(1, 48))
def test_a_cut_grant_never_becomes_our_own(cut: int) -> None:
    """A grant to another, cut anywhere, must never read as granted to us."""
    line = "+CTXG: 1,3,0,0,3,09011638300023404"[:cut]
    read_as = parse_result(line)
    assert not (isinstance(read_as, TransmissionGrant) and read_as.grant is TxGrant.GRANTED)


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("23404", Identity(23404)),
        ("216216300000300", Identity(300, "2162163")),
        ("2620100108280651", Identity(8280651, "26201001")),
        ("09011638300000001", Identity(1, "090116383")),
        ("16777215", Identity(16777215)),
        ("16777216", None),
        ("123456789012345678", None),
        ("", None),
        ("12a", None),
        ("²", None),
    ],
)
def test_identities_are_read_by_their_length(text: str, identity: Identity | None) -> None:
    assert parse_identity(text) == identity


def test_the_same_subscriber_is_recognised_under_a_wrong_network() -> None:
    assert Identity(2089144, "75302361").same(Identity(2089144, "90116383"))
    assert Identity(2089144).same(2089144)
    assert not Identity(2089144).same(None)


def test_signal_is_given_in_dbm() -> None:
    assert SignalReport(26).signal_dbm == -61
    assert SignalReport(99).signal_dbm is None


def test_registration_knows_home_and_visited() -> None:
    assert {status for status in RegistrationStatus if status.registered} == {
        RegistrationStatus.HOME,
        RegistrationStatus.VISITED,
    }


def test_a_comma_in_a_quoted_name_is_part_of_the_name() -> None:
    assert split_fields('1,"SAMV, ALLA", 3') == ["1", "SAMV, ALLA", "3"]
    assert parse_row("+CNUMS", '1,1234567,"SAMV, ALLA"') == NumberReport(1, Identity(1234567), "SAMV, ALLA")


def test_a_number_of_absurd_length_is_noise() -> None:
    assert isinstance(parse_result("+CTCR: " + "9" * 500), UnknownLine)


def test_causes_and_errors_are_words() -> None:
    assert entry(Language.EN, "disconnect_cause", "9") == "pre-empted"
    assert entry(Language.EN, "disconnect_cause", "99") == "cause 99"
    assert entry(Language.EN, "cme", "42") == "busy with signalling"
    assert entry(Language.EN, "cme", "512") == "error of the maker's own"


def test_the_reference_lists_every_row_with_its_evidence() -> None:
    rows = reference_rows()
    assert all(row.evidence and row.syntax for row in rows)
    assert {"+CTXG", "+CTSDSR"} <= {row.syntax.partition(":")[0] for row in rows}
    assert reference_markdown().count("\n") == len(rows) + 2
