"""Contacts as an app of today may read them (documents 90193, 90196, 90200, 90208, 96067): its visible range, no private fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.emulator import rules
from bot.emulator.corp import Corp, Member
from bot.emulator.office import Office
from bot.emulator.refusal import Refusal

ROOT = 1


def departments(corp: Corp) -> dict[int, tuple[str, int]]:
    """Id -> (name, parent); where the corp file lists none, each unit hangs under the root."""
    if corp.departments:
        return {d.id: (d.name, d.parent) for d in corp.departments}
    found = {ROOT: (corp.name, 0)}
    for member in corp.members:
        found.setdefault(member.party, (member.unit or f"部门{member.party}", ROOT))
    return found


def user_get(office: Office, query: Mapping[str, str]) -> dict[str, Any]:
    """One member; 60111 for nobody, 60011 for somebody outside the app's visible range."""
    userid = query.get("userid", "")
    if not rules.USERID.fullmatch(userid):
        raise Refusal(40003, "invalid userid")
    member = office.member(userid)
    if member is None:
        raise Refusal(60111, "userid not found")
    if not member.visible:
        raise Refusal(60011, "no privilege to access this member")
    return {"errcode": 0, "errmsg": "ok", **_shown(member)}


def _shown(member: Member) -> dict[str, Any]:
    """No avatar, gender, mobile, email, address: apps created after 2022-06-20 never get them this way."""
    return {
        "userid": member.userid.lower(),
        "name": member.name,
        "department": [member.party],
        "main_department": member.party,
        "position": member.title,
        "alias": "",
        "status": member.status,
        "is_leader_in_dept": [int(member.leader)],
        "direct_leader": [],
    }


def simplelist(office: Office, query: Mapping[str, str]) -> dict[str, Any]:
    """Visible members of one department, not of those below it."""
    ident = _department(office, query.get("department_id", ""))
    rows = [
        {"userid": m.userid.lower(), "name": m.name, "department": [m.party]}
        for m in office.corp.members
        if m.visible and m.party == ident
    ]
    return {"errcode": 0, "errmsg": "ok", "userlist": rows}


def department_list(office: Office, query: Mapping[str, str]) -> dict[str, Any]:
    """The department and everything below it, or all of them."""
    known = departments(office.corp)
    wanted = set(known)
    if query.get("id"):
        wanted, size = {_department(office, query["id"])}, 0
        while size != len(wanted):
            size = len(wanted)
            wanted |= {ident for ident, (_, parent) in known.items() if parent in wanted}
    rows = [{"id": i, "name": known[i][0], "parentid": known[i][1], "order": i} for i in sorted(wanted)]
    return {"errcode": 0, "errmsg": "ok", "department": rows}


def _department(office: Office, text: str) -> int:
    if not text.isdecimal():
        raise Refusal(40058, "department id must be an integer")
    if int(text) not in departments(office.corp):
        raise Refusal(60011, "no privilege to access this department")
    return int(text)


def to_userid(office: Office, raw: bytes) -> dict[str, Any]:
    """Encrypted ids to userids (DOC/101463 names the call); ids of nobody come back as invalid."""
    wanted = rules.typed(rules.parse(raw), "open_userid_list", list, [])
    if not 1 <= len(wanted) <= 1000 or not all(isinstance(w, str) for w in wanted):
        raise Refusal(40058, "1 to 1000 ids")
    known = {office.open_userid(m.userid): m.userid.lower() for m in office.corp.members if m.visible}
    rows = [{"open_userid": w, "userid": known[w]} for w in wanted if w in known]
    return {
        "errcode": 0,
        "errmsg": "ok",
        "userid_list": rows,
        "invalid_open_userid_list": [w for w in wanted if w not in known],
    }


def list_id(office: Office, raw: bytes) -> dict[str, Any]:
    """Only the contact-sync secret may list ids, and this token is an app's."""
    rules.parse(raw)
    raise Refusal(48002, "api forbidden for this app")
