"""What identifies a complainant is covered; what the matter is about stays."""

from __future__ import annotations

import pytest

from monitors.mask import mask, mask_known, mask_name


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
        ("我叫李建国，反映欠薪", "我叫李某，反映欠薪"),
        ("孩子叫王小明，在校被打", "孩子叫王某，在校被打"),
        ("陈子涵（女，9岁）被同学殴打", "陈某（女，9岁）被同学殴打"),
        ("家长说，周宇轩同学已住院", "家长说，周某同学已住院"),
        ("请发到 zhang.san@example.com", "请发到 〔邮箱〕"),
        ("微信号：abc_12345，随时联系", "微信号：〔账号〕，随时联系"),
    ],
    ids=[
        *("mobile", "mobile spaced", "landline", "identity", "account", "plate", "name", "address", "door"),
        *("own name", "child", "minor by age", "classmate", "e-mail", "account name"),
    ],
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
        "学生高考在即，请保障安静",
        "我是新来的业主，反映停水",
        "高三同学普遍反映食堂涨价",
        "该校同学反映宿舍停电",
        "房价（3岁以下免费）公示",
        "微信公众号打不开",
        "SHA-256 13812345678a1234567890123456bcdef0451812345670123456789abcdef0ff）",
    ],
)
def test_what_the_matter_is_about_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(("name", "covered"), [("王小明", "王某"), (" 李 ", "李某"), ("", "")])
def test_a_name_keeps_its_first_character(name: str, covered: str) -> None:
    assert mask_name(name) == covered


def test_a_known_name_is_covered_wherever_it_stands() -> None:
    assert mask_known("赵大勇与赵大勇的邻居", "赵大勇") == "赵某与赵某的邻居"
    assert mask_known("于是停水", "于") == "于是停水"
