"""Contacts of the emulator, from documents 90193, 90196, 90200, 90208, 96067."""

from dataclasses import replace

import pytest

from bot.emulator.corp import Department, corp_from
from bot.emulator.server import Emulator

PRIVATE = {"avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address"}


@pytest.fixture
def corp(corp):
    rows = (
        Department(id=1, name="鹿溪县", parent=0),
        Department(id=2, name="应急管理局"),
        Department(id=5, name="值班室", parent=2),
    )
    night = replace(corp.members[1], userid="zhaoqi", name="赵七", party=5, status=4, leader=True)
    return replace(corp, departments=rows, members=(*corp.members, night))


async def asked(api, path, **query):
    await api.fetch_token()
    return await api.get(path, access_token=api.token, **query)


async def test_a_member_is_read_in_lower_case_and_without_private_fields(api):
    found = await asked(api, "user/get", userid="ZHANGSAN")
    assert (found["errcode"], found["userid"], found["name"]) == (0, "zhangsan", "张三")
    assert (found["main_department"], found["department"], found["position"], found["status"]) == (1, [1], "值班员", 1)
    assert not PRIVATE & set(found)


async def test_a_member_who_never_came_in_and_leads(api):
    found = await asked(api, "user/get", userid="zhaoqi")
    assert (found["status"], found["is_leader_in_dept"]) == (4, [1])


@pytest.mark.parametrize(
    ("userid", "code"), [("nobody", 60111), ("outside", 60011), ("", 40003), ("张三", 40003), ("a" * 65, 40003)]
)
async def test_who_cannot_be_read(api, userid, code):
    assert (await asked(api, "user/get", userid=userid))["errcode"] == code


async def test_members_of_one_department_and_not_of_those_below(api):
    found = await asked(api, "user/simplelist", department_id="2")
    assert [(u["userid"], u["name"]) for u in found["userlist"]] == [("lisi", "李四")]


async def test_members_out_of_the_visible_range_are_not_listed(api):
    assert (await asked(api, "user/simplelist", department_id="1"))["userlist"] == [
        {"userid": "zhangsan", "name": "张三", "department": [1]}
    ]


@pytest.mark.parametrize(("ident", "code"), [("99", 60011), ("", 40058), ("一", 40058)])
async def test_a_department_that_cannot_be_read(api, ident, code):
    assert (await asked(api, "user/simplelist", department_id=ident))["errcode"] == code


async def test_departments_come_with_all_below(api):
    every = (await asked(api, "department/list"))["department"]
    assert [(d["id"], d["name"], d["parentid"]) for d in every] == [(1, "鹿溪县", 0), (2, "应急管理局", 1), (5, "值班室", 2)]
    below = (await asked(api, "department/list", id="2"))["department"]
    assert [d["id"] for d in below] == [2, 5]


async def test_only_the_contact_secret_lists_ids(api):
    assert (await api.post("user/list_id", {"cursor": "", "limit": 100}))["errcode"] == 48002


def test_without_departments_each_unit_hangs_under_the_root(emulator: Emulator):
    from bot.emulator.api_contacts import departments

    plain = replace(emulator.office.corp, departments=())
    assert departments(plain)[2] == ("县应急管理局", 1)


def test_departments_are_read_from_the_corp_file():
    table = {"corpid": "a", "secret": "b", "agentid": 1, "token": "c", "aes_key": "d" * 43}
    assert corp_from({**table, "departments": [{"id": 3, "name": "值班室"}]}).departments[0].parent == 1
