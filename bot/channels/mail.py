"""E-mail to an officer, for what WeCom does not take: plain text, neutral words, one recipient a message.

The request is frozen when queued. Its id becomes the Message-ID, so a repeat after an unknown outcome is the same letter to every
mailbox that looks for doubles. Protocol facts: RFC 5321 (4yz passing, 5yz for good), RFC 8314 (TLS for submission).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

import aiosmtplib

from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from config.schema import MailSettings

TIMEOUT: Final = 15.0  # seconds for the whole dialogue
BROKEN: Final = (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected)
WRONG_LOGIN: Final = frozenset({530, 534, 535, 538})


class Mail:
    """The mail server of the installation."""

    def __init__(self, settings: MailSettings, timeout: float = TIMEOUT) -> None:
        self._settings = settings
        self._timeout = timeout

    async def send(self, body: bytes) -> None:
        """Hand one letter to the server. SendError: refused or never reached; OutcomeUnknown: it may have been taken."""
        letter, server = self._letter(json.loads(body)), self._server()
        await self._open(server)
        try:
            await server.send_message(letter)
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown("邮件服务器中途断开，邮件是否收下待查") from error
        finally:
            server.close()

    async def check(self) -> None:
        """Connect and log in as before a letter, and leave again. For the doctor."""
        server = self._server()
        await self._open(server)
        server.close()

    def _server(self) -> aiosmtplib.SMTP:
        s = self._settings
        return aiosmtplib.SMTP(
            hostname=s.host,
            port=s.port,
            timeout=self._timeout,
            use_tls=s.security == "tls",
            start_tls=s.security == "starttls",
            cert_bundle=s.ca_file or None,
        )

    async def _open(self, server: aiosmtplib.SMTP) -> None:
        """Connect, encrypt, log in: nothing of the letter has left yet, so whatever fails had no effect."""
        try:
            await server.connect()
            if self._settings.username:
                await server.login(self._settings.username, self._settings.password)
        except aiosmtplib.SMTPResponseException as error:
            server.close()
            if error.code in WRONG_LOGIN:
                raise SendError(error.code, Kind.FATAL, "邮件服务器不接受用户名或密码，请核对邮件设置") from error
            raise _refused(error) from error
        except (*BROKEN, OSError) as error:
            server.close()
            raise SendError(0, Kind.RETRY, "连接不上邮件服务器，请检查地址、端口、加密方式和证书") from error
        except (aiosmtplib.SMTPException, ValueError) as error:  # what the server does not offer
            server.close()
            raise SendError(0, Kind.FATAL, "邮件服务器不支持所设的加密或登录方式，请核对邮件设置") from error

    def _letter(self, request: dict[str, str]) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        name, _, domain = self._settings.sender.rpartition("@")
        letter["From"] = Address(display_name=request["desk"], username=name, domain=domain)
        letter["To"] = Address(display_name=request["name"], addr_spec=request["to"])
        letter["Subject"] = request["subject"]
        letter["Date"] = datetime.fromisoformat(request["at"])
        letter["Message-ID"] = f"<{hashlib.sha256(request['id'].encode()).hexdigest()[:32]}@{domain}>"
        letter["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834)
        letter.set_content(request["text"] + "\n", charset="utf-8", cte="base64")
        return letter


def _refused(error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPResponseException) -> SendError:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = max(refused.code for refused in error.recipients)
        meaning = "邮件服务器拒收：收件人邮箱不存在或不能收信，请核对名册中的邮箱"
    else:
        code, meaning = error.code, "邮件服务器拒收这封邮件，请核对发件人和邮件设置"
    if 400 <= code < 500:
        return SendError(code, Kind.RETRY, "邮件服务器暂时不收，稍后再试")
    return SendError(code, Kind.DATA, meaning)


def mail_request(ident: str, desk: str, to: str, name: str, subject: str, text: str, at: datetime) -> bytes:
    """Frozen bytes of one letter. `at` becomes its Date; `desk` is the name of the sender a person sees."""
    body = {"id": ident, "desk": desk, "to": to, "name": name, "subject": subject, "text": text, "at": at.isoformat()}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
