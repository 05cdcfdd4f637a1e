"""Hard rules of template cards (documents 90236, 94888, 90313). Text lengths are only recommended: the phone cuts them.

The documents name ranges of codes; where a range covers several fields the codes follow the order in which it names them.
"""

import re
from typing import Any

from bot.emulator.refusal import Refusal

TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
CALLING = ("button_interaction", "vote_interaction", "multiple_interaction")
NOTICES = ("text_notice", "news_notice")
OBJECTS = (
    "source", "main_title", "emphasis_content", "quote_area", "card_action", "card_image", "image_text_area", "action_menu",
    "button_selection", "checkbox", "submit_button",
)  # fmt: skip
LISTS = ("horizontal_content_list", "vertical_content_list", "jump_list", "button_list", "select_list")
KEY_BYTES, ID_BYTES = 1024, 128

Card = dict[str, Any]


def is_url(value: object) -> bool:
    return isinstance(value, str) and re.match(r"https?://[^/\s]", value) is not None


def pruned(value: Any) -> Any:
    """Return a card without its null fields, which count as missing."""
    if isinstance(value, dict):
        return {key: pruned(item) for key, item in value.items() if item is not None}
    return [pruned(item) for item in value] if isinstance(value, list) else value


def check_card(card: Card, *, sending: bool = True) -> None:
    """Raise Refusal for the first broken rule. `sending` false: an update, which has no task_id."""
    kind = card.get("card_type")
    if kind not in (*CALLING, *NOTICES):
        raise Refusal(42031, "invalid card_type")
    _shapes(card)
    if sending:
        _task_id(card, kind)
    for check in (
        _source,
        _title,
        _rows,
        _vertical,
        _jumps,
        _quote,
        _action,
        _menu,
        _image,
        _buttons,
        _selection,
        _vote,
        _selects,
        _submit,
    ):
        check(card, kind)


def _part(card: Card, name: str, kind: type) -> Any:
    value = card.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise Refusal(40063, f"Warning: wrong json format. {name} has a wrong type")
    return value


def _list(card: Card, name: str) -> list[Card]:
    rows = _part(card, name, list)
    if not all(isinstance(row, dict) for row in rows):
        raise Refusal(40063, f"Warning: wrong json format. {name} has a wrong type")
    return list(rows)


def _word(row: Card, name: str, code: int, limit: int = 0) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value or (limit and len(value.encode()) > limit):
        raise Refusal(code, f"{name} missing or illegal")
    return value


def _shapes(card: Card) -> None:
    """Every block has its JSON type, also where the card's type does not use it."""
    for name in OBJECTS:
        _part(card, name, dict)
    for name in LISTS:
        _list(card, name)
    for name in ("option_list", "action_list"):
        for box in ("button_selection", "checkbox", "action_menu"):
            _list(_part(card, box, dict), name)


def _task_id(card: Card, kind: str) -> None:
    needed = kind in CALLING or card.get("action_menu")
    if needed or card.get("task_id") is not None:
        value = card.get("task_id")
        if not isinstance(value, str) or not TASK_ID.fullmatch(value):
            raise Refusal(42014, "task_id missing or illegal")


def _title(card: Card, kind: str) -> None:
    title = _part(card, "main_title", dict).get("title")
    if kind == "text_notice":
        title = title or card.get("sub_title_text")
    if not isinstance(title, str) or not title.strip():
        raise Refusal(42033, "title missing")


def _source(card: Card, kind: str) -> None:
    color = _part(card, "source", dict).get("desc_color", 0)
    if color not in (0, 1, 2, 3):
        raise Refusal(40058, "desc_color out of range")


def _rows(card: Card, kind: str) -> None:
    rows = _list(card, "horizontal_content_list")
    if len(rows) > 6:
        raise Refusal(42035, "more than 6 rows")
    for row in rows:
        _word(row, "keyname", 42027)
        _row_link(row)


def _row_link(row: Card) -> None:
    link = row.get("type", 0)
    if link not in (0, 1, 2, 3):
        raise Refusal(40058, "row type out of range")
    if link == 1 and not is_url(row.get("url")):
        raise Refusal(42028, "row url missing")
    if link == 2:
        _word(row, "media_id", 42029)
    if link == 3:
        _word(row, "userid", 42050)


def _vertical(card: Card, kind: str) -> None:
    rows = _list(card, "vertical_content_list")
    if len(rows) > 4:
        raise Refusal(42036, "more than 4 vertical rows")
    for row in rows:
        _word(row, "title", 42033)


