"""The emulator: real paths and wire formats on one port, a phone page at `/`, control under `/_control/`.

It plays the server's part only; whoever wants to act as an officer calls `press` and `type`.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.clock import wall as system_wall
from bot.emulator import api_account, api_appchat, api_contacts, api_message, control, phone, smart_bot
from bot.emulator.corp import Corp, Webhook
from bot.emulator.courier import Courier, event_xml, selected_xml
from bot.emulator.ledger import Ledger, LedgerRow, PhoneMessage
from bot.emulator.office import Clock, Office, fresh_id
from bot.emulator.refusal import PressRefused, Refusal
from bot.emulator.smart_bot import SmartBots
from bot.emulator.switches import Fault, Switches

Answer = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[Answer | web.Response]]
FILE_WORDS = {"image": "图片", "voice": "语音", "video": "视频"}
MAX_BODY = 32 << 20  # bytes; above every media limit, so that the limits themselves answer
_TYPED_AWAY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Emulator:
    """One WeCom corp on this machine.

    `data` is the folder of its ledger (None: memory only). `clock` gives the program's time, possibly virtual; `wall` the real
    one, for the timestamps of signatures. Use all methods from one event loop.
    """

    def __init__(self, corp: Corp, data: Path | None, clock: Clock, *, wall: Clock = system_wall) -> None:
        self.ledger_file = Ledger(data)
        self.office = Office(corp, self.ledger_file, clock, wall)
        self.courier = Courier(self.office)
        self.bots = SmartBots(self.office)
        self.links: tuple[tuple[str, str], ...] = ()  # (label, address) shown on the phone page
        self.auto_resume = True  # deliver pending callbacks of a killed process as soon as the server is up

    @property
    def switches(self) -> Switches:
        return self.office.switches

    def app(self) -> web.Application:
        """Return the server; run it once."""
        app = web.Application(client_max_size=MAX_BODY)
        app.cleanup_ctx.append(self._life)
        app.on_shutdown.append(self._say_goodbye)
        for path, handler in self._endpoints().items():
            app.router.add_route("*", f"/cgi-bin/{path}", self._served(path, handler))
        app.router.add_get(smart_bot.PATH, self.bots.serve)
        phone.add_routes(app, self)
        control.add_routes(app, self)
        return app

    async def _life(self, app: web.Application) -> AsyncIterator[None]:
        await self.courier.open()
        resuming = asyncio.create_task(self.courier.resume()) if self.auto_resume else None
        yield
        if resuming is not None:
            resuming.cancel()
            await asyncio.gather(resuming, return_exceptions=True)
        await self.courier.close()
        self.ledger_file.close()

    async def _say_goodbye(self, app: web.Application) -> None:
        self.office.closing = True
        for line in list(self.bots.lines.values()):
            await line.socket.close()
        self.office.changed()

    def on_message(self, callback: Callable[[PhoneMessage], None]) -> None:
        """Call `callback` for every message that reaches a phone, after the answer to the sender was made."""
        self.office.hooks.append(callback)

    def messages(self, user: str) -> list[PhoneMessage]:
        """What the phone of `user` shows now, oldest first."""
        return self.ledger_file.messages(user.lower())

    def ledger(self) -> list[LedgerRow]:
        """Every accepted message, one row a recipient, in order of arrival."""
        return self.ledger_file.all()

    @property
    def busy(self) -> int:
        """How many callbacks are on their way to the bot."""
        return self.courier.busy

    async def resume(self) -> int:
        """Deliver the callbacks a killed process left pending; return how many arrived."""
        return await self.courier.resume()

    async def press(self, user: str, message_id: int, key: str, selected: Mapping[str, list[str]] | None = None) -> bool:
        """Press a button (or menu item, or submit) and wait for its delivery; return whether the bot took it."""
        return await self.courier.start(self.note_press(user, message_id, key, selected or {}))

    async def type(self, user: str, text: str) -> bool:
        """Send a text to the app and wait for its delivery; return whether the bot took it."""
        return await self.courier.start(self.note_text(user, text))

    def note_press(self, user: str, message_id: int, key: str, selected: Mapping[str, list[str]]) -> int:
        """Record a press; return the id of its pending callback. Raises PressRefused."""
        message = self.ledger_file.message(message_id)
        if message is None or message.user != user.lower() or message.msgtype != "template_card":
            raise PressRefused("这部手机上没有这张卡片。")
        if message.recalled or message.grey:
            raise PressRefused("这张卡片已撤回或已处理。")
        event = pressable(message.content).get(key)
        if event is None:
            raise PressRefused("卡片上没有这个按钮。")
        row = self.ledger_file.row("select seq from delivery where id=?", message_id)
        code = fresh_id("rc-")
        self.ledger_file.press(message_id, row["seq"] if row else 0, key, code, self.office.now())
        tags = {
            "MsgType": "event",
            "Event": event,
            "EventKey": key,
            "TaskId": message.task_id,
            "CardType": message.content["card_type"],
            "ResponseCode": code,
        }
        chosen = chosen_options(message.content, selected) if event == "template_card_event" else {}
        plain = event_xml(self.office, self._plain_name(user), dict(tags), selected_xml(chosen) if chosen else "")
        self.office.changed()
        return self.courier.store(plain)

    def note_text(self, user: str, text: str) -> int:
        """Record a typed text; return the id of its pending callback."""
        text = _TYPED_AWAY.sub("", text)
        said = self.ledger_file.write("insert into said(at, user, text) values(?,?,?)", self.office.now(), user.lower(), text)
        msg_id = str(7_000_000_000_000_000_000 + said)  # 64 bits, never repeated
        tags = {"MsgType": "text", "Content": text, "MsgId": msg_id}
        self.office.changed()
        return self.courier.store(event_xml(self.office, self._plain_name(user), dict(tags)))

    async def send_file(self, user: str, kind: str, name: str, body: bytes) -> bool:
        """Send a picture, voice or video to the app and wait for its delivery; return whether the bot took it."""
        return await self.courier.start(self.note_file(user, kind, name, body))

    def note_file(self, user: str, kind: str, name: str, body: bytes) -> int:
        """Keep a file a member sends; return the id of its pending callback (document 90239). Raises PressRefused."""
        if kind not in ("image", "voice", "video") or not 5 < len(body) <= api_account.SIZES[kind]:
            raise PressRefused("只能发图片（10MB以内）、语音（2MB以内）和视频（10MB以内）。")
        media_id, now = fresh_id("media-"), self.office.now()
        sql = "insert into media(media_id, kind, name, body, created_at) values(?,?,?,?,?)"
        self.ledger_file.write(sql, media_id, kind, name, body, now)
        words = f"［{FILE_WORDS[kind]}］{name}"
        said = self.ledger_file.write("insert into said(at, user, text) values(?,?,?)", now, user.lower(), words)
        tags: dict[str, object] = {"MsgType": kind, "MediaId": media_id, "MsgId": str(7_000_000_000_000_000_000 + said)}
        more = {"image": {"PicUrl": f"http://wework.qpic.cn/{media_id}/0"}, "voice": {"Format": "amr"}}
        tags |= more.get(kind, {"ThumbMediaId": fresh_id("media-")})
        self.office.changed()
        return self.courier.store(event_xml(self.office, self._plain_name(user), tags))

    def _plain_name(self, user: str) -> str:
        member = self.office.member(user)
        if member is None:
            raise PressRefused("通讯录里没有这个人。")
        return member.userid

    async def configure_callback(self, url: str) -> bool:
        """Do what the console does: check the address, and use it only if it answers rightly."""
        before, self.office.callback_url = self.office.callback_url, url
        if await self.courier.check_url():
            return True
        self.office.callback_url = before
        return False

    async def connect(self, url: str, tries: int = 10) -> bool:
        """The same as an administrator who presses save again: on a busy machine one second may be too short once."""
        for _ in range(tries):
            if await self.configure_callback(url):
                return True
        return False

    def groups(self) -> tuple[Webhook, ...]:
        return self.office.corp.webhooks

    def _endpoints(self) -> dict[str, Handler]:
        office = self.office

        async def gettoken(request: web.Request) -> Answer:
            return api_account.gettoken(office, request.query.get("corpid", ""), request.query.get("corpsecret", ""))

        async def webhook(request: web.Request) -> Answer:
            return api_account.webhook(office, request.query.get("key", ""), await request.read())

        async def callback_ip(request: web.Request) -> Answer:
            return {"errcode": 0, "errmsg": "ok", "ip_list": office.switches.callback_ips.split()}

        async def media_get(request: web.Request) -> web.Response:
            name, body = api_account.media(office, request.query.get("media_id", ""))
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return web.Response(body=body, content_type="application/octet-stream", headers=headers)

        async def userinfo(request: web.Request) -> Answer:
            return api_account.getuserinfo(office, request.query.get("code", ""))

        return {
            "gettoken": gettoken,
            "webhook/send": webhook,
            "message/send": self._guarded(lambda raw: api_message.send(office, raw)),
            "message/update_template_card": self._guarded(lambda raw: api_message.update(office, raw)),
            "message/recall": self._guarded(lambda raw: api_message.recall(office, raw)),
            "media/get": self._guarded_request(media_get),
            "media/upload": self._guarded_request(lambda request: api_account.upload(office, request)),
            "auth/getuserinfo": self._guarded_request(userinfo),
            **self._organisation(),
            "getcallbackip": self._guarded_request(callback_ip),
        }

    def _organisation(self) -> dict[str, Handler]:
        """Contacts and group chats of the app."""

        def asked(act: Callable[[Office, Mapping[str, str]], Answer]) -> Handler:
            async def handler(request: web.Request) -> Answer:
                return act(self.office, request.query)

            return self._guarded_request(handler)

        def posted(act: Callable[[Office, bytes], Answer]) -> Handler:
            return self._guarded(lambda raw: act(self.office, raw))

        return {
            "user/get": asked(api_contacts.user_get),
            "user/simplelist": asked(api_contacts.simplelist),
            "user/list_id": posted(api_contacts.list_id),
            "batch/openuserid_to_userid": posted(api_contacts.to_userid),
            "department/list": asked(api_contacts.department_list),
            "appchat/create": posted(api_appchat.create),
            "appchat/update": posted(api_appchat.update),
            "appchat/get": asked(api_appchat.get),
            "appchat/send": posted(api_appchat.send),
        }

    def _guarded(self, act: Callable[[bytes], Answer]) -> Handler:
        async def handler(request: web.Request) -> Answer:
            raw = await request.read()
            self._admit(request)
            return act(raw)

        return handler

    def _guarded_request(self, act: Handler) -> Handler:
        async def handler(request: web.Request) -> Answer | web.Response:
            self._admit(request)
            return await act(request)

        return handler

    def _admit(self, request: web.Request) -> None:
        if self.office.trusted_ips and request.remote not in self.office.trusted_ips:
            raise Refusal(60020, f"not allow to access from your ip, from ip: {request.remote}")
        api_account.check_token(self.office, request.query.get("access_token", ""))

    def _served(self, path: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            fault = self.switches.take(path)
            early = await _before(fault, request)
            if early is not None:
                return early
            try:
                answer = await handler(request)
            except Refusal as refusal:
                answer = {"errcode": refusal.errcode, "errmsg": refusal.errmsg, **refusal.more}
            return _after(fault, request, answer)

        return serve


def _json(answer: Answer) -> web.Response:
    return web.json_response(answer, dumps=lambda value: json.dumps(value, ensure_ascii=False))


async def _before(fault: Fault | None, request: web.Request) -> web.StreamResponse | None:
    match fault.kind if fault else "":
        case "errcode":
            return _json({"errcode": fault.code if fault else -1, "errmsg": "injected fault"})
        case "http":
            return web.Response(status=fault.code if fault else 500)
        case "delay":
            await asyncio.sleep(fault.seconds if fault else 0)
        case "reset":
            return _hang_up(request)
    return None


def _after(fault: Fault | None, request: web.Request, answer: Answer | web.Response) -> web.StreamResponse:
    if isinstance(answer, web.Response) and (fault is None or fault.kind == "delay"):
        return answer
    if isinstance(answer, web.Response):
        return _hang_up(request)
    if fault is not None and fault.kind == "lost":
        return _hang_up(request)
    if fault is not None and fault.kind == "garbled":
        return web.Response(text=json.dumps(answer)[:-8], content_type="application/json")
    return _json(answer)


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def pressable(card: dict[str, Any]) -> dict[str, str]:
    """Return the keys on a card that make a callback, with the event each makes."""
    menu = card.get("action_menu", {}).get("action_list", ())
    keys = {item["key"]: "template_card_menu_event" for item in menu}
    buttons = card.get("button_list", ()) if card.get("card_type") == "button_interaction" else ()
    keys |= {button["key"]: "template_card_event" for button in buttons if button.get("type", 0) != 1}
    if card.get("submit_button"):
        keys[card["submit_button"]["key"]] = "template_card_event"
    return keys


def boxes(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every block of a card in which something is chosen."""
    singles = [card[name] for name in ("button_selection", "checkbox") if card.get(name)]
    return [*singles, *card.get("select_list", ())]


def chosen_options(card: dict[str, Any], selected: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what is chosen in each block: the officer's choice, else the preselected, else the first option of a dropdown."""
    result = {}
    for box in boxes(card):
        ids = [option["id"] for option in box["option_list"]]
        given = [ident for ident in selected.get(box["question_key"], ()) if ident in ids]
        checked = [option["id"] for option in box["option_list"] if option.get("is_checked")]
        default = checked if "mode" in box or checked else [box.get("selected_id") or ids[0]]
        result[box["question_key"]] = given or default
    return result


@contextlib.asynccontextmanager
async def serving(emulator: Emulator, port: int, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Run the emulator on a port (0: any free one) and give its base address."""
    runner = web.AppRunner(emulator.app(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
