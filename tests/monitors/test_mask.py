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
        ("手机 138.0000.1234，138 00001234", "手机 138****1234，138****1234"),
        ("电话１３８００００１２３４", "电话138****1234"),
        ("座机(0451)8123-4567，0451 8123 4567", "座机0451-****4567，0451-****4567"),
        ("电话:81234567，座机8123456", "电话:****4567，座机****3456"),
        ("身份证110101 19900307 123x", "身份证〔证件号〕"),
        ("身份证号 110101900307123，护照号：EA1234567", "身份证号 〔证件号〕，护照号：〔证件号〕"),
        ("卡号6222 0202 0011 2233 445", "卡号〔账号〕"),
        ("6222-0202-0011-2233收款", "〔账号〕收款"),
        ("加V：abc_12345，vx abc12345，微信id：wxid_a1", "加V：〔账号〕，vx 〔账号〕，微信id：〔账号〕"),
        ("QQ群123456789，抖音号zhang888", "QQ群〔账号〕，抖音号〔账号〕"),
        ("邮箱zhang_san＠163.com", "邮箱〔邮箱〕"),
        ("京a•12345和黑A-1234学，黑A.AB123", "〔车牌〕5和〔车牌〕学，〔车牌〕3"),
        ("车牌号A12345", "车牌号〔车牌〕5"),
        ("幸福小区三号楼二单元五零一室", "幸福小区三号楼〔门牌〕"),
        ("幸福小区B座1203，3-2-501漏水", "幸福小区B座〔门牌〕，〔门牌〕漏水"),
        ("解放路123号3单元5楼东户", "解放路123号3单元〔门牌〕"),
        ("大湾村三组12号，家住幸福路88号", "大湾村三组〔门牌〕，家住幸福路〔门牌〕"),
        ("来电人王小明称路灯不亮", "来电人王某称路灯不亮"),
        ("联系人：王小明电话", "联系人：王某电话"),
        ("市民王小明反映，本人王小明，停水", "市民王某反映，本人王某，停水"),
        ("本人姓王，名小明", "本人姓王，名某"),
        ("王小明，男，住城关镇", "王某，男，住城关镇"),
        ("我儿子王子轩在校被同学李浩然殴打", "我儿子王某在校被同学李某殴打"),
        ("三年级2班张浩宇同学", "三年级2班张某同学"),
        ("我叫欧阳锋，欧阳娜娜（女，9岁）", "我叫欧阳某，欧阳某（女，9岁）"),
        ("阿依古丽·买买提（女，9岁）", "阿某（女，9岁）"),
    ],
    ids=[
        *("mobile", "mobile spaced", "landline", "identity", "account", "plate", "name", "address", "door"),
        *("own name", "child", "minor by age", "classmate", "e-mail", "account name"),
        *("mobile with points", "wide digits", "landline in brackets", "local number", "identity spaced", "older papers"),
        *(
            "card spaced",
            "card with hyphens",
            "chat ids",
            "group and video ids",
            "wide at",
            "plates as typed",
            "plate without province",
        ),
        *("door in words", "door by numbers", "side of a floor", "house of a village", "caller", "name run on", "citizen"),
        *(
            "name in parts",
            "name and sex",
            "child and classmate",
            "classmate of a class",
            "compound surname",
            "name with a point",
        ),
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
        "家长：晚上好！这几天停课",
        "12号楼100人被困，3号楼120户停电",
        "3号线2号站停运，12号楼2层着火，2号楼3单元电梯坏了",
        "违规建设一座650吨加油站",
        "赔偿13800138000元，转账支付宝50000元",
        "学生安全感下降，学生高考在即",
        "三年级2班被同学孤立",
        "职工权利等问题，居民安静，他是东方的崛起",
        "我是黄石人，我是高中生，我是安全员，反映停水",
        "球队10号队长，大湾村12号井",
        "统一社会信用代码91230100MA18ABCD1X，IP 192.168.1.1",
        "李某某（8岁）",
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
