"""Personal details of those who complain, covered at import: what is judged and shown never needs them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from monitors.mask_names import RULES as NAME_RULES
from monitors.mask_names import Rule, family, rule

_WIDE: Final = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0xFF20)
}
"""Full-width digits, letters and ＠: the same details typed in another width."""
_ADDRESS: Final = re.compile(r"(https?://[^\s，。；、]+)")
_ANY_DIGIT: Final = re.compile(r"[0-9]")
_DIGEST: Final = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{40}(?:[0-9a-f]{24})?)(?![0-9A-Za-z])")

_IS: Final = r"(?:[（(][^（()）]{0,6}[)）])?\s*(?:是|为|[:：])?\s*"
"""What may stand between the name of a number and the number."""
_AMOUNT: Final = r"(?!\d|\s?[元万亿块余])"
_MONTH_DAY: Final = r"(?:0[1-9]|1[0-2])[- ]?(?:[0-2]\d|3[01])"
_PAPERS: Final = "身份证|证件|护照|通行证|居住证|居留证|驾驶证|驾照|社保卡|医保卡|军官证|残疾证"
_CHAT: Final = (
    r"(?:(?:QQ|qq|扣扣)群?号?|微信(?:同?号|id|ID)?|[Ww]e[Cc]hat|支付宝(?:账号)?|(?:抖音|快手|小红书|陌陌)号"
    r"|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx])号?|加[VvWw][Xx]?|(?<![A-Za-z])[Vv]信号?)"
)
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE: Final = r"[A-HJ-NP-Za-hj-np-z0-9]"

_N: Final = r"[0-9一二两三四五六七八九十〇零]"
_BUILDING: Final = rf"(?:[A-Za-z]?\d{{1,3}}|[A-Za-z]|{_N}{{1,3}})(?:号楼|号院|栋|幢|#楼?|单元)|(?:[A-Za-z]|\d{{1,3}})座"
_COUNTED: Final = r"(?![0-9人名余多户个位平元米年月日万只台辆次家件套例起吨亩块斤页字℃%.])"
"""After a bare number that is a door, and no count of people or things."""
_INSIDE: Final = (
    rf"(?:(?:{_N}{{1,3}}(?:单元|门|梯)[-\s]?)(?:{_N}{{1,2}}(?:楼|层))?(?:{_N}{{2,4}}(?:室|号|户|房)|\d{{2,4}}{_COUNTED}|[东西南北中]户)"
    rf"|(?:{_N}{{1,2}}(?:楼|层))?(?:{_N}{{2,4}}(?:室|号房?|房间?)|[东西南北中]户)"
    rf"|\d{{1,2}}-\d{{3,4}}(?:室|户)?{_COUNTED}|\d{{3,4}}{_COUNTED})"
)
_LIVES: Final = "家住|居住在|住在|现住|租住|户籍|户口所在地"
_THING: Final = "(?![楼线院井矿桥店厂门店铺坝机站台文令公])"
"""What is numbered and is nobody's home: 12号楼 is kept, 3号线 is none."""

