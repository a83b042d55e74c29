"""The conversation with the terminal: one command at a time, whatever else comes in between."""

import random

import pytest

from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import AiService, TxDemandPriority, TxGrant
from bridge.rakel.pei.commands import Command
from bridge.rakel.pei.identity import Identity
from bridge.rakel.pei.indications import ModeReport, NumberReport, ShortData, ShortDataSent, TransmissionGrant
from bridge.rakel.pei.session import Outcome, Restarted, Session, SessionTimes, Write
from tests.harness.reasons import english
from tests.unit.rakel.wire import answers, fixture, heard, ignored, written

AT = commands.plain("attention")


def sent(session: Session, command: Command = AT, at_s: float = 0.0) -> int:
    token, outputs = session.send(command, at_s)
    assert written(outputs) == command.wire
    return token


def test_a_command_is_sent_with_a_carriage_return_and_ended_by_ok() -> None:
    session = Session()
    token = sent(session)
    (answer,) = answers(session.feed(b"\r\nOK\r\n", 0.1))
    assert (answer.token, answer.ok, answer.reason) == (token, True, None)
    assert session.next_due_s() is None


def test_the_next_command_waits_for_the_end_of_the_first() -> None:
    session = Session()
    sent(session)
    _, outputs = session.send(commands.plain("echo_off"), 0.0)
    assert outputs == []
    assert written(session.feed(b"OK\r\n", 0.1)) == b"ATE0\r"


@pytest.mark.parametrize(
    ("line", "retry", "reason"),
    [
        (b"ERROR\r\n", False, "the terminal answers ERROR"),
        (b"+CME ERROR: 42\r\n", True, "busy with signalling (+CME ERROR: 42)"),
        (b"+CME ERROR:30\r\n", True, "out of service (+CME ERROR: 30)"),
        (b"+CME ERROR: 34\r\n", False, "parameter out of range (+CME ERROR: 34)"),
        (b"+CME ERROR: 41\r\n", False, "transmission inhibited (+CME ERROR: 41)"),
        (b"+CME ERROR: junk\r\n", False, "the terminal answers ERROR"),
        (b"+CMS ERROR: 5\r\n", False, "the terminal answers ERROR"),
    ],
)
def test_a_refusal_says_why_and_whether_to_try_again(line: bytes, retry: bool, reason: str) -> None:
    session = Session()
    sent(session)
    (answer,) = answers(session.feed(line, 0.1))
    assert (answer.outcome, answer.retry, english(answer.reason)) == (Outcome.ERROR, retry, reason)


def test_the_echo_of_the_command_is_not_its_answer() -> None:
    session = Session()
    sent(session, commands.demand(1, TxDemandPriority.LOW))
    outputs = session.feed(b"AT+CTXD=1,0\r\r\nOK\r\n", 0.1)
    assert ignored(outputs) == ["echo"]
    assert answers(outputs)[0].ok


def test_the_echo_of_user_data_is_not_taken_for_anything() -> None:
    session = Session()
    sent(session, commands.send_sds(23401, 32, bytes.fromhex("82100007")))
    outputs = session.feed(b"AT+CMGS=23401,32\r\n> 82100007\x1a\r\n+CMGS: 0\r\nOK\r\n", 0.1)
    assert ignored(outputs) == ["echo", "echo"]
    assert answers(outputs)[0].lines == (ShortDataSent(0),)


def test_indications_between_a_command_and_its_result_are_told_and_are_no_answer() -> None:
    session = Session()
    sent(session, commands.plain("signal"))
    outputs = session.feed(fixture("ctxg_own") + fixture("csq") + fixture("cdtxc") + b"OK\r\n", 0.1)
    assert heard(outputs)[0] == TransmissionGrant(1, TxGrant.GRANTED)
    assert len(heard(outputs)) == 2
    assert len(answers(outputs)[0].lines) == 1


def test_the_rows_of_a_list_belong_to_the_answer() -> None:
    session = Session()
    sent(session, commands.plain("own_numbers"))
    (answer,) = answers(session.feed(fixture("cnumf"), 0.1))
    assert answer.lines == (
        NumberReport(0, Identity(2089144, "90100001")),
        NumberReport(2, Identity(16777184)),
        NumberReport(3, Identity(16777184)),
    )


def test_what_becomes_of_an_earlier_message_is_not_the_answer_to_this_one() -> None:
    session = Session()
    sent(session, commands.send_sds(23401, 8, b"\x00"))
    outputs = session.feed(b"+CMGS: 0,4,7\r\n+CMGS: 1\r\nOK\r\n", 0.1)
    assert heard(outputs) == [ShortDataSent(0, 4, 7)]
    assert answers(outputs)[0].lines == (ShortDataSent(1),)


