"""Tokens, addresses, sign-in, media and webhook (documents 91039, 90313, 91335, 90253, 99110)."""

import io
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest


class TestToken:
    async def test_a_token_is_valid_for_two_hours(self, api, clock):
        answer = await api.fetch_token()
        assert answer["expires_in"] == 7200
        clock.forward(seconds=7199)
        assert (await api.send_text())["errcode"] == 0
        clock.forward(seconds=1)
        assert (await api.send_text())["errcode"] == 42001

    async def test_expiry_may_be_reported_as_40014(self, api, emulator, clock):
        emulator.switches.expired_code = 40014
        await api.fetch_token()
        clock.forward(hours=2)
        assert (await api.send_text())["errcode"] == 40014

    async def test_a_repeated_call_gives_the_same_token_with_its_remaining_life(self, api, clock):
        first = await api.fetch_token()
        clock.forward(seconds=100)
        again = await api.fetch_token()
        assert again["access_token"] == first["access_token"]
        assert again["expires_in"] == 7100

    async def test_or_a_new_one(self, api, emulator):
        emulator.switches.rotate_token = True
        assert (await api.fetch_token())["access_token"] != (await api.fetch_token())["access_token"]

    async def test_a_token_reserves_less_than_512_bytes(self, api):
        assert len((await api.fetch_token())["access_token"]) < 512

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            pytest.param({"corpsecret": "test-secret"}, 41002, id="no corpid"),
            pytest.param({"corpid": "wwtest0000000001"}, 41004, id="no secret"),
            pytest.param({"corpid": "wwother", "corpsecret": "test-secret"}, 40013, id="foreign corp"),
            pytest.param({"corpid": "wwtest0000000001", "corpsecret": "wrong"}, 40001, id="wrong secret"),
        ],
    )
    async def test_wrong_credentials(self, api, query, code):
        assert (await api.get("gettoken", **query))["errcode"] == code

    async def test_many_wrong_secrets_ban_the_address_for_an_hour(self, api, emulator, clock, corp):
        for _ in range(emulator.switches.wrong_secret_limit):
            assert (await api.get("gettoken", corpid=corp.corpid, corpsecret="wrong"))["errcode"] == 40001
        assert (await api.fetch_token())["errcode"] == 45009
        clock.forward(hours=1)
        assert (await api.fetch_token())["errcode"] == 0

    async def test_few_wrong_secrets_an_hour_do_not(self, api, emulator, clock, corp):
        for _ in range(emulator.switches.wrong_secret_limit * 2):
            clock.forward(minutes=10)
            await api.get("gettoken", corpid=corp.corpid, corpsecret="wrong")
        assert (await api.fetch_token())["errcode"] == 0

    async def test_a_call_without_token_is_refused(self, api):
        assert (await api.post("message/send", {}, debug="0"))["errcode"] == 41001

    async def test_a_token_in_the_body_does_not_count(self, api):
        assert (await api.post("message/send", {"access_token": "x"}, debug="0"))["errcode"] == 41001

    async def test_an_unknown_token_is_refused(self, api):
        assert (await api.post("message/send", {}, access_token="x"))["errcode"] == 40014

    async def test_a_revoked_token_is_refused_though_not_expired(self, api, base, session):
        await api.fetch_token()
        async with session.post(f"{base}/_control/revoke", json={}) as response:
            assert (await response.json())["revoked"] == 1
        assert (await api.send_text())["errcode"] == 40014
        await api.fetch_token()
        assert (await api.send_text())["errcode"] == 0

    @pytest.mark.parametrize(
        "path",
        ["message/send", "message/update_template_card", "message/recall", "media/upload", "auth/getuserinfo", "getcallbackip"],
    )
    async def test_every_call_but_gettoken_and_webhook_needs_one(self, api, path):
        assert (await api.post(path, b"{}", access_token="x"))["errcode"] == 40014


