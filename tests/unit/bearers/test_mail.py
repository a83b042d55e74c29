"""E-mail goes to a real mail server, once, and its fate is known or said to be unknown."""

import ssl
from pathlib import Path

import pytest

from bridge.bearers.mail import Mail
from bridge.bearers.settings import MailSettings
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer
from bridge.ports import PortError
from tests.harness.certificates import make_certificate
from tests.harness.ports import free_port
from tests.unit.bearers.servers import PASSWORD, USER, Post, a_mail_server

TO, FROM = "tib@lansstyrelsen.example.se", "samband@lansstyrelsen.example.se"
ORDER = SendMessage(
    OutboxId("out-1"), Bearer.MAIL, TO, "SKARPT LÄGE: inkallning", "Du rings upp.\nÅ, ä och ö.\n", 1_800_000_000.0
)


def mail(post: Post, **more: object) -> Mail:
    return Mail(MailSettings.model_validate({"host": "127.0.0.1", "port": post.port, "sender": FROM, **PLAIN, **more}))


PLAIN = {"security": "none", "within_s": 5.0}


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "mail.password"
    file.write_text(PASSWORD + "\n")
    file.chmod(0o600)
    return file


def rewritten(password: Path, text: str) -> None:
    password.write_text(text)


def opened(password: Path) -> None:
    password.chmod(0o644)


async def fails(bearer: Mail, order: SendMessage = ORDER) -> tuple[Fate, bool, str]:
    with pytest.raises(PortError) as failed:
        await bearer.send(order)
    return failed.value.fate, failed.value.retry, str(failed.value.reason.code)


async def test_a_message_arrives_as_plain_text_with_a_name_that_is_always_the_same() -> None:
    async with a_mail_server() as post:
        names = [(await mail(post).send(ORDER)).name for _ in range(2)]
        first, second = post.mails
        assert post.envelopes[0].rcpt_tos == [TO]
        assert post.envelopes[0].mail_from == FROM
        assert names[0] == names[1] == first["Message-ID"] == "<out-1@lansstyrelsen.example.se>"
        assert first["Subject"] == "SKARPT LÄGE: inkallning"
        assert (first["Auto-Submitted"], first.get_content_type(), first.get_content_charset()) == (
            "auto-generated", "text/plain", "utf-8",
        )  # fmt: skip
        assert first.get_content().replace("\r\n", "\n") == ORDER.text
        assert first["Date"] == second["Date"], "it is the same message, whenever it is sent"


async def test_the_password_goes_over_an_encrypted_connection_whose_certificate_is_trusted(
    tmp_path: Path, password: Path
) -> None:
    ours = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours.file, ours.key)
    login = {"security": "starttls", "user": USER, "password_file": password}
    async with a_mail_server(context, asks_login=True) as post:
        await mail(post, **login, certificates=ours.file).send(ORDER)
        assert (post.encrypted, len(post.logins)) == ([True], 1)
        assert await fails(mail(post, **login)) == (Fate.REFUSED, True, "bearer_without_tls")
        rewritten(password, "fel")
        assert await fails(mail(post, **login, certificates=ours.file)) == (
            Fate.REFUSED, True, "bearer_login_refused",
        )  # fmt: skip
        opened(password)
        assert await fails(mail(post, **login, certificates=ours.file)) == (
            Fate.REFUSED, True, "bearer_password_open",
        )  # fmt: skip
        assert len(post.mails) == 1


async def test_a_server_without_encryption_gets_nothing_where_it_is_asked_for() -> None:
    async with a_mail_server() as post:
        fate, retry, _ = await fails(mail(post, security="starttls"))
        assert (fate, retry, post.mails) == (Fate.REFUSED, True, [])


@pytest.mark.parametrize(
    ("at", "answer", "retry", "reason"),
    [
        ("at_rcpt", "550 no such user", False, "bearer_refused"),
        ("at_rcpt", "450 greylisted", True, "bearer_busy"),
        ("at_data", "554 content refused", False, "bearer_refused"),
        ("at_data", "452 disk full", True, "bearer_busy"),
    ],
)
async def test_a_refusal_is_tried_again_where_the_server_says_that_it_may_pass(
    at: str, answer: str, retry: bool, reason: str
) -> None:
    async with a_mail_server() as post:
        setattr(post, at, answer)
        assert await fails(mail(post)) == (Fate.REFUSED, retry, reason)
        assert post.mails == []


async def test_a_server_that_takes_a_mail_and_never_answers_leaves_it_uncertain() -> None:
    async with a_mail_server() as post:
        post.falls_silent = True
        assert await fails(mail(post, within_s=0.3)) == (Fate.UNKNOWN, False, "bearer_no_answer")
        assert len(post.mails) == 1


async def test_where_no_server_is_there_nothing_was_sent() -> None:
    nowhere = Post(free_port())
    assert await fails(mail(nowhere)) == (Fate.REFUSED, True, "bearer_not_reached")


async def test_a_subject_of_a_stranger_adds_no_header() -> None:
    async with a_mail_server() as post:
        hostile = SendMessage(OutboxId("out-2"), Bearer.MAIL, TO, "Samling\r\nBcc: spion@example.net", "Text", 0.0)
        await mail(post).send(hostile)
        assert post.mails[0]["Bcc"] is None
        assert post.envelopes[0].rcpt_tos == [TO]
        worse = SendMessage(OutboxId("out-3"), Bearer.MAIL, "a@b.se\r\nRCPT TO:<spion@example.net>", "x", "Text", 0.0)
        fate, retry, _ = await fails(mail(post), worse)
        assert (fate, retry, len(post.mails)) == (Fate.REFUSED, False, 1)