CHAT_WORDS: Final = ("QQ", "qq", "扣扣", "微信", "hat", "支付宝", "音号", "手号", "书号", "陌号", "x", "X", "V", "v", "w", "W")
_LANDLINE_RULES: Final = (
    rule(r"(?<![\d-])[（(]?(0\d{2,3})[)）]?[- ]?\d{3,4}[- ]?(\d{4})(?!\d)", r"\1-****\2", digits=True),
    rule(
        rf"((?:电话|座机|固话|(?:电话|手机|来电|联系)号码|手机号?|联系方式){_IS})\d{{3,4}}-?(\d{{4}}){_AMOUNT}(?!-\d)",
        r"\1****\2",
        digits=True,
    ),
)
_NUMBER_RULES: Final = (
    rule(
        rf"(?<![0-9A-Za-z])[1-9]\d{{5}}[- ]?(?:18|19|20)\d{{2}}[- ]?{_MONTH_DAY}[- ]?\d{{3}}[- ]?[0-9Xx](?![0-9A-Za-z])",
        "〔证件号〕",
        digits=True,
    ),
    rule(
        rf"((?:{_PAPERS})(?:号码?|编号)?{_IS})[A-Za-z]{{0,2}}\d(?:[- ]?[0-9A-Za-z]){{5,18}}(?![0-9A-Za-z])",
        r"\1〔证件号〕",
        digits=True,
    ),
    rule(r"(?<!\d)\d{16,19}(?!\d)", "〔账号〕", digits=True),
    rule(r"(?<![\d-])\d{4}(?:([- ])\d{4})(?:\1\d{4}){2}(?:\1\d{1,4})?(?![\d-])", "〔账号〕", digits=True),
    rule(rf"((?:卡号|账号|帐号|账户|帐户){_IS})\d(?:[- ]?\d){{9,20}}(?!\d)", r"\1〔账号〕", "号", "户"),
    rule(rf"(?<!\d)(?:(?:\+|00)?86[- ]?)?(1[3-9]\d)[-. ]?\d{{4}}[-. ]?(\d{{4}}){_AMOUNT}", r"\1****\2", digits=True),
    rule(
        rf"[{_PROVINCES}]\s?[A-HJ-NP-Za-hj-np-z][·•・‧．.\-\s]?(?={_PLATE}*\d)"
        rf"(?:{_PLATE}{{4,5}}({_PLATE})|{_PLATE}{{4}}([学挂警港澳领试超]))(?![A-Za-z0-9])",
        r"〔车牌〕\1\2",
        digits=True,
    ),
    rule(
        rf"(车牌(?:号码?)?{_IS})[A-HJ-NP-Z][·•.\-\s]?(?={_PLATE}*\d){_PLATE}{{4,5}}({_PLATE})(?![A-Za-z0-9])",
        r"\1〔车牌〕\2",
        "车牌",
    ),
    rule(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}", "〔邮箱〕", "@"),
    rule(rf"({_CHAT}{_IS})[A-Za-z0-9_-]{{5,20}}(?![A-Za-z0-9_-]|\s?[元万块余])", r"\1〔账号〕", *CHAT_WORDS),
)
_HOME_RULES: Final = (
    rule(
        r"((?:门牌|住址|家庭住址|联系地址|通讯地址|户籍地址|收件地址)(?:是|为|[:：])\s*)[^,，。;；\n]{2,60}",
        r"\1〔住址〕",
        "址",
        "门牌",
    ),
    rule(rf"({_BUILDING})\s*{_INSIDE}", r"\1〔门牌〕", "号楼", "号院", "栋", "幢", "座", "#", "单元"),
    rule(
        rf"(?<![\d.-])\d{{1,3}}-\d{{1,2}}-(?!(?:19|20)\d\d)\d{{3,4}}(?![\d-])(?:室|户|号)?{_COUNTED}", "〔门牌〕", digits=True
    ),
    rule(rf"((?:{_LIVES})[^，,。；;\n\d]{{0,30}})\d{{1,4}}(?:-\d{{1,3}})?号{_THING}", r"\1〔门牌〕", "住", "户籍", "户口"),
    rule(rf"([村屯寨庄]|{_N}[组社队]){_N}{{1,4}}号{_THING}", r"\1〔门牌〕"),
)
_PRIVATE_RULES: Final = (*_NUMBER_RULES, *NAME_RULES, *_HOME_RULES)
_RULES: Final = (*_NUMBER_RULES, *_LANDLINE_RULES, *NAME_RULES, *_HOME_RULES)


def mask(text: str) -> str:
    """`text` with phones, identity papers, accounts, plates, doors, those who say their name, and named minors covered."""
    return _covered(text, _RULES)


def mask_private(text: str) -> str:
    """`mask` for what officers write: landlines stay, for they are those of offices, and so do web addresses."""
    parts = _ADDRESS.split(text)
    return "".join(part if n % 2 else _covered(part, _PRIVATE_RULES) for n, part in enumerate(parts))


def _covered(text: str, rules: Sequence[Rule]) -> str:
    narrow = text if text.isascii() else text.translate(_WIDE)
    parts = _DIGEST.split(narrow)
    for n in range(0, len(parts), 2):  # digests of files stand between, and long runs of their digits are nobody's number
        numbers = _ANY_DIGIT.search(parts[n]) is not None
        for pattern, cover, words, digits in rules:
            if (numbers or not digits) and (not words or any(word in parts[n] for word in words)):
                parts[n] = pattern.sub(cover, parts[n])
    covered = "".join(parts)
    return covered if covered != narrow else text


def mask_name(name: str) -> str:
    """A person's name as it may be stored: 张某, 欧阳某; "" stays empty."""
    return f"{family(name)}某" if name.strip() else ""


def mask_known(text: str, *names: str) -> str:
    """`mask`, and these names (of two characters or more) wherever they stand."""
    for name in names:
        if len(name) >= 2:
            text = text.replace(name, mask_name(name))
    return mask(text)
