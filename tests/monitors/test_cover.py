"""An officer's report: callers covered, the matter left as it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from monitors.cover import covered
from monitors.item import Item

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def report(text: str) -> Item:
    return Item(id="a", source="officer", title=text[:120], text=text, seen_at=NOW)


def test_a_caller_is_covered_and_kept_as_the_original() -> None:
    said = "大湾村滑坡 4人被埋 来电人：张三丰 13800001234"
    item = covered(report(said))
    assert item.title == "大湾村滑坡 4人被埋 来电人：张某 138****1234"
    assert json.loads(item.original) == {"内容": said}


def test_a_report_without_personal_details_keeps_no_original() -> None:
    item = report("大湾村滑坡 4人被埋 12345转")
    assert covered(item) is item
