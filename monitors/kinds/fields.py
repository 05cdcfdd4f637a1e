"""Which heading or key of somebody else's table means what: the settings' answer to "every system names it differently"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Names that may stand for each field, the first one present counts. `rows`: where the list is in a JSON answer."""

    number: tuple[str, ...] = ("工单编号", "工单号", "受理编号", "诉求编号", "编号", "信件编号", "number", "id")
    title: tuple[str, ...] = ("标题", "诉求标题", "工单标题", "主题", "信件标题", "title")
    text: tuple[str, ...] = ("诉求内容", "工单内容", "反映内容", "内容", "描述", "content", "detail")
    received: tuple[str, ...] = ("受理时间", "来电时间", "登记时间", "创建时间", "提交时间", "时间", "日期", "date")
    place: tuple[str, ...] = ("事发地址", "诉求地址", "发生地", "地点", "区县", "所属区域")
    category: tuple[str, ...] = ("诉求类型", "问题分类", "类别", "分类")
    person: tuple[str, ...] = ("姓名", "来电人", "诉求人", "联系人", "市民姓名", "投诉人", "反映人")
    phone: tuple[str, ...] = ("联系电话", "来电号码", "电话", "手机号码", "手机号", "手机", "联系方式")
    paper: tuple[str, ...] = ("身份证号", "身份证号码", "证件号码", "证件号")
    home: tuple[str, ...] = ("家庭住址", "住址", "联系地址", "通讯地址")
    unit: tuple[str, ...] = ("承办单位", "办理单位", "责任单位", "主办单位")
    state: tuple[str, ...] = ("办理状态", "工单状态", "处理状态", "状态")
    finished: tuple[str, ...] = ("办结时间", "办理时间", "答复时间")
    satisfied: tuple[str, ...] = ("满意度", "满意情况", "是否满意", "评价", "回访结果")
    url: tuple[str, ...] = ("链接", "网址", "url", "link")
    author: tuple[str, ...] = ("作者", "author")
    hot: tuple[str, ...] = ("热度", "hot")
    rows: tuple[str, ...] = ("data", "items", "list", "rows", "result", "records")


FIELDS: Final = Fields()
TABLE: Final = tuple(name for name in Fields.__dataclass_fields__ if name != "rows")


_ASIDE: Final = re.compile(r"\([^()]*\)$|[\s*:]+")


def bare_heading(cell: str) -> str:
    """A heading without what exports decorate it with: 标　题, *诉求内容：, 诉求内容（必填）, a line break in the middle."""
    return _ASIDE.sub("", unicodedata.normalize("NFKC", cell).strip(" *:"))


def positions(heading: Sequence[str], fields: Fields) -> dict[str, int]:
    """Field -> column of a heading line."""
    found: dict[str, int] = {}
    bare = [bare_heading(cell) for cell in heading]
    for field in TABLE:
        names: tuple[str, ...] = getattr(fields, field)
        position = next((row.index(name) for name in names for row in (heading, bare) if name in row), None)
        if position is not None:
            found[field] = position
    return found


def fields_of(names: Mapping[str, Sequence[str]]) -> Fields:
    """The usual names with those of one system before them. KeyError on a field that does not exist."""
    values = {}
    for field, own in names.items():
        if field not in Fields.__dataclass_fields__:
            raise KeyError(field)
        values[field] = (*own, *(n for n in getattr(FIELDS, field) if n not in own))
    return Fields(**values)
