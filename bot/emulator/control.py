"""The control address `/_control/`: read the ledger, set switches, inject faults, act as an officer. JSON in, JSON out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.emulator.refusal import PressRefused
from bot.emulator.switches import Fault

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

FAULTS = ("errcode", "http", "delay", "reset", "lost", "garbled")


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Add every control route."""
    control = Control(emulator)
    app.router.add_get("/_control/ledger", control.ledger)
    app.router.add_get("/_control/messages/{user}", control.messages)
    app.router.add_get("/_control/state", control.state)
    for name in ("switches", "faults", "revoke", "press", "type", "callback", "release", "ips", "bot"):
        app.router.add_post(f"/_control/{name}", getattr(control, name))


def answer(value: object, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, dumps=lambda v: json.dumps(v, ensure_ascii=False, default=str))


async def given(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request. Only application/json: no other web page can send that without asking first."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="请用 application/json 提交。")
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="提交的内容不是合法的 JSON，请改正。") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="提交的内容须是一个 JSON 对象，请改正。")
    return body


class Control:
    """The handlers."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def ledger(self, request: web.Request) -> web.Response:
        rows = [asdict(row) | {"received_at": row.received_at.isoformat()} for row in self._emulator.ledger()]
        return answer(rows)

    async def messages(self, request: web.Request) -> web.Response:
        return answer([asdict(message) for message in self._emulator.messages(request.match_info["user"])])

    async def state(self, request: web.Request) -> web.Response:
        office = self._emulator.office
        return answer(
            {
                "now": office.clock().isoformat(),
                "callback_url": office.callback_url,
                "busy": self._emulator.busy,
                "switches": asdict(office.switches),
                "trusted_ips": office.trusted_ips,
            }
        )

    async def switches(self, request: web.Request) -> web.Response:
        wrong = self._emulator.switches.change(await given(request))
        return answer({"wrong": wrong}, 400 if wrong else 200)

    async def faults(self, request: web.Request) -> web.Response:
        """One fault: {"kind", "path", "code", "seconds", "times"}; {"clear": true} removes all."""
        body = await given(request)
        if body.pop("clear", False):
            self._emulator.switches.faults.clear()
            return answer({})
        try:
            fault = Fault(**body)
        except TypeError:
            return answer({"wrong": sorted(body)}, 400)
        if fault.kind not in FAULTS:
            return answer({"wrong": ["kind"]}, 400)
        self._emulator.switches.faults.append(fault)
        return answer({})

    async def revoke(self, request: web.Request) -> web.Response:
        """Make every token handed out so far invalid."""
        await given(request)
        return answer({"revoked": self._emulator.ledger_file.write("update token set revoked=1 where revoked=0")})

    async def ips(self, request: web.Request) -> web.Response:
        """Set the allow list: {"trusted": [...]}; empty switches it off."""
        self._emulator.office.trusted_ips = [str(ip) for ip in (await given(request)).get("trusted", ())]
        return answer({})

    async def press(self, request: web.Request) -> web.Response:
        body = await given(request)
        selected = {str(key): [str(i) for i in ids] for key, ids in dict(body.get("selected") or {}).items()}
        try:
            arrived = await self._emulator.press(str(body["user"]), int(body["message"]), str(body["key"]), selected)
        except (KeyError, ValueError, TypeError):
            return answer({"error": "须有 user、message、key 三项，请补上。"}, 400)
        except PressRefused as refused:
            return answer({"error": str(refused)}, 409)
        return answer({"arrived": arrived})

    async def type(self, request: web.Request) -> web.Response:
        body = await given(request)
        try:
            arrived = await self._emulator.type(str(body.get("user", "")), str(body.get("text", "")))
        except PressRefused as refused:
            return answer({"error": str(refused)}, 409)
        return answer({"arrived": arrived})

    async def bot(self, request: web.Request) -> web.Response:
        """A member and the smart bot: {"user", "text", "group"} writes, {"user", "message", "key"} presses."""
        body = await given(request)
        user, bots = str(body.get("user", "")), self._emulator.bots
        try:
            if "text" in body:
                return answer({"arrived": await bots.say(user, str(body["text"]), str(body.get("group", "")))})
            return answer({"arrived": await bots.press(user, int(body["message"]), str(body["key"]))})
        except (KeyError, ValueError, TypeError):
            return answer({"error": "须有 user 和 text，或 user、message、key 三项，请补上。"}, 400)
        except PressRefused as refused:
            return answer({"error": str(refused)}, 409)

    async def callback(self, request: web.Request) -> web.Response:
        """Set the callback address as the console does: {"url"}; it must answer the check within a second."""
        verified = await self._emulator.configure_callback(str((await given(request)).get("url", "")))
        return answer({"verified": verified}, 200 if verified else 400)

    async def release(self, request: web.Request) -> web.Response:
        await self._emulator.courier.release(reverse=bool((await given(request)).get("reverse")))
        return answer({})
