"""What a text itself dates days back is no alarm of this night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.judging import judges_of
from monitors.detect import Kind, Seen
from monitors.told import age_told

JUDGES = judges_of(None, {})
NOW = datetime(2026, 8, 3, 0, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "text", "days"),
    [
        ("在宿舍猝死的高三老师", "2025年11月24日，一名高三教师在宿舍去世。", 251),
        ("江北一男孩遭电击", "7月28日，男孩爬上火车头遭电击。", 5),
        ("江北一男孩遭电击", "7月28日，男孩遭电击。8月2日，警方介入。", 0),
        ("江北一工厂爆炸", "近日，工厂爆炸。该厂2019年3月1日投产。", None),
        ("江北一工厂爆炸", "2日晚，工厂爆炸，该厂2019年3月1日投产。", None),
        ("12月30日临川一工厂爆炸", "", 215),
        ("8月4日临川将有暴雨", "", 0),
        ("2月30日临川一工厂爆炸", "", None),
        ("临川一工厂爆炸", "", None),
    ],
    ids=["last_year", "last_week", "news_of_it", "lately", "a_day_of_this_month", "no_year", "ahead", "no_such_day", "none"],
)
def test_the_youngest_day_a_text_names_tells_how_old_its_matter_is(title: str, text: str, days: int | None) -> None:
    age = age_told(title, text, NOW)
    assert age == (None if days is None else timedelta(days=days))


@pytest.mark.parametrize(
    ("title", "text", "alarms"),
    [
        ("四川甘孜一化工厂爆炸致3人死亡", "8月2日，一化工厂发生爆炸。", True),
        ("四川甘孜一化工厂爆炸致3人死亡", "3月12日，一化工厂发生爆炸。", False),
        ("四川甘孜警方回应多名储户被赋红码", "3月12日，多名储户反映健康码变红。", True),
    ],
    ids=["of_yesterday", "of_spring", "grievance"],
)
def test_an_old_emergency_waits_for_the_digest_and_an_old_grievance_does_not(title: str, text: str, *, alarms: bool) -> None:
    changes = JUDGES.detector().feed(Seen(id="1", source="weibo", title=title, text=text), NOW)
    assert any(change.kind is Kind.ALARMED for change in changes) is alarms


def test_what_an_officer_reports_alarms_whatever_day_it_names() -> None:
    seen = Seen(id="1", source="officer", kind="officer", title="四川甘孜一化工厂爆炸", text="3月12日发生的爆炸，今天才报。")
    changes = JUDGES.detector().feed(seen, NOW)
    assert any(change.kind is Kind.ALARMED for change in changes)


def test_old_news_that_spreads_alarms_after_all() -> None:
    watch = JUDGES.detector()
    said = []
    for number, source in enumerate(("weibo", "baidu", "douyin")):
        text = "3月12日，一化工厂发生爆炸。"
        title = f"四川甘孜一化工厂爆炸致3人死亡{'' if not number else ' 家属发声' * number}"
        said += watch.feed(Seen(id=source, source=source, title=title, text=text), NOW + timedelta(minutes=number))
    assert any(change.kind is Kind.ALARMED for change in said)