def test_a_command_without_answer_times_out_and_the_late_answer_is_not_the_next_ones() -> None:
    session = Session(SessionTimes(settle_s=1.0))
    sent(session)
    session.send(commands.plain("echo_off"), 0.0)
    assert session.next_due_s() == 1.0
    outputs = session.tick(1.0)
    assert answers(outputs)[0].outcome is Outcome.TIMEOUT
    assert written(outputs) == b""
    assert ignored(session.feed(b"OK\r\n", 1.5)) == ["stray_final"]
    assert session.next_due_s() == 2.0
    assert written(session.tick(2.0)) == b"ATE0\r"


def test_user_data_that_was_not_taken_is_given_up_with_escape() -> None:
    session = Session()
    sent(session, commands.send_sds(1, 8, b"\x00"))
    assert written(session.tick(10.0)) == b"\x1b"


def test_a_doubled_result_does_not_answer_the_next_command() -> None:
    session = Session()
    sent(session)
    session.send(commands.plain("echo_off"), 0.0)
    outputs = session.feed(b"OK\r\nOK\r\n", 0.1)
    assert [answer.command.text for answer in answers(outputs)] == ["AT"]
    assert written(outputs) == b"ATE0\r"
    assert ignored(outputs) == ["stray_final"]


def test_letting_go_of_the_channel_goes_first_and_asking_for_it_next() -> None:
    session = Session()
    sent(session)
    for command in (
        commands.plain("signal"),
        commands.plain("talkgroup"),
        commands.demand(1, TxDemandPriority.LOW),
        commands.cease(1),
    ):
        session.send(command, 0.0)
    order = [written(session.feed(b"OK\r\n", 0.1)) for _ in range(4)]
    assert order == [b"AT+CUTXC=1\r", b"AT+CTXD=1,0\r", b"AT+CTGS?\r", b"AT+CSQ?\r"]


def test_short_data_waits_behind_the_channel_and_goes_before_polls_and_lists() -> None:
    session = Session()
    sent(session)
    for command in (
        commands.plain("battery"),
        commands.plain("static_groups"),
        commands.send_sds(1, 8, b"\x00"),
        commands.dial(1),
        commands.plain("hang_up"),
    ):
        session.send(command, 0.0)
    order = [written(session.feed(b"OK\r\n", 0.1)).partition(b"\r")[0] for _ in range(5)]
    assert order == [b"ATH", b"ATD1", b"AT+CMGS=1,8", b"AT+CBC?", b"AT+CNUMS?"]


def test_short_data_that_is_being_handed_over_is_finished_before_the_channel_is_let_go() -> None:
    session = Session()
    sent(session, commands.send_sds(1, 8, b"\x00"))
    assert written(session.send(commands.cease(1), 0.5)[1]) == b""
    assert written(session.tick(1.4)) == b""
    outputs = session.feed(b"+CMGS: 0\r\nOK\r\n", 1.5)
    assert answers(outputs)[0].ok
    assert written(outputs) == b"AT+CUTXC=1\r"


def test_a_slow_command_is_not_waited_for_when_the_channel_must_be_let_go() -> None:
    session = Session(SessionTimes(urgent_patience_s=1.0, settle_s=0.5))
    sent(session, commands.send_sds(1, 8, b"\x00"))
    session.send(commands.cease(1), 2.0)
    assert session.next_due_s() == 3.0
    session.tick(3.0)
    assert written(session.tick(3.5)) == b"AT+CUTXC=1\r"


def test_the_queue_is_bounded_and_the_least_urgent_gives_way() -> None:
    session = Session(queue_limit=2)
    sent(session)
    session.send(commands.plain("signal"), 0.0)
    session.send(commands.plain("registration"), 0.0)
    _, outputs = session.send(commands.cease(1), 0.0)
    assert [(answer.command.text, answer.outcome) for answer in answers(outputs)] == [("AT+CREG?", Outcome.OVERFLOW)]
    token, outputs = session.send(commands.plain("signal"), 0.0)
    assert answers(outputs)[0].token == token, "the newest of the least urgent gives way, be it the one just sent"


def test_a_waiting_command_can_be_taken_back_and_one_under_way_cannot() -> None:
    session = Session()
    first = session.send(AT, 0.0)[0]
    second = session.send(commands.dial(1), 0.0)[0]
    assert session.cancel(first, 0.0) == []
    assert answers(session.cancel(second, 0.0))[0].outcome is Outcome.CANCELLED
    assert written(session.feed(b"OK\r\n", 0.1)) == b""


