"""Shapes of template cards within the SMALLER limits (group webhook and smart bot), so that one card fits every channel.

Facts: documents 90236, 94888, 99110. Only shape and length live here; what a card says is decided by the caller.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.wecom.shorten import shorten

TITLE, DESC, SUB, KEYNAME, VALUE, BUTTON, SOURCE, OPTION = 26, 30, 112, 5, 26, 10, 13, 10  # characters
ROWS, BUTTONS, OPTIONS, MENU = 6, 6, 10, 3
DUPLICATE_INTERVAL = 14400  # seconds, the longest WeCom allows
MARKS = 7200  # a marked request is protected for at least two hours
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
GREY, BLACK, RED, GREEN = 0, 1, 2, 3  # source.desc_color
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff]")

Card = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a card; with `url` a link, with `userid` a member card, with `media_id` an attachment."""

    keyname: str
    value: str
    url: str = ""
    userid: str = ""
    media_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`style`: 1 emphasised, 2 secondary, 3 neutral, 4 negative. With `url` it opens a page instead of calling back."""

    text: str
    key: str
    style: int = 2
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropdown:
    """One choice above the buttons; `options` are (id, text)."""

    question_key: str
    title: str
    options: tuple[tuple[str, str], ...]
    selected_id: str = ""


def button_card(
    *,
    title: str,
    desc: str = "",
    sub: str = "",
    rows: Sequence[Row] = (),
    buttons: Sequence[Button],
    task_id: str = "",
    source: str = "",
    color: int = GREY,
    url: str = "",
    dropdown: Dropdown | None = None,
    menu: Sequence[Button] = (),
    keep: Sequence[str] = (),
) -> Card:
    """Return a button_interaction card, texts shortened; `keep` are words no shortening may cut (places, deadlines)."""
    card = _head("button_interaction", title, desc, sub, rows, source, color, keep)
    card["button_list"] = [_button(button) for button in buttons]
    if task_id:
        card["task_id"] = task_id
    if url:
        card["card_action"] = {"type": 1, "url": url}
    if dropdown is not None:
        card["button_selection"] = _dropdown(dropdown)
    if menu:
        card["action_menu"] = _menu(menu)
    return card


def text_notice(
    *,
    title: str,
    desc: str = "",
    sub: str = "",
    rows: Sequence[Row] = (),
    url: str,
    task_id: str = "",
    source: str = "",
    color: int = GREY,
    emphasis: tuple[str, str] | None = None,
    menu: Sequence[Button] = (),
    keep: Sequence[str] = (),
) -> Card:
    """Return a text_notice card (no buttons); it must lead somewhere, hence `url`. A menu needs a `task_id`."""
    card = _head("text_notice", title, desc, sub, rows, source, color, keep)
    card["card_action"] = {"type": 1, "url": url}
    if emphasis is not None:
        card["emphasis_content"] = {"title": shorten(emphasis[0], 10), "desc": shorten(emphasis[1], 15)}
    if menu:
        card["action_menu"] = _menu(menu)
        card["task_id"] = task_id
    return card


def _head(
    kind: str, title: str, desc: str, sub: str, rows: Sequence[Row], source: str, color: int, keep: Sequence[str]
) -> Card:
    card: Card = {"card_type": kind}
    if source:
        card["source"] = {"desc": shorten(source, SOURCE), "desc_color": color}
    card["main_title"] = {"title": shorten(title, TITLE, keep)}
    if desc:
        card["main_title"]["desc"] = shorten(desc, DESC, keep)
    if sub:
        card["sub_title_text"] = shorten(sub, SUB, keep)
    if rows:
        card["horizontal_content_list"] = [_row(row, keep) for row in rows]
    return card


def _row(row: Row, keep: Sequence[str]) -> Card:
    line: Card = {"keyname": shorten(row.keyname, KEYNAME), "value": shorten(row.value, VALUE, keep)}
    if row.url:
        return line | {"type": 1, "url": row.url}
    if row.media_id:
        return line | {"type": 2, "media_id": row.media_id}
    return line | {"type": 3, "userid": row.userid} if row.userid else line


def _button(button: Button) -> Card:
    face: Card = {"text": shorten(button.text, BUTTON), "style": button.style, "key": button.key}
    return face | {"type": 1, "url": button.url} if button.url else face


def _dropdown(dropdown: Dropdown) -> Card:
    options = [{"id": ident, "text": shorten(text, OPTION)} for ident, text in dropdown.options]
    chosen = {"selected_id": dropdown.selected_id} if dropdown.selected_id else {}
    return {"question_key": dropdown.question_key, "title": dropdown.title, "option_list": options, **chosen}


def _menu(menu: Sequence[Button]) -> Card:
    return {"desc": "更多操作", "action_list": [{"text": shorten(item.text, BUTTON), "key": item.key} for item in menu]}


def validate(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every mistake of a card, each a Chinese sentence; empty means every channel takes it."""
    return (*_length_problems(card), *_count_problems(card), *_key_problems(card))


