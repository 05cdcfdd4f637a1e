"""The narrowest place of a text, without the words that stand before it."""

from __future__ import annotations

import pytest

from bot.knowledge import spot
from monitors.region import Region

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
    ],
)
def test_the_place_is_named_without_the_words_before_it(title: str, place: str) -> None:
    assert spot(title, "", HERE, ("鹿溪县",)) == place
