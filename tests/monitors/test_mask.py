"""What identifies a complainant is covered; what the matter is about stays."""

from __future__ import annotations

import pytest

from monitors.mask import mask, mask_name


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("电话13800001234请回复", "电话138****1234请回复"),
        ("电话 +86 138 0000 1234", "电话 138****1234"),
        ("座机0451-81234567", "座机0451-****4567"),
        ("身份证11010119900307123X", "身份证〔证件号〕"),
        ("卡号6222020200112233445", "卡号〔账号〕"),
        ("车牌黑A·12345违停", "车牌〔车牌〕5违停"),
        ("来电人：张三丰。反映路灯", "来电人：张某。反映路灯"),
        ("家庭住址：城关镇某街12号，反映停水", "家庭住址：〔住址〕，反映停水"),
        ("幸福小区3号楼2单元501室漏水", "幸福小区3号楼〔门牌〕漏水"),
    ],
    ids=["mobile", "mobile spaced", "landline", "identity", "account", "plate", "name", "address", "door"],
)
def test_personal_details_are_covered(text: str, covered: str) -> None:
    assert mask(text) == covered


@pytest.mark.parametrize(
    "text",
    [
        "造成12人受伤，直接损失1380万元",
        "2026年3月2日08:00",
        "12345热线转办",
        "国道G102线1234公里处",
        "文号青政发〔2026〕12号",
        "反映人行道破损",
    ],
)
def test_what_the_matter_is_about_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(("name", "covered"), [("王小明", "王某"), (" 李 ", "李某"), ("", "")])
def test_a_name_keeps_its_first_character(name: str, covered: str) -> None:
    assert mask_name(name) == covered