def test_a_lost_line_answers_everything_once() -> None:
    session = Session()
    sent(session)
    session.send(commands.plain("signal"), 0.0)
    session.feed(b"+CTX", 0.1)
    assert [answer.outcome for answer in answers(session.lose())] == [Outcome.CANCELLED, Outcome.CANCELLED]
    assert session.lose() == []
    assert heard(session.feed(b"G: 1,0,0,0\r\n", 0.2)) == []


def test_a_pause_between_commands_is_kept_for_terminals_that_need_it() -> None:
    session = Session(SessionTimes(gap_s=0.2))
    sent(session)
    session.send(commands.plain("signal"), 0.0)
    assert written(session.feed(b"OK\r\n", 1.0)) == b""
    assert session.next_due_s() == pytest.approx(1.2)
    assert written(session.tick(1.2)) == b"AT+CSQ?\r"


def test_a_terminal_that_was_switched_on_is_noticed() -> None:
    assert Session().feed(fixture("cme_syntax"), 0.0) == [Restarted(0.0)]


def test_a_terminal_that_begins_to_echo_was_switched_on_anew() -> None:
    session = Session()
    sent(session)
    session.feed(b"OK\r\n", 0.0)
    sent(session)
    outputs = session.feed(b"AT\rOK\r\n", 0.0)
    assert Restarted(0.0) in outputs
    assert answers(outputs)[0].ok


def test_a_terminal_that_always_echoes_is_not_taken_for_a_new_one() -> None:
    session = Session()
    for _ in range(3):
        sent(session)
        assert Restarted(0.0) not in session.feed(b"AT\rOK\r\n", 0.0)


def test_a_message_is_its_header_and_the_line_after_it() -> None:
    (message,) = heard(Session().feed(fixture("ctsdsr"), 0.0))
    assert message == ShortData(
        AiService.SDS_TL, Identity(23404), Identity(23401), 112, bytes.fromhex("82040801476A6174616A61676A61")
    )


@pytest.mark.parametrize(
    ("header", "sender"),
    [(b"+CTSDSR: 12,23404,23401,16\r\n8004\r\n", 23404), (b"+CTSDSR: 13,23404,16\r\n8004\r\n", 23404)],
)
def test_the_shorter_headers_of_older_terminals_are_read(header: bytes, sender: int) -> None:
    (message,) = heard(Session().feed(header, 0.0))
    assert isinstance(message, ShortData)
    assert message.calling == Identity(sender)
    assert message.data == b"\x80\x04"


def test_a_header_whose_data_never_came_swallows_nothing() -> None:
    outputs = Session().feed(fixture("ctsdsr_no_data") + fixture("ctxg_own"), 0.0)
    assert ignored(outputs) == ["orphan_header"]
    nothing = ShortData(12, Identity(23404), Identity(23401), 112, b"")
    assert heard(outputs) == [nothing, TransmissionGrant(1, TxGrant.GRANTED)], "that somebody wrote is told"


def test_data_that_comes_long_after_its_header_is_not_its_data() -> None:
    session = Session()
    session.feed(fixture("ctsdsr_no_data"), 0.0)
    outputs = session.feed(b"8004\r\n", 60.0)
    assert [one.data for one in heard(outputs) if isinstance(one, ShortData)] == [b""]
    assert len(heard(outputs)) == 1
    assert ignored(outputs) == ["orphan_header", "unknown"]


def test_the_last_good_result_is_not_inherited_by_an_unknown_line() -> None:
    """The trap of other programs: an unknown line counted as the last OK and sent the next command too early."""
    session = Session()
    sent(session)
    session.send(commands.plain("signal"), 0.0)
    outputs = session.feed(fixture("unknown") + fixture("ctom"), 0.1)
    assert written(outputs) == b""
    assert heard(outputs) == [ModeReport(1)]
    assert answers(outputs) == []


@pytest.mark.parametrize("seed", range(30))
def test_after_noise_duplicates_and_shuffled_lines_a_good_command_still_works(seed: int) -> None:
    chance = random.Random(seed)
    lines = [fixture(name) for name in ("ctxg_own", "ctsdsr", "cnumf", "cme_syntax", "cticn", "cdtxc", "unknown")]
    stream = b"".join(
        chance.choice([line, line * 2, line[: chance.randrange(len(line))], chance.randbytes(chance.randrange(300))])
        for line in chance.choices(lines, k=40)
    )
    session, at_s = Session(), 0.0
    while stream:
        size = chance.randrange(1, 50)
        session.feed(stream[:size], at_s)
        stream, at_s = stream[size:], at_s + 0.01
    session.feed(b"\r\n", at_s)
    session.tick(at_s + 10)
    token, outputs = session.send(AT, at_s + 20)
    assert Write(b"AT\r") in outputs
    assert [answer.token for answer in answers(session.feed(b"\r\nOK\r\n", at_s + 20.1)) if answer.ok] == [token]
