"""Personal details of those who complain, covered at import: what is judged and shown never needs them."""

from __future__ import annotations

import re
from typing import Final

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
    (re.compile(r"((?:门牌|住址|家庭住址|联系地址)[:：]\s*)[^,，。;；\n]{2,60}"), r"\1〔住址〕"),
    (re.compile(r"(\d{1,3}(?:号楼|栋|幢|单元))\s*\d{1,2}(?:单元)?[-\s]?\d{2,4}(?:室|号|户)?"), r"\1〔门牌〕"),
)


def mask(text: str) -> str:
    """`text` with numbers of phones, identity papers, accounts and plates, named persons and doors covered."""
    for pattern, cover in _RULES:
        text = pattern.sub(cover, text)
    return text


def mask_name(name: str) -> str:
    """A person's name as it may be stored: 张某; "" stays empty."""
    return f"{name.strip()[0]}某" if name.strip() else ""
