"""Which heading or key of somebody else's table means what: the settings' answer to "every system names it differently"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Names that may stand for each field, the first one present counts. `rows`: where the list is in a JSON answer.

    `sheet`: the sheets of a workbook that may be read, "" of them all if empty.
    """

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
    sheet: tuple[str, ...] = ()


FIELDS: Final = Fields()
TABLE: Final = tuple(name for name in Fields.__dataclass_fields__ if name not in ("rows", "sheet"))

_MATTER: Final = "(?:来电|来信|来件|来访|信访|诉求|工单|信件|问题|反映|事项|举报|投诉|办件|事件|案件|咨询|留言|线索|求助|建议)"
_TAKEN: Final = "(?:受理|登记|进件|接件|收件|接收|接单|建单|创建|提交|写信|派发|流水)"
_GIVER: Final = "(?:来电|来信|来访|写信|信访|诉求|反映|举报|投诉|联系|申请|求助|咨询|报警|报料)(?:人|者)|市民|群众|当事人"
_WORK: Final = "(?:承办|办理|责任|主办|处置|处理|转办|交办|经办|牵头|受理|负责)"
_STAGE: Final = "(?:当前|工单|办件|信件|案件|流转|办理|处理|处置|办结)"
FAMILIES: Final[Mapping[str, re.Pattern[str]]] = {
    "number": re.compile(rf"(?:{_MATTER}|{_TAKEN}|案|单|派单)?(?:编号|单号|流水号|案号|件号|编码)"),
    "title": re.compile(rf"{_MATTER}{{1,2}}(?:件)?(?:标题|主题|题目|题名|名称|概要|摘要)"),
    "text": re.compile(
        rf"{_MATTER}{{1,2}}(?:内容|描述|详情|正文|经过|详细内容|具体内容)|(?:问题|反映|举报|投诉|事件)(?:的)?情况"
    ),
    "received": re.compile(rf"(?:{_MATTER}|{_TAKEN})(?:时间|日期)"),
    "place": re.compile(
        r"(?:事发|诉求|问题|反映|违法|发生|案发|事件|所在|所属|管辖|行政)(?:发生)?(?:地|地点|地址|位置|区域|属地|辖区|区县|区划|镇街|街道|乡镇)"
        r"|属地|区域|辖区|乡镇|镇街|乡镇街道"
    ),
    "category": re.compile(rf"{_MATTER}(?:类型|类别|分类|种类|性质)"),
    "person": re.compile(rf"(?:{_GIVER})(?:姓名|名称|称呼|名字)?"),
    "phone": re.compile(
        rf"(?:{_GIVER}|来电|主叫|回拨|联系)?(?:联系)?(?:电话|手机|座机)?(?:电话|手机|号码|手机号码?|电话号码|联系方式)"
    ),
    "paper": re.compile(rf"(?:{_GIVER})?(?:身份)?(?:证件|身份证)(?:号码?|编号)?"),
    "home": re.compile(rf"(?:{_GIVER})(?:联系|家庭|居住)?(?:住址|地址)|(?:现|居)住地?址?"),
    "unit": re.compile(rf"{_WORK}(?:单位|部门|机构|科室)"),
    "state": re.compile(rf"{_STAGE}(?:状态|进度|进展|环节|结果)"),
    "finished": re.compile(r"(?:办结|办毕|完成|完结|结案|回复|答复|反馈|处置|处理|办理)(?:时间|日期)"),
    "satisfied": re.compile(
        r"(?:群众|市民|诉求人|来电人|办理|结果|回访|服务|是否)*(?:满意(?:度|率|情况|程度|评价|与否)?|评价(?:结果|情况)?|测评(?:结果|情况)?|回访(?:结果|情况|意见))"
    ),
}
"""What systems call a field beyond the names listed: tried where no listed name stands, each column once."""
_ORDER: Final = "(?:work)?(?:order|case|appeal|ticket|event|complaint)"
_CALLER: Final = "(?:caller|citizen|reporter|appealer|contact|link|customer|complainant|applicant)"
KEYS: Final[Mapping[str, re.Pattern[str]]] = {
    "number": re.compile(rf"(?:{_ORDER}|serial)(?:no|id|code|number|num)"),
    "title": re.compile(rf"{_ORDER}(?:title|subject|name)|subject"),
    "text": re.compile(rf"{_ORDER}(?:content|desc|description|detail|info)|description"),
    "received": re.compile(r"(?:create|accept|call|register|receive|submit|report)e?d?(?:time|date|at)"),
    "place": re.compile(rf"(?:{_ORDER}|happen|occur)?(?:address|addr|location|place|area)"),
    "person": re.compile(rf"{_CALLER}(?:name|man)?|linkman|name|username|realname"),
    "phone": re.compile(rf"{_CALLER}?(?:phone|tel|telephone|mobile|mobilephone|call)(?:no|number|num)?"),
    "paper": re.compile(r"(?:idcard|identity|certificate)(?:no|number|num|card)?"),
    "home": re.compile(rf"(?:home|live|{_CALLER})(?:address|addr)"),
    "unit": re.compile(r"(?:handle|deal|undertake|main|process|duty|charge)?(?:dept|department|unit|org|organ)(?:name)?"),
    "state": re.compile(rf"(?:{_ORDER}|handle|deal|process)?(?:status|state)(?:name|desc)?"),
    "finished": re.compile(r"(?:finish|end|close|complete|reply|handle|deal)e?d?(?:time|date|at)"),
    "satisfied": re.compile(r"(?:is)?(?:satisfaction|satisfied|satisfy|evaluate|evaluation)(?:level|degree|name|result)?"),
}
"""The same for systems that name their fields in English: callerName, work_order_no."""
_ASIDE: Final = re.compile(r"\([^()]*\)$|[\s*:]+")


def bare_heading(cell: str) -> str:
    """A heading without what exports decorate it with: 标　题, *诉求内容：, 诉求内容（必填）, a line break in the middle."""
    return _ASIDE.sub("", unicodedata.normalize("NFKC", cell).strip(" *:"))


def positions(heading: Sequence[str], fields: Fields, above: Sequence[str] = ()) -> dict[str, int]:
    """Field -> column of a heading line; `above` is the line over it, whose words may be part of a heading: 时间 over 受理."""
    bare = [bare_heading(cell) for cell in heading]
    lines = [list(heading), bare]
    if above:
        over = [bare_heading(cell) for cell in above]
        lines += [
            [low + high for low, high in zip(bare, over, strict=False)],
            [high + low for low, high in zip(bare, over, strict=False)],
        ]
    found: dict[str, int] = {}
    for field in TABLE:
        names: tuple[str, ...] = getattr(fields, field)
        position = next((row.index(name) for name in names for row in lines if name in row), None)
        if position is not None:
            found[field] = position
    keys = [re.sub(r"[\W_]", "", cell).lower() if cell.isascii() else "" for cell in bare]
    return _by_family([keys], _by_family(lines[1:], found, FAMILIES), KEYS)


def _by_family(
    lines: Sequence[Sequence[str]], found: dict[str, int], families: Mapping[str, re.Pattern[str]]
) -> dict[str, int]:
    for field in (f for f in families if f not in found):
        family, taken = families[field], set(found.values())
        places = (n for row in lines for n, cell in enumerate(row) if cell and n not in taken and family.fullmatch(cell))
        position = next(places, None)
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