def _jumps(card: Card, kind: str) -> None:
    jumps = _list(card, "jump_list")
    if len(jumps) > 3:
        raise Refusal(42042, "more than 3 jumps")
    for jump in jumps:
        _word(jump, "title", 42033)
        _target(jump)


def _target(jump: Card) -> None:
    kind = jump.get("type", 0)
    if kind not in (0, 1, 2):
        raise Refusal(40058, "jump type out of range")
    if kind == 1 and not is_url(jump.get("url")):
        raise Refusal(42028, "url missing")
    if kind == 2:
        _word(jump, "appid", 42030)


def _quote(card: Card, kind: str) -> None:
    quote = _part(card, "quote_area", dict)
    if quote:
        _target(quote)


def _action(card: Card, kind: str) -> None:
    action = _part(card, "card_action", dict)
    if kind in NOTICES and action.get("type") not in (1, 2):
        raise Refusal(42045, "card_action missing")
    if action:
        _target(action)


def _menu(card: Card, kind: str) -> None:
    menu = _part(card, "action_menu", dict)
    if not menu:
        return
    items = _list(menu, "action_list")
    if not 1 <= len(items) <= 3 or kind in CALLING[1:]:
        raise Refusal(40058, "menu not allowed or not 1 to 3 items")
    for item in items:
        _word(item, "text", 42038)
        _word(item, "key", 42039, KEY_BYTES)
    keys = [row["key"] for row in (*items, *_list(card, "button_list")) if isinstance(row.get("key"), str)]
    if len(set(keys)) != len(keys):
        raise Refusal(42051, "menu key clash")


def _image(card: Card, kind: str) -> None:
    image = _part(card, "card_image", dict)
    if kind == "news_notice" and not image and not _part(card, "image_text_area", dict):
        raise Refusal(42044, "card_image missing")
    if image:
        _word(image, "url", 42044)
        ratio = image.get("aspect_ratio", 1.3)
        if not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
            raise Refusal(42044, "aspect_ratio out of range")


def _buttons(card: Card, kind: str) -> None:
    buttons = _list(card, "button_list")
    if kind != "button_interaction":
        return
    if not 1 <= len(buttons) <= 6:
        raise Refusal(40058, "1 to 6 buttons")
    for button in buttons:
        _word(button, "text", 42038)
        _part(button, "style", int)
        if button.get("type", 0) == 1:
            if not is_url(button.get("url")):
                raise Refusal(42028, "button url missing")
        else:
            _word(button, "key", 42039, KEY_BYTES)
    keys = [button["key"] for button in buttons if button.get("key")]
    if len(set(keys)) != len(keys):
        raise Refusal(42039, "button keys must differ")


def _options(box: Card, most: int) -> None:
    options = _list(box, "option_list")
    if not 1 <= len(options) <= most:
        raise Refusal(42037, f"1 to {most} options")
    for option in options:
        _word(option, "id", 42040, ID_BYTES)
        _word(option, "text", 42041)
    ids = [option["id"] for option in options]
    if len(set(ids)) != len(ids):
        raise Refusal(42040, "option ids must differ")


def _choice(box: Card, most: int) -> None:
    _word(box, "question_key", 42043, KEY_BYTES)
    _options(box, most)


def _selection(card: Card, kind: str) -> None:
    box = _part(card, "button_selection", dict)
    if box and kind == "button_interaction":
        _choice(box, 10)


def _vote(card: Card, kind: str) -> None:
    if kind == "vote_interaction":
        box = _part(card, "checkbox", dict)
        if box.get("mode", 0) not in (0, 1):
            raise Refusal(40058, "checkbox mode out of range")
        _choice(box, 20)


def _selects(card: Card, kind: str) -> None:
    if kind != "multiple_interaction":
        return
    boxes = _list(card, "select_list")
    if not 1 <= len(boxes) <= 3:
        raise Refusal(42047, "1 to 3 selects")
    for box in boxes:
        _choice(box, 10)
    keys = [box["question_key"] for box in boxes]
    if len(set(keys)) != len(keys):
        raise Refusal(42043, "question keys must differ")


def _submit(card: Card, kind: str) -> None:
    if kind in CALLING[1:]:
        button = _part(card, "submit_button", dict)
        _word(button, "key", 42046, KEY_BYTES)
        _word(button, "text", 42049)