def _fields(card: Mapping[str, Any]) -> Iterable[tuple[str, str, int]]:
    title = card.get("main_title", {})
    yield "标题", title.get("title", ""), TITLE
    yield "副标题", title.get("desc", ""), DESC
    yield "正文", card.get("sub_title_text", ""), SUB
    yield "来源", card.get("source", {}).get("desc", ""), SOURCE
    for row in card.get("horizontal_content_list", ()):
        yield f"行名“{row.get('keyname', '')}”", row.get("keyname", ""), KEYNAME
        yield f"“{row.get('keyname', '')}”的内容", row.get("value", ""), VALUE
    for button in card.get("button_list", ()):
        yield f"按钮“{button.get('text', '')}”", button.get("text", ""), BUTTON


def _length_problems(card: Mapping[str, Any]) -> list[str]:
    long = [(name, text, limit) for name, text, limit in _fields(card) if len(text) > limit]
    return [f"{name}有{len(text)}字，超过{limit}字，请缩短。" for name, text, limit in long]


def _count_problems(card: Mapping[str, Any]) -> list[str]:
    kind, found = card.get("card_type"), []
    if kind not in ("text_notice", "button_interaction"):
        found.append(f"卡片类型“{kind}”不在使用范围，请改用通知卡或按钮卡。")
    if not card.get("main_title", {}).get("title"):
        found.append("卡片没有标题，请补上。")
    if len(card.get("horizontal_content_list", ())) > ROWS:
        found.append(f"卡片超过{ROWS}行，请删减。")
    buttons = card.get("button_list", ())
    if kind == "button_interaction" and not 1 <= len(buttons) <= BUTTONS:
        found.append(f"按钮卡须有1至{BUTTONS}个按钮，现有{len(buttons)}个。")
    if kind == "text_notice" and not card.get("card_action", {}).get("url"):
        found.append("通知卡须有跳转地址，请补上。")
    if len(card.get("button_selection", {}).get("option_list", ())) > OPTIONS:
        found.append(f"下拉选项超过{OPTIONS}个，请删减。")
    if len(card.get("action_menu", {}).get("action_list", ())) > MENU:
        found.append(f"菜单超过{MENU}项，请删减。")
    return found


def _key_problems(card: Mapping[str, Any]) -> list[str]:
    keys = [b.get("key", "") for b in (*card.get("button_list", ()), *card.get("action_menu", {}).get("action_list", ()))]
    found = ["有按钮没有编号，请补上。"] if not all(keys) else []
    if len(set(keys)) != len(keys):
        found.append("有两个按钮编号相同，请改正。")
    if any(len(key.encode()) > 1024 for key in keys):
        found.append("按钮编号超过1024字节，请缩短。")
    if card.get("task_id") is not None and not TASK_ID.fullmatch(card["task_id"]):
        found.append("任务编号只能用字母、数字、横线、下划线和@，不超过128个字符。")
    return found


def dumps(value: object) -> bytes:
    """Return compact JSON in raw UTF-8: control characters go, a backslash becomes ＼, so no \\uXXXX can appear (40033)."""
    return json.dumps(_clean(value), ensure_ascii=False, separators=(",", ":")).encode()


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _CONTROL.sub("", value).replace("\\", "＼")
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, (list, tuple)) else value


def _request(user: str, agentid: int, msgtype: str, content: object, mark: str = "") -> bytes:
    return dumps(
        {
            "touser": user,
            "msgtype": msgtype,
            "agentid": agentid,
            msgtype: content,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DUPLICATE_INTERVAL - (zlib.crc32(mark.encode()) % MARKS if mark else 0),
        }
    )


def card_request(user: str, agentid: int, card: Card) -> bytes:
    """Return the frozen bytes of message/send for one officer; store them before the first try."""
    return _request(user, agentid, "template_card", card)


def text_request(user: str, agentid: int, text: str, *, mark: str = "") -> bytes:
    """Return the frozen bytes of a plain text message; WeCom cuts it after 2048 bytes.

    Within the interval WeCom drops an equal request. Two messages that may rightly say the same (help asked for twice) therefore
    need different marks, such as the key of the message; the mark goes into the seconds of the interval and is not seen.
    """
    return _request(user, agentid, "text", {"content": text}, mark)


def file_request(user: str, agentid: int, media_id: str, *, mark: str = "") -> bytes:
    """Return the frozen bytes of a file message; `mark` as in `text_request`."""
    return _request(user, agentid, "file", {"media_id": media_id}, mark)


def update_request(users: Sequence[str], agentid: int, response_code: str, card: Card, grey: str = "") -> bytes:
    """Return the bytes that replace a card for `users` (none: every recipient); `grey` makes its buttons grey text."""
    target: Card = {"userids": list(users)} if users else {"atall": 1}
    shown = {key: value for key, value in card.items() if key != "task_id"}
    if grey:
        shown["replace_text"] = shorten(grey, BUTTON)
    return dumps({**target, "agentid": agentid, "response_code": response_code, "template_card": shown})


def grey_request(users: Sequence[str], agentid: int, response_code: str, text: str) -> bytes:
    """Return the bytes that keep the card and only replace its buttons by the grey words `text`."""
    target: Card = {"userids": list(users)} if users else {"atall": 1}
    return dumps({**target, "agentid": agentid, "response_code": response_code, "button": {"replace_name": text}})