async def test_only_a_trusted_address_may_call(api, base, session):
    async with session.post(f"{base}/_control/ips", json={"trusted": ["203.0.113.7"]}):
        pass
    answer = await api.send_text()
    assert answer["errcode"] == 60020
    assert "from ip: 127.0.0.1" in answer["errmsg"]
    async with session.post(f"{base}/_control/ips", json={"trusted": ["127.0.0.1"]}):
        pass
    assert (await api.send_text())["errcode"] == 0


async def test_callback_addresses_are_listed(api):
    await api.fetch_token()
    assert (await api.get("getcallbackip", access_token=api.token))["ip_list"] == ["127.0.0.1"]


SIGN_IN = {
    "appid": "wwtest0000000001",
    "redirect_uri": "https://board.example.gov.cn/back?x=1",
    "response_type": "code",
    "scope": "snsapi_base",
    "state": "abc123",
    "agentid": "1000002",
}
LOGIN = {"login_type": "CorpApp"} | {k: v for k, v in SIGN_IN.items() if k not in ("response_type", "scope")}


class TestSignIn:
    async def go(self, api, user="zhangsan", path="/connect/oauth2/authorize", query=SIGN_IN, **change):
        params = query | {"as_user": user} | change
        async with api.session.get(f"{api.base}{path}", params=params, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", "")

    async def code(self, api, **more):
        status, back = await self.go(api, **more)
        assert status == 302
        return parse_qs(urlsplit(back).query)["code"][0]

    async def info(self, api, code):
        await api.fetch_token()
        return await api.get("auth/getuserinfo", access_token=api.token, code=code)

    async def test_it_leads_back_with_code_and_state(self, api):
        status, back = await self.go(api)
        assert status == 302
        assert back.startswith("https://board.example.gov.cn/back?x=1&code=")
        assert back.endswith("&state=abc123")

    @pytest.mark.parametrize(("path", "query"), [("/connect/oauth2/authorize", SIGN_IN), ("/wwlogin/sso/login", LOGIN)])
    async def test_a_code_names_the_member_once(self, api, path, query):
        code = await self.code(api, path=path, query=query)
        assert (await self.info(api, code)) == {"errcode": 0, "errmsg": "ok", "userid": "zhangsan"}
        assert (await self.info(api, code))["errcode"] == 42022

    async def test_a_code_lives_five_minutes(self, api, clock):
        code = await self.code(api)
        clock.forward(seconds=301)
        assert (await self.info(api, code))["errcode"] == 42003

    async def test_an_invented_code_is_refused(self, api):
        assert (await self.info(api, "x"))["errcode"] == 40029

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"appid": "wwother"}, id="foreign corp"),
            pytest.param({"response_type": "token"}, id="response type"),
            pytest.param({"scope": "all"}, id="scope"),
            pytest.param({"state": "a-b_c"}, id="state characters"),
            pytest.param({"state": "a" * 129}, id="state length"),
            pytest.param({"redirect_uri": "https://evil.example.com/"}, id="domain"),
            pytest.param({"redirect_uri": "javascript:alert(1)"}, id="scheme"),
            pytest.param({"user": "ghost"}, id="unknown member"),
        ],
    )
    async def test_a_wrong_request_is_refused(self, api, change):
        assert (await self.go(api, **change))[0] == 400

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"login_type": "x"}, id="login type"),
            pytest.param({"agentid": "1"}, id="foreign app"),
            pytest.param({"user": "outside"}, id="out of range"),
        ],
    )
    async def test_a_wrong_web_login_is_refused(self, api, change):
        assert (await self.go(api, path="/wwlogin/sso/login", query=LOGIN, **change))[0] == 400

    async def test_without_a_choice_it_asks_who_signs_in(self, api):
        async with api.session.get(f"{api.base}/connect/oauth2/authorize", params=SIGN_IN) as response:
            page = await response.text()
        assert "张三" in page
        assert "李四" in page


