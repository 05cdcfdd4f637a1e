"""Files of a matter on the board: listed, shown where a browser shows them safely, else saved; and the form that reports with files."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader, web

from bot.board.access import Handler, Visitor, refuse, say
from bot.board.upload import Upload
from bot.giving import COVERED, withheld
from bot.wecom.media import MOST, file_name, sniffed

if TYPE_CHECKING:
    from bot.board.pages import Board

MANY: Final = 10
SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
TAKEN: Final = SHOWN | {
    "image/bmp",
    "image/heic",
    "audio/amr",
    "audio/mpeg",
    "audio/wav",
    "audio/mp4",
    "video/mp4",
    "application/pdf",
}
WORDS: Final = 4_000
"""Bytes of one field of the form."""


class Unfit(Exception):
    """The form cannot be taken; the message is for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the form said."""

    fields: dict[str, str]
    files: tuple[Upload, ...]


def serve(board: Board) -> Handler:
    """The handler of `/incident/{number}/file/{id}`."""

    async def send(request: web.Request, who: Visitor) -> web.StreamResponse:
        found = await board.deps.store.attachment(request.match_info["id"])
        if found is None or found[0].incident != int(request.match_info["number"]) or not found[1]:
            return refuse(board.deps, "没有这个附件，或已清除。", status=404)
        incident = await board.deps.store.incident(int(request.match_info["number"]))
        if incident is not None and await withheld(board.deps.store, incident, who.officer.unit):
            return refuse(board.deps, COVERED, status=403)
        row, body = found
        kind = sniffed(body)
        place = "inline" if kind in SHOWN else "attachment"
        return web.Response(
            body=body,
            content_type=kind,
            headers={
                "Content-Disposition": f"{place}; filename*=UTF-8''{quote(row.name)}",
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )

    return send


def form(board: Board) -> Handler:
    """The handler of `GET /report`."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        if board.deps.report is None or not who.edits:
            return refuse(board.deps, "您只有查看权限，报告情况请联系值班员。", status=403)
        return board.draw(request, who, "report", key=secrets.token_hex(8), many=MANY, most=MOST >> 20)

    return show


def take(board: Board) -> Handler:
    """The handler of `POST /report`: read as it comes, so that no upload is held beyond its limits."""

    async def post(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps = board.deps
        if deps.report is None or not who.edits:
            return refuse(deps, "您只有查看权限，报告情况请联系值班员。", status=403)
        try:
            given = await read(request)
        except Unfit as e:
            return refuse(deps, str(e), status=400)
        if not secrets.compare_digest(given.fields.get("csrf", "").encode(), who.csrf.encode()):
            return refuse(deps, "页面已过期，请返回重新打开后再提交。", status=403)
        text = " ".join(f"{given.fields.get('text', '')} {given.fields.get('url', '')}".split())
        number, reply = await deps.report(who.officer.userid, text, given.files, given.fields.get("key", "")[:32])
        answer = web.Response(status=303, headers={"Location": f"/incident/{number}" if number else "/report"})
        say(answer, reply)
        return answer

    return post


async def read(request: web.Request) -> Given:
    """Fields and files of the form; Unfit where it is too much or of a kind that is not taken."""
    if not request.content_type.startswith("multipart/"):
        raise Unfit("提交的格式不对，请用页面上的表单。")
    fields: dict[str, str] = {}
    files: list[Upload] = []
    reader: MultipartReader = await request.multipart()
    async for part in reader:
        if not isinstance(part, BodyPartReader):
            raise Unfit("提交的格式不对，请用页面上的表单。")
        name = file_name(part.headers.get("Content-Disposition", ""))
        if part.filename is None:
            fields[part.name or ""] = (await _bytes(part, WORDS, "文字过长，请精简后再报。")).decode("utf-8", "replace")
            continue
        body = await _bytes(part, MOST, f"“{name}”超过{MOST >> 20}MB，请压缩或分段后再传。")
        if body:
            files.append(_checked(name, body))
        elif name:  # a form without a file sends a part without a name
            raise Unfit(f"“{name}”是空文件，请核对后重新选择。")
        if len(files) > MANY:
            raise Unfit(f"一次最多{MANY}个文件，请分次提交。")
    return Given(fields=fields, files=tuple(files))


def _checked(name: str, body: bytes) -> Upload:
    kind = sniffed(body)
    if kind not in TAKEN:
        raise Unfit(f"“{name}”不是可收的类型，只收图片、语音、视频和PDF。")
    return Upload(name=name, media_type=kind, body=body)


async def _bytes(part: BodyPartReader, most: int, too_much: str) -> bytes:
    body = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        body += chunk
        if len(body) > most:
            raise Unfit(too_much)
    return bytes(body)
