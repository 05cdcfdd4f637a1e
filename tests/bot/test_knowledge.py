"""The narrowest place of a text, without the words that stand before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.configuration import settings_of
from bot.judging import judges_of
from bot.knowledge import load_knowledge, spot
from monitors.detect import Seen
from monitors.region import Region

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
NOW = datetime(2026, 8, 1, tzinfo=UTC)

HERE = Region(province="青岚", city="云泽", county="鹿溪县")


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("欧某反映石坪镇大湾村山体滑坡，4人被埋", "石坪镇大湾村"),
        ("鹿溪县石坪镇大湾村山体滑坡", "石坪镇大湾村"),
        ("家住幸福小区的业主投诉停水", "幸福小区"),
        ("有人在大湾村放炮", "大湾村"),
        ("路灯不亮", ""),
        ("这是柳河镇柳河桥，桥面塌了，有车掉下去了", "柳河镇"),
        ("昨天夜里白果镇起火", "白果镇"),
        ("咱们青山乡又滑坡了", "青山乡"),
        ("太惨了柳河镇桥塌了", "柳河镇"),
        ("刚从双河镇回来，通往石坪镇大湾村的路断了", "双河镇"),
        ("我们乡镇停水", ""),
        ("网上说青山水库大坝裂了", "青山水库"),
        ("青山乡卫生院接种后孩子高烧", "青山乡卫生院"),
        ("村民堵了石坪镇政府门口", "石坪镇"),
        ("柳河镇中心小学食堂学生拉肚子", "柳河镇中心小学"),
        ("村民说石坪镇桥塌了", "石坪镇"),
    ],
)
def test_the_place_is_named_without_the_words_before_it(title: str, place: str) -> None:
    assert spot(title, "", HERE, ("鹿溪县",)) == place


def test_one_disaster_at_home_is_one_matter_whether_a_text_names_the_county_or_not() -> None:
    watch = load_knowledge(settings_of(DEMO, {})).detector()
    titles = (
        ("大湾村发生山体滑坡 6户19人被埋", True),
        ("鹿溪县大湾村山体滑坡已致3人遇难", False),
        ("鹿溪大湾村滑坡救援进展", False),
    )
    for number, (title, local) in enumerate(titles):
        watch.feed(Seen(id=str(number), source=f"s{number}", title=title, local=local), NOW + timedelta(minutes=number))
    (story,) = watch.stories.values()
    assert (story.province, story.city, story.county) == ("青岚", "云泽", "鹿溪县")
    assert story.alarmed_at == NOW


def test_every_command_knows_the_own_county() -> None:
    found = judges_of(DEMO, {}).locator.locate("鹿溪一厂房起火")
    assert (found.province, found.city, found.county) == ("青岚", "云泽", "鹿溪县")
