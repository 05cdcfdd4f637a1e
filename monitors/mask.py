"""Personal details of those who complain, covered at import: what is judged and shown never needs them."""

from __future__ import annotations

import re
from typing import Final

_SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方俞任袁柳史唐费薛雷贺倪"
    "汤滕罗毕郝邬安常乐于傅皮卞齐康伍余顾孟黄穆萧尹姚邵汪祁毛狄米贝戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季贾路江童颜郭梅盛林刁钟徐邱"
    "骆高夏蔡田樊胡凌霍虞万柯管卢莫房裘缪解应宗丁宣邓洪包左石崔吉龚程邢裴陆荣翁曲封储段侯班仇甘厉武符刘景詹龙叶司黎白蒲邰赖卓屠池"
    "乔闻党翟谭劳申冉桂牛燕尚温庄晏柴瞿阎连习艾容向古易廖耿匡文寇欧沃聂曾关查游权闫肖代付岳"
)
_NAME: Final = rf"([{_SURNAMES}])[一-鿿·]{{1,3}}?"
_CALLED: Final = (
    r"((?:我|本人|孩子|学生|儿子|女儿|小孩|孙子|孙女|外孙|外孙女|男孩|女孩|男童|女童|幼儿|家长|父亲|母亲|丈夫|妻子|老人|[他她])"
    r"(?:的?名字)?(?:是|叫|名叫|姓名[:：]?|[:：]))"
)
_BEFORE: Final = r"(^|[^一-鿿]|学生|孩子|男孩|女孩|男童|女童|幼儿|儿子|女儿|小孩)"
_GIVEN: Final = r"^\W\d_a-zA-Z一二三四五六七八九十年级班中小校学生位名些多少数的"
"""Characters of a given name before 同学: not those of 高三同学, 于是有些同学."""
_AFTER: Final = r"(?=[，,。；;、（(\s！!]|$)"
_AGE: Final = r"(?=[（(](?:男|女)?[，,、]?\s*(?:现年)?\d{1,2}(?:周?岁|个月)(?!以))"

_DIGEST: Final = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{40}(?:[0-9a-f]{24})?)(?![0-9A-Za-z])")

_RULES: Final = (
    (
        re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])"),
        "〔证件号〕",
    ),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)"), r"\1****\2"),
    (re.compile(r"(?<!\d)(0\d{2,3})[- ]?\d{3,4}(\d{4})(?!\d)"), r"\1-****\2"),
    (re.compile(r"(?<!\d)\d{16,19}(?!\d)"), "〔账号〕"),
    (
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9]{4,5}([A-HJ-NP-Z0-9])(?![A-Z0-9])"
        ),
        r"〔车牌〕\1",
    ),
    (
        re.compile(r"((?:姓名|联系人|来电人|投诉人|诉求人|反映人|举报人|当事人)[:：]\s*)([一-鿿])[一-鿿·]{1,3}(?![一-鿿])"),
        r"\1\2某",
    ),
    (re.compile(rf"{_CALLED}{_NAME}{_AFTER}"), r"\1\2某"),
    (re.compile(rf"{_BEFORE}{_NAME}{_AGE}"), r"\1\2某"),
    (re.compile(rf"{_BEFORE}([{_SURNAMES}])[{_GIVEN}]{{1,2}}(同学|小朋友)"), r"\1\2某\3"),
    (re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"), "〔邮箱〕"),
    (re.compile(r"((?:QQ号?|qq号?|微信号?|支付宝)(?:是|为|[:：])?\s*)[A-Za-z0-9_-]{5,20}(?![A-Za-z0-9_-])"), r"\1〔账号〕"),
    (re.compile(r"((?:门牌|住址|家庭住址|联系地址)[:：]\s*)[^,，。;；\n]{2,60}"), r"\1〔住址〕"),
    (re.compile(r"(\d{1,3}(?:号楼|栋|幢|单元))\s*\d{1,2}(?:单元)?[-\s]?\d{2,4}(?:室|号|户)?"), r"\1〔门牌〕"),
)


def mask(text: str) -> str:
    """`text` with phones, identity papers, accounts, plates, doors, those who say their name, and named minors covered."""
    parts = _DIGEST.split(text)
    for n in range(0, len(parts), 2):  # digests of files stand between, and long runs of their digits are nobody's number
        for pattern, cover in _RULES:
            parts[n] = pattern.sub(cover, parts[n])
    return "".join(parts)


def mask_name(name: str) -> str:
    """A person's name as it may be stored: 张某; "" stays empty."""
    return f"{name.strip()[0]}某" if name.strip() else ""


def mask_known(text: str, *names: str) -> str:
    """`mask`, and these names (of two characters or more) wherever they stand."""
    for name in names:
        if len(name) >= 2:
            text = text.replace(name, mask_name(name))
    return mask(text)
