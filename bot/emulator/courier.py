"""Carries what officers do to the bot's callback address, the way WeCom does: encrypted, 5 seconds, three repeats.

A callback is stored before it is sent; what a killed process had not delivered goes out after the restart.
"""

import asyncio
import secrets
from urllib.parse import urlencode

import aiohttp

from bot.emulator.office import Office
from bot.emulator.passive import Passive
from bot.emulator.sealing import seal, signature

REPEATS = 3
CHECK_TIMEOUT = 1.0  # seconds for the answer to the URL check


def cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def event_xml(office: Office, user: str, tags: dict[str, object], inner: str = "") -> str:
    """Return the plain XML of a message or event; strings stand in CDATA as on the real wire."""
    head: dict[str, object] = {"ToUserName": office.corp.corpid, "FromUserName": user, "CreateTime": office.now() // 1000}
    pairs = {**head, **tags, "AgentID": office.corp.agentid}
    lines = [f"<{name}>{value if isinstance(value, int) else cdata(str(value))}</{name}>" for name, value in pairs.items()]
    return f"<xml>{''.join(lines)}{inner}</xml>"


def selected_xml(selected: dict[str, list[str]]) -> str:
    """Return the SelectedItems block."""
    items = []
    for key, options in selected.items():
        ids = "".join(f"<OptionId>{cdata(option)}</OptionId>" for option in options)
        items.append(f"<SelectedItem><QuestionKey>{cdata(key)}</QuestionKey><OptionIds>{ids}</OptionIds></SelectedItem>")
    return f"<SelectedItems>{''.join(items)}</SelectedItems>"


class Courier:
    """Delivers callbacks. Needs `open()` in a running loop first."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.passive = Passive(office)
        self._session: aiohttp.ClientSession | None = None
        self._under_way: dict[int, asyncio.Task[bool]] = {}
        self.held: list[int] = []
        self.attempts: list[tuple[int, int]] = []  # (callback id, HTTP status or 0), for tests

    async def open(self) -> None:
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    @property
    def busy(self) -> int:
        """How many callbacks are on their way."""
        return len(self._under_way)

    def store(self, plain: str) -> int:
        """Keep a callback; it is pending until delivered or given up."""
        return self._office.ledger.write("insert into callback(at, plain) values(?,?)", self._office.now(), plain)

    def start(self, ident: int) -> "asyncio.Task[bool]":
        """Begin the delivery of a stored callback (once at a time) and return its task; the result says whether it arrived."""
        task = self._under_way.get(ident)
        if task is None:
            task = asyncio.create_task(self._deliver(ident))
            self._under_way[ident] = task
            task.add_done_callback(lambda _: self._under_way.pop(ident, None))
        return task

    async def resume(self) -> int:
        """Deliver what was pending when the last process ended; return how many arrived."""
        pending = [row["id"] for row in self._office.ledger.rows("select id from callback where state='pending' order by id")]
        return sum([await self.start(ident) for ident in pending if ident not in self.held])

    async def release(self, *, reverse: bool = False) -> None:
        """Deliver what was held back, in order or backwards."""
        held, self.held = self.held, []
        for ident in reversed(held) if reverse else held:
            await self._send(ident)

    async def _deliver(self, ident: int) -> bool:
        mode = self._office.switches.callbacks
        if mode == "drop":
            self._mark(ident, "lost")
            return False
        if mode == "hold":
            self.held.append(ident)
            return False
        arrived = await self._send(ident)
        if mode == "duplicate":
            await self._send(ident)
        return arrived

    async def _send(self, ident: int) -> bool:
        switches = self._office.switches
        row = self._office.ledger.row("select plain from callback where id=?", ident)
        for attempt in range(1 + REPEATS):
            if attempt:
                await asyncio.sleep(switches.retry_pause)
            status, reply = await self._post(row["plain"] if row else "")
            self.attempts.append((ident, status))
            if status == 200:
                self._mark(ident, "done")
                self.passive.apply(reply, row["plain"] if row else "")
                return True
            if status and switches.retry_on == "timeout":
                break
        self._mark(ident, "lost")
        return False

    def _mark(self, ident: int, state: str) -> None:
        self._office.ledger.write("update callback set state=?, tries=tries+1 where id=?", state, ident)

    def _query(self, sealed: str, **more: str) -> str:
        corp, nonce = self._office.corp, str(secrets.randbelow(10**10))
        stamp = str(int(self._office.wall().timestamp()) - self._office.switches.stale_by)
        return urlencode(
            {"msg_signature": signature(corp.token, stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce, **more}
        )

    async def _post(self, plain: str) -> tuple[int, str]:
        """POST once, newly encrypted under a new nonce; return (status, body), status 0 when there was no answer."""
        corp = self._office.corp
        sealed = seal(corp.aes_key, corp.corpid, plain)
        fields = (("ToUserName", corp.corpid), ("AgentID", str(corp.agentid)), ("Encrypt", sealed))
        body = "<xml>" + "".join(f"<{name}>{cdata(value)}</{name}>" for name, value in fields) + "</xml>"
        return await self._request("POST", self._query(sealed), body.encode(), self._office.switches.callback_timeout)

    async def _request(self, method: str, query: str, body: bytes | None, seconds: float) -> tuple[int, str]:
        if self._session is None or not self._office.callback_url:
            return 0, ""
        url = f"{self._office.callback_url}?{query}"
        headers = {"Content-Type": "text/xml"} if body else {}
        limit = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.request(method, url, data=body, headers=headers, timeout=limit) as response:
                return response.status, (await response.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, ""

    async def check_url(self) -> bool:
        """Do the console's URL check: the plain echo within one second, nothing around it."""
        corp, echo = self._office.corp, str(secrets.randbelow(10**19))
        sealed = seal(corp.aes_key, corp.corpid, echo)
        status, text = await self._request("GET", self._query(sealed, echostr=sealed), None, CHECK_TIMEOUT)
        return status == 200 and text == echo