async def upload(api, content=b"123456", disposition='form-data; name="media"; filename="舆情报告.docx"', kind="file"):
    await api.fetch_token()
    head = f"--xx\r\nContent-Disposition: {disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    body = head + content + b"\r\n--xx--\r\n"
    url = f"{api.base}/cgi-bin/media/upload"
    headers = {"Content-Type": "multipart/form-data; boundary=xx"}
    async with api.session.post(
        url, params={"access_token": api.token, "type": kind}, data=io.BytesIO(body), headers=headers
    ) as response:
        return await response.json()


class TestMedia:
    async def test_a_file_keeps_its_literal_name(self, api, base, session):
        answer = await upload(api)
        assert answer["errcode"] == 0
        assert isinstance(answer["created_at"], str)
        async with session.get(f"{base}/phone/media/{answer['media_id']}") as response:
            assert await response.read() == b"123456"
            assert "%E8%88%86%E6%83%85%E6%8A%A5%E5%91%8A%2Edocx" in response.headers["Content-Disposition"]

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            pytest.param({"content": b"12345"}, 40006, id="five bytes"),
            pytest.param({"content": b"0" * ((2 << 20) + 1), "kind": "voice"}, 45001, id="voice over 2 MB"),
            pytest.param({"content": b"0" * (2 << 20), "kind": "voice"}, 0, id="voice of 2 MB"),
            pytest.param({"content": b"0" * ((20 << 20) + 1)}, 45001, id="file over 20 MB"),
            pytest.param({"kind": "poem"}, 40004, id="unknown type"),
            pytest.param({"disposition": "form-data; name=\"media\"; filename*=UTF-8''a.docx"}, 44001, id="filename*"),
            pytest.param({"disposition": 'form-data; name="media"'}, 41005, id="no filename"),
            pytest.param({"disposition": 'form-data; name="file"; filename="a.docx"'}, 41005, id="wrong part name"),
        ],
    )
    async def test_upload_rules(self, api, more, code):
        assert (await upload(api, **more))["errcode"] == code

    async def test_an_upload_that_is_no_form_is_refused(self, api):
        await api.fetch_token()
        assert (await api.post("media/upload", b"123456", access_token=api.token, type="file"))["errcode"] == 41005

    @pytest.mark.parametrize(("name", "code"), [("报告.docx", 0), ("报告.PDF", 0), ("报告.zip", 40005), ("报告", 40005)])
    async def test_a_safe_message_takes_some_file_types_only(self, api, name, code):
        media_id = (await upload(api, disposition=f'form-data; name="media"; filename="{name}"'))["media_id"]
        body = {"touser": "zhangsan", "msgtype": "file", "agentid": 1000002, "file": {"media_id": media_id}}
        assert (await api.send(body))["errcode"] == 0
        assert (await api.send(body | {"safe": 1}))["errcode"] == code

    async def test_an_id_works_for_three_days(self, api, clock):
        media_id = (await upload(api))["media_id"]
        body = {"touser": "zhangsan", "msgtype": "file", "agentid": 1000002, "file": {"media_id": media_id}}
        clock.forward(days=3)
        await api.fetch_token()
        assert (await api.send(body))["errcode"] == 0
        clock.forward(seconds=1)
        assert (await api.send(body))["errcode"] == 40007


NOTICE = {"card_type": "text_notice", "main_title": {"title": "甲"}, "card_action": {"type": 1, "url": "https://a.cn"}}


