"""E-mail over loopback SMTP (aiosmtpd): encryption, login, Chinese words, and what every answer of a server means."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.channels.mail import Mail, mail_request
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from config.schema import MailSettings

AT = datetime(2025, 11, 21, 18, 24, tzinfo=UTC)
USER, SECRET = "zhiban", "口令 pass"


class Post:
    """A mail server that keeps letters and answers as told."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.rcpt = "250 OK"
        self.data = "250 OK"
        self.hang_up = False

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.letters.append(envelope.content or b"")
        if self.hang_up:
            server.transport.abort()
        return self.data


def login(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), SECRET.encode())
    return AuthResult(success=good, handled=good)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's own making, as a private mail server has one."""
    folder, key = tmp_path_factory.mktemp("cert"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return public, context


@contextlib.asynccontextmanager
async def served(post: Post, tls: ssl.SSLContext | None = None, **more: Any) -> AsyncIterator[MailSettings]:
    """`tls`: from the first byte; `tls_context` in `more`: after STARTTLS."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(post, hostname="localhost", loop=loop, **more), "localhost", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield MailSettings(host="localhost", port=port, security="none", sender="zhiban@example.invalid")
    finally:
        server.close()


@pytest.fixture
async def plain(post: Post) -> AsyncIterator[MailSettings]:
    async with served(post) as settings:
        yield settings


def request(ident: str = "mail-1") -> bytes:
    text = "12号紧急事项仍无人确认，请立即打开企业微信处理。\n.\n行首的点和长句都应原样到达。"
    return mail_request(ident, "鹿溪县舆情值班", "penghai@example.invalid", "彭海", "【值班】12号事项待您处理", text, AT)


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


async def test_a_letter_arrives_with_chinese_words_as_written(plain: MailSettings, post: Post) -> None:
    await Mail(plain).send(request())
    letter = read(post.letters[0])
    assert letter["Subject"] == "【值班】12号事项待您处理"
    assert letter["From"].addresses[0].display_name == "鹿溪县舆情值班"
    assert letter["To"].addresses[0].display_name == "彭海"
    assert letter["Date"].datetime == AT
    assert letter.get_content_type() == "text/plain"
    assert "\n.\n行首的点" in letter.get_content().replace("\r\n", "\n")
    assert all(len(line) <= 998 for line in post.letters[0].split(b"\r\n"))
    assert post.letters[0].isascii()


async def test_a_repeat_is_the_same_letter_and_another_is_not(plain: MailSettings, post: Post) -> None:
    for ident in ("mail-1", "mail-1", "mail-2"):
        await Mail(plain).send(request(ident))
    first, again, other = (str(read(raw)["Message-ID"]) for raw in post.letters)
    assert first == again != other


async def test_starttls_and_login(post: Post, certificate: tuple[Path, ssl.SSLContext]) -> None:
    ca, context = certificate
    async with served(post, tls_context=context, require_starttls=True, authenticator=login, auth_required=True) as settings:
        safe = replace(settings, security="starttls", ca_file=str(ca), username=USER, password=SECRET)
        await Mail(safe).send(request())
        assert len(post.letters) == 1
        with pytest.raises(SendError) as wrong:
            await Mail(replace(safe, password="falsch")).send(request())
        assert wrong.value.kind is Kind.FATAL
        assert "用户名或密码" in str(wrong.value)
        with pytest.raises(SendError) as unknown:
            await Mail(replace(safe, ca_file="")).send(request())
        assert unknown.value.kind is Kind.RETRY
    assert len(post.letters) == 1


async def test_without_encryption_where_it_is_demanded_nothing_leaves(plain: MailSettings, post: Post) -> None:
    with pytest.raises(SendError) as caught:
        await Mail(replace(plain, security="starttls")).send(request())
    assert caught.value.kind is Kind.FATAL
    assert post.letters == []


async def test_tls_from_the_first_byte(post: Post, certificate: tuple[Path, ssl.SSLContext]) -> None:
    ca, context = certificate
    async with served(post, context) as settings:
        await Mail(replace(settings, security="tls", ca_file=str(ca))).send(request())
    assert len(post.letters) == 1


@pytest.mark.parametrize(
    ("where", "answer", "kind"),
    [
        ("rcpt", "550 no such user", Kind.DATA),
        ("rcpt", "452 mailbox full", Kind.RETRY),
        ("data", "554 refused", Kind.DATA),
        ("data", "451 try later", Kind.RETRY),
    ],
)
async def test_a_refusal_is_for_good_or_for_now(plain: MailSettings, post: Post, where: str, answer: str, kind: Kind) -> None:
    setattr(post, where, answer)
    with pytest.raises(SendError) as caught:
        await Mail(plain).send(request())
    assert caught.value.kind is kind
    assert "邮件服务器" in str(caught.value)
    assert answer.split(" ", 1)[1] not in str(caught.value)


async def test_a_server_that_hangs_up_after_the_letter_may_have_taken_it(plain: MailSettings, post: Post) -> None:
    post.hang_up = True
    with pytest.raises(OutcomeUnknown):
        await Mail(plain).send(request())
    assert len(post.letters) == 1


async def test_a_server_that_is_down_is_tried_again() -> None:
    settings = MailSettings(host="127.0.0.1", port=9, security="none", sender="a@example.invalid")
    with pytest.raises(SendError) as caught:
        await Mail(settings, timeout=60.0).send(request())
    assert caught.value.kind is Kind.RETRY
