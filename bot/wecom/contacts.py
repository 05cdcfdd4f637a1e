"""What the app may read of the contacts: do the userids of the roster exist, and a skeleton of the organisation.

Facts: documents 90196 (user/get), 90200 (simplelist), 90208 (department/list), 96067 (no telephone, no e-mail for new apps).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.wecom.client import Answer, WeComClient
from bot.wecom.errors import SendError
from config.schema import Officer

ABSENT, OUT_OF_RANGE = frozenset({60111, 46004, 40003, 40031}), frozenset({60011, 60021})
STATES: Final = {2: "已停用", 4: "还没有激活", 5: "已退出"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person. `active`: can get messages; `state` says why not."""

    userid: str
    name: str
    departments: tuple[int, ...]
    title: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    id: int
    name: str
    parent: int


async def member(client: WeComClient, userid: str) -> Member:
    """Read one member; SendError with a code of ABSENT or OUT_OF_RANGE where that is not possible."""
    found = await client.call("user/get", query={"userid": userid})
    return _member(found, str(found.get("position") or ""), STATES.get(int(found.get("status") or 1), ""))


def _member(found: Answer, title: str = "", state: str = "") -> Member:
    departments = found.get("department") or ()
    return Member(
        userid=str(found["userid"]).lower(),
        name=str(found.get("name", "")),
        departments=tuple(int(d) for d in departments),
        title=title,
        state=state,
    )


async def departments(client: WeComClient) -> tuple[Department, ...]:
    rows = (await client.call("department/list")).get("department") or ()
    return tuple(Department(id=int(r["id"]), name=str(r.get("name", "")), parent=int(r.get("parentid") or 0)) for r in rows)


async def members(client: WeComClient, department: int) -> tuple[Member, ...]:
    """Visible members of one department, not of those below it."""
    rows = (await client.call("user/simplelist", query={"department_id": str(department)})).get("userlist") or ()
    return tuple(_member(row) for row in rows)


async def plain_userid(client: WeComClient, open_userid: str) -> str:
    """The userid behind an encrypted one (a smart bot whose creator is no super administrator), empty where there is none."""
    body = json.dumps({"open_userid_list": [open_userid]}).encode()
    rows = (await client.call("batch/openuserid_to_userid", body=body)).get("userid_list") or ()
    return next((str(r.get("userid", "")).lower() for r in rows if r.get("open_userid") == open_userid), "")


async def roster_problems(client: WeComClient, officers: Iterable[Officer]) -> tuple[str, ...]:
    """One Chinese sentence for every officer whom WeCom does not know as written. Other failures are raised."""
    found: list[str] = []
    for officer in officers:
        try:
            known = await member(client, officer.userid)
        except SendError as error:
            if error.code in ABSENT:
                found.append(f"{officer.name}（{officer.userid}）在企业微信通讯录中查无此人，请核对名册中的 userid。")
            elif error.code in OUT_OF_RANGE:
                found.append(f"{officer.name}（{officer.userid}）不在应用可见范围内，请在管理后台加入。")
            else:
                raise
            continue
        if known.state:
            found.append(f"{officer.name}（{officer.userid}）的企业微信{known.state}，收不到提醒。")
        elif known.name and known.name != officer.name:
            found.append(f"{officer.userid}在企业微信中是{known.name}，名册写的是{officer.name}，请核对。")
    return tuple(found)


async def skeleton(client: WeComClient) -> str:
    """`organisation.toml` to begin with: every department as a unit, its members as officers; telephones are to be added."""
    lines = ["# 由企业微信通讯录生成的名册草稿。角色、电话、值班表请补写；编号可改成自己习惯的代码。"]
    for department in await departments(client):
        people = await members(client, department.id)
        if not people:
            continue
        code = f"d{department.id}"
        lines += ["", "[[unit]]", f'code = "{code}"', f"name = {_quoted(department.name)}"]
        for person in people:
            lines += ["", "[[officer]]", f'userid = "{person.userid}"', f"name = {_quoted(person.name)}"]
            lines += [f'unit = "{code}"', 'phone = ""']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string; names hold no line breaks."""
    return '"' + "".join(c for c in text if c.isprintable()).replace("\\", "\\\\").replace('"', '\\"') + '"'