class TestWebhook:
    async def send(self, api, body, key="hook-1"):
        return (await api.post("webhook/send", body, key=key))["errcode"]

    async def test_it_needs_no_token_and_reaches_the_group(self, api, emulator):
        assert await self.send(api, {"msgtype": "text", "text": {"content": "值班提醒"}}) == 0
        assert [m.content for m in emulator.messages("group:hook-1")] == [{"content": "值班提醒"}]

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            pytest.param({"msgtype": "text", "text": {"content": "汛" * 682}}, 0, id="text of 2046 bytes"),
            pytest.param({"msgtype": "text", "text": {"content": "汛" * 683}}, 45002, id="text over 2048 bytes"),
            pytest.param({"msgtype": "markdown", "markdown": {"content": "汛" * 1365}}, 0, id="markdown of 4095 bytes"),
            pytest.param({"msgtype": "markdown_v2", "markdown_v2": {"content": "汛" * 1366}}, 45002, id="markdown over 4096"),
            pytest.param({"msgtype": "text", "text": {"content": ""}}, 44004, id="empty"),
            pytest.param(b"", 93017, id="no body"),
            pytest.param(b"{", 40063, id="broken json"),
            pytest.param({"msgtype": "video", "video": {}}, 40008, id="type"),
            pytest.param({"msgtype": "template_card", "template_card": NOTICE}, 0, id="notice card"),
            pytest.param({"msgtype": "template_card", "template_card": NOTICE | {"task_id": "a"}}, 42031, id="task_id"),
            pytest.param(
                {"msgtype": "template_card", "template_card": NOTICE | {"action_menu": {"desc": "a"}}}, 42031, id="menu"
            ),
            pytest.param({"msgtype": "template_card", "template_card": NOTICE | {"card_action": None}}, 42045, id="no action"),
            pytest.param(
                {"msgtype": "template_card", "template_card": {"card_type": "button_interaction"}}, 42031, id="button card"
            ),
        ],
    )
    async def test_rules(self, api, body, code):
        assert await self.send(api, body) == code

    async def test_a_wrong_key_is_refused(self, api):
        assert await self.send(api, {"msgtype": "text", "text": {"content": "a"}}, key="wrong") == 93000

    async def test_the_21st_message_in_a_minute_is_refused_openly(self, api, clock):
        body = {"msgtype": "text", "text": {"content": "a"}}
        assert [await self.send(api, body) for _ in range(21)] == [0] * 20 + [45009]
        clock.forward(seconds=60)
        assert await self.send(api, body) == 0


class TestFaults:
    """The fault injection the client's tests lean on does what it says."""

    async def order(self, api, **fault):
        async with api.session.post(f"{api.base}/_control/faults", json=fault) as response:
            return response.status

    async def test_an_errcode_is_answered_instead_of_acting(self, api, emulator):
        await self.order(api, kind="errcode", path="message/send", code=-1, times=2)
        assert [(await api.send_text())["errcode"] for _ in range(3)] == [-1, -1, 0]
        assert len(emulator.ledger()) == 1

    async def test_an_http_status(self, api):
        await api.fetch_token()
        await self.order(api, kind="http", code=502)
        async with api.session.post(f"{api.base}/cgi-bin/message/send") as response:
            assert response.status == 502

    @pytest.mark.parametrize(("kind", "kept"), [("reset", 0), ("lost", 1)])
    async def test_a_closed_connection_before_or_after_acting(self, api, emulator, kind, kept):
        await api.fetch_token()
        await self.order(api, kind=kind, path="message/send")
        with pytest.raises(aiohttp.ClientError):
            await api.send_text()
        assert len(emulator.ledger()) == kept

    async def test_half_an_answer(self, api, emulator):
        await api.fetch_token()
        await self.order(api, kind="garbled", path="message/send")
        with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
            await api.send_text()
        assert len(emulator.ledger()) == 1

    async def test_a_delay(self, api):
        await api.fetch_token()
        await self.order(api, kind="delay", path="message/send", seconds=0.2)
        with pytest.raises(TimeoutError):
            async with api.session.post(f"{api.base}/cgi-bin/message/send", timeout=aiohttp.ClientTimeout(total=0.1)):
                pass

    async def test_faults_can_be_cleared(self, api):
        await self.order(api, kind="errcode", path="message/send", times=100)
        await self.order(api, clear=True)
        assert (await api.send_text())["errcode"] == 0

    async def test_unknown_faults_and_switches_are_refused(self, api):
        assert await self.order(api, kind="magic") == 400
        assert await self.order(api, sort="errcode") == 400
        async with api.session.post(f"{api.base}/_control/switches", json={"rotate_token": "yes", "no": 1}) as response:
            assert (await response.json())["wrong"] == ["rotate_token", "no"]
