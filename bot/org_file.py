"""Units and people from a workbook, out as TOML for organisation.toml: the roster most offices have already is a spreadsheet.

Two tables, on one sheet or several, known by their headings: 单位名称 (简称, 单位代码, 类别, 辖区, 值班电话) and 姓名, 账号, 单位 (职务, 角色,
电话, 邮箱, 总览权限). Codes left out are taken from the routing table, whose functions then hold. Every mistake is told with its row;
an unknown unit or role is an error, not the nearest one.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from bot.labels import ROLES
from config.routing import Routing
from config.schema import Role

UNIT: Mapping[str, tuple[str, ...]] = {
    "name": ("单位名称", "单位全称", "机构名称"),
    "code": ("单位代码", "代码"),
    "short": ("简称", "单位简称"),
    "kind": ("类别", "单位类别"),
    "territory": ("辖区", "管辖地域"),
    "duty_phone": ("值班电话", "单位电话"),
}
OFFICER: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名",),
    "userid": ("账号", "企业微信账号", "userid"),
    "unit": ("单位", "所在单位", "部门"),
    "title": ("职务",),
    "roles": ("角色", "岗位"),
    "phone": ("电话", "手机", "手机号", "联系电话"),
    "email": ("邮箱", "电子邮箱"),
    "board": ("总览权限", "权限"),
}
KINDS: Mapping[str, str] = {
    "部门": "bureau",
    "乡镇": "town",
    "街道": "town",
    "新闻办": "press",
    "指挥部": "command",
    "裁定": "arbiter",
}
BOARD: Mapping[str, str] = {"": "", "无": "", "查看": "viewer", "办理": "editor", "管理": "admin"}
ROLE_WORDS: Mapping[str, str] = {
    **{ROLES[role.value]: role.value for role in Role},
    "舆情联络员": Role.UNIT_LIAISON.value,
    "联络员": Role.UNIT_LIAISON.value,
    "管理员": Role.ADMIN.value,
}
ROWS = 5000
_BETWEEN = re.compile(r"[、，,；;\s]+")
_USERID = re.compile(r"[A-Za-z0-9@._-]{1,64}")


@dataclass(slots=True)
class Org:
    """What was read: TOML blocks, how many of each, every mistake as a sentence with its place."""

    blocks: list[str] = field(default_factory=list)
    units: int = 0
    officers: int = 0
    problems: list[str] = field(default_factory=list)


Rows = list[tuple[str, dict[str, str]]]


def read_org(body: bytes, routing: Routing) -> Org:
    """Every table of the workbook that has the headings."""
    out = Org()
    try:
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        sheets = [(s.title, [list(r) for r in s.iter_rows(values_only=True, max_row=ROWS)]) for s in book.worksheets]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        out.problems.append("不是能读的 XLSX 文件，请在表格软件里另存为 XLSX。")
        return out
    units = [row for name, rows in sheets for row in _table(name, rows, UNIT, ("name",))]
    people = [row for name, rows in sheets for row in _table(name, rows, OFFICER, ("name", "userid", "unit"))]
    if not units and not people:
        out.problems.append("没有找到单位表（表头须有 单位名称）或人员表（表头须有 姓名、账号、单位），请核对。")
    codes = _units(units, routing, out)
    _officers(people, codes, out)
    return out


def _table(sheet: str, rows: Sequence[list[object]], headings: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]) -> Rows:
    """Rows under the first line that has the headings, up to the next line of headings."""
    words = {word: key for key, names in headings.items() for word in names}
    found: Rows = []
    columns: dict[str, int] = {}
    for n, row in enumerate(rows, 1):
        texts = [_text(cell) for cell in row]
        here = {words[text]: at for at, text in enumerate(texts) if text in words}
        if all(key in here for key in needed):
            columns = here
        elif columns and any(text in ("姓名", "单位名称") for text in texts):
            columns = {}
        elif columns:
            cells = {key: texts[at] for key, at in columns.items() if at < len(texts)}
            if any(cells.values()):
                found.append((f"“{sheet}”第{n}行", cells))
    return found


def _text(cell: object) -> str:
    return "" if cell is None else str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _units(rows: Rows, routing: Routing, out: Org) -> dict[str, str]:
    """Blocks of the units; every name, short name and code -> code."""
    codes: dict[str, str] = {}
    taken: set[str] = set()
    for place, cells in rows:
        name, short = cells.get("name", ""), cells.get("short", "")
        kind = KINDS.get(cells.get("kind", "") or "部门", "")
        code = cells.get("code", "") or _known_code(name, short, routing, taken) or f"d{len(taken) + 1}"
        wrong = _unit_mistakes(name, code, kind, taken, cells.get("kind", ""))
        if wrong:
            out.problems.append(f"{place}：{wrong}")
            continue
        taken.add(code)
        codes |= dict.fromkeys((x for x in (name, short, code) if x), code)
        given = {"code": code, "name": name, "short": short, "kind": kind, "territory": cells.get("territory", "")}
        out.blocks.append(_block("unit", {**given, "duty_phone": cells.get("duty_phone", "")}))
        out.units += 1
    return codes


def _unit_mistakes(name: str, code: str, kind: str, taken: set[str], said: str) -> str:
    if not name:
        return "没有写单位名称，请补写。"
    if code in taken:
        return f"单位代码 {code} 与前面的重复，请改正。"
    return "" if kind else f"不认识类别“{said}”，请写 {'、'.join(KINDS)}。"


def _known_code(name: str, short: str, routing: Routing, taken: set[str]) -> str:
    """The routing table's unit that bears this name behind the place's: 鹿溪县自然资源局 is its 自然资源局."""
    for unit in routing.units:
        known = (unit.name, unit.name.lstrip("县市区"), *unit.aliases)
        if unit.code not in taken and any(text and text.endswith(k) for text in (name, short) for k in known if len(k) > 2):
            return unit.code
    return ""


def _officers(rows: Rows, codes: Mapping[str, str], out: Org) -> None:
    taken: set[str] = set()
    for place, cells in rows:
        userid, unit = cells.get("userid", ""), codes.get(cells.get("unit", ""), "")
        roles, strange = _roles(cells.get("roles", ""))
        wrong = [
            *([] if cells.get("name") else ["没有写姓名，请补写。"]),
            *([] if _USERID.fullmatch(userid) else [f"账号“{userid}”写法不对，请照企业微信通讯录里的账号写。"]),
            *([f"账号 {userid} 与前面的重复，请改正。"] if userid.lower() in taken else []),
            *([] if unit else [f"单位表里没有“{cells.get('unit', '')}”，请写单位表里的名称、简称或代码。"]),
            *(f"不认识角色“{word}”，可写 {'、'.join(ROLE_WORDS)}。" for word in strange),
            *([] if cells.get("board", "") in BOARD else [f"不认识总览权限“{cells['board']}”，请写 查看、办理、管理 或不写。"]),
        ]
        out.problems += [f"{place}：{w}" for w in wrong]
        if wrong:
            continue
        taken.add(userid.lower())
        rest = {key: cells.get(key, "") for key in ("title", "phone", "email")}
        board = BOARD[cells.get("board", "")]
        out.blocks.append(
            _block("officer", {"userid": userid, "name": cells["name"], "unit": unit, **rest, "roles": roles, "board": board})
        )
        out.officers += 1


def _roles(text: str) -> tuple[list[str], list[str]]:
    """Codes of the roles, and words that are none."""
    words = [word for word in _BETWEEN.split(text) if word]
    return [ROLE_WORDS[w] for w in words if w in ROLE_WORDS], [w for w in words if w not in ROLE_WORDS]


def _block(table: str, values: Mapping[str, str | list[str]]) -> str:
    lines: Iterable[str] = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value)
    return "\n".join((f"[[{table}]]", *lines))
