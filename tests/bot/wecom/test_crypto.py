"""Opening deliveries: the official test vector and everything hostile."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.emulator.sealing import seal, signature
from bot.wecom.crypto import BODY_CAP, CallbackCrypto, CallbackRefused, read

CORP, TOKEN, AES = "wwtest0000000001", "testtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))

# Document 90968.
OFFICIAL = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qh"
    "xchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s"
    "4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/u"
    "h9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)
OFFICIAL_QUERY = {
    "msg_signature": "477715d11cdb4164915debcba66cb864d751f3e6",
    "timestamp": "1409659813",
    "nonce": "1372623149",
}

TEXT = (
    "<xml><ToUserName><![CDATA[wwtest0000000001]]></ToUserName><FromUserName><![CDATA[ZhangSan]]></FromUserName>"
    "<CreateTime>1763776800</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[查询]]></Content>"
    "<MsgId>4561255354251345929</MsgId><AgentID>1000002</AgentID></xml>"
)


def event(**tags: str) -> str:
    given = {
        "ToUserName": CORP,
        "FromUserName": "zhangsan",
        "CreateTime": "1763776800",
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "ack:1",
        "TaskId": "t1",
        "CardType": "button_interaction",
        "ResponseCode": "rc1",
        "AgentID": "1000002",
    } | tags
    return "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in given.items() if value) + "</xml>"


def items(*pairs: tuple[str, tuple[str, ...]]) -> str:
    inner = ""
    for key, ids in pairs:
        options = "".join(f"<OptionId>{ident}</OptionId>" for ident in ids)
        inner += f"<SelectedItem><QuestionKey>{key}</QuestionKey><OptionIds>{options}</OptionIds></SelectedItem>"
    return inner


def delivery(plain: str = TEXT, *, corp=CORP, token=TOKEN, aes=AES, stamp=STAMP, nonce="n1"):
    sealed = seal(aes, corp, plain)
    query = {"msg_signature": signature(token, stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}
    return query, f"<xml><ToUserName>{CORP}</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()


@pytest.fixture
def crypto():
    return CallbackCrypto(TOKEN, AES, CORP)


def refusal(crypto, query, body, now=NOW):
    with pytest.raises(CallbackRefused) as caught:
        crypto.open(query, body, now)
    return caught.value.status, caught.value.reason


def test_the_official_test_vector():
    crypto = CallbackCrypto("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
    body = f"<xml><Encrypt><![CDATA[{OFFICIAL}]]></Encrypt></xml>".encode()
    message = crypto.open(OFFICIAL_QUERY, body, datetime.fromtimestamp(1409659813, UTC))
    assert (message.kind, message.content, message.msg_id) == ("text", "hello", "4561255354251345929")


def test_the_emulator_agrees_with_the_official_vector():
    found = signature("QDG6eK", OFFICIAL_QUERY["timestamp"], OFFICIAL_QUERY["nonce"], OFFICIAL)
    assert found == OFFICIAL_QUERY["msg_signature"]


def test_a_text_is_opened(crypto):
    message = crypto.open(*delivery(), NOW)
    assert (message.kind, message.user, message.content) == ("text", "zhangsan", "查询")
    assert message.created_at == datetime.fromtimestamp(1763776800, UTC)
    assert message.agent_id == 1000002
    assert message.dedupe_key == "m:1000002:4561255354251345929"


def test_the_body_may_come_without_cdata(crypto):
    query, body = delivery()
    assert crypto.open(query, body.replace(b"<![CDATA[", b"").replace(b"]]>", b""), NOW).content == "查询"


def test_a_text_may_contain_what_looks_like_a_declaration(crypto):
    assert crypto.open(*delivery(TEXT.replace("查询", "<!DOCTYPE x> & <b>")), NOW).content == "<!DOCTYPE x> & <b>"


def test_a_press_is_opened(crypto):
    message = crypto.open(*delivery(event()), NOW)
    assert (message.kind, message.event_key, message.task_id, message.response_code) == ("card", "ack:1", "t1", "rc1")
    assert message.selected == {}


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param(items(("q", ("a",))), {"q": ("a",)}, id="one"),
        pytest.param(items(("q", ("a", "b"))), {"q": ("a", "b")}, id="two options"),
        pytest.param(items(("q", ("a",)), ("r", ("b",))), {"q": ("a",), "r": ("b",)}, id="two questions"),
        pytest.param(items(("q", ())), {"q": ()}, id="no option"),
        pytest.param("nonsense", {}, id="text instead of items"),
    ],
)
def test_selected_items_are_one_or_many(inner, expected):
    assert read(event(SelectedItems=inner)).selected == expected


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"Event": "template_card_menu_event"}, "menu"),
        ({"Event": "enter_agent"}, "event"),
        ({"Event": "inactive_alert"}, "event"),
        ({"MsgType": "image", "Event": "", "MediaId": "m1"}, "media"),
        ({"MsgType": "text", "Event": "", "Content": "a"}, "text"),
    ],
)
def test_kinds(tags, kind):
    assert read(event(**tags)).kind == kind


class TestDedupeKey:
    def test_a_repeat_newly_encrypted_has_the_same_key(self, crypto):
        first, again = crypto.open(*delivery(event()), NOW), crypto.open(*delivery(event(), nonce="n2"), NOW)
        assert first.dedupe_key == again.dedupe_key

    @pytest.mark.parametrize(
        "tags",
        [
            {"EventKey": "no:1"},
            {"TaskId": "t2"},
            {"FromUserName": "lisi"},
            {"CreateTime": "1763776801"},
            {"Event": "template_card_menu_event"},
            {"AgentID": "1000003"},
            {"SelectedItems": items(("q", ("a",)))},
        ],
        ids=lambda tags: next(iter(tags)),
    )
    def test_another_event_has_another_key(self, tags):
        assert read(event(**tags)).dedupe_key != read(event()).dedupe_key

    def test_the_code_of_a_press_is_not_part_of_it(self):
        assert read(event(ResponseCode="rc2")).dedupe_key == read(event()).dedupe_key

    def test_texts_go_by_their_message_id(self):
        other = read(TEXT.replace("4561255354251345929", "4561255354251345930"))
        assert other.dedupe_key != read(TEXT).dedupe_key


class TestHostile:
    def test_a_wrong_signature(self, crypto):
        query, body = delivery()
        assert refusal(crypto, query | {"msg_signature": "0" * 40}, body) == (403, "wrong signature")

    @pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
    def test_a_missing_parameter(self, crypto, name):
        query, body = delivery()
        del query[name]
        assert refusal(crypto, query, body)[0] == 403

    def test_a_signature_of_another_token(self, crypto):
        assert refusal(crypto, *delivery(token="othertoken")) == (403, "wrong signature")

    def test_a_changed_body(self, crypto):
        query, _ = delivery()
        _, other = delivery(event())
        assert refusal(crypto, query, other) == (403, "wrong signature")

    def test_odd_characters_in_the_signature(self, crypto):
        query, body = delivery()
        assert refusal(crypto, query | {"msg_signature": "签名\udcff"}, body) == (403, "wrong signature")

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_a_stale_or_future_timestamp(self, crypto, seconds):
        assert refusal(crypto, *delivery(), now=NOW + timedelta(seconds=seconds)) == (403, "stale timestamp")

    @pytest.mark.parametrize("seconds", [-300, 300])
    def test_within_five_minutes_it_is_taken(self, crypto, seconds):
        assert crypto.open(*delivery(), NOW + timedelta(seconds=seconds)).content == "查询"

    @pytest.mark.parametrize("stamp", ["", "abc", "-1", "1" * 40, "１７６３"])
    def test_a_signed_timestamp_that_is_no_number(self, crypto, stamp):
        assert refusal(crypto, *delivery(stamp=stamp)) == (403, "stale timestamp")

    def test_another_receiver(self, crypto):
        assert refusal(crypto, *delivery(corp="wwother")) == (403, "wrong receiver")

    def test_another_key(self, crypto):
        assert refusal(crypto, *delivery(aes="B" * 43))[0] in (400, 403)

    def test_an_oversized_body(self, crypto):
        query, body = delivery()
        assert refusal(crypto, query, body + b" " * BODY_CAP) == (413, "body too large")

    @pytest.mark.parametrize("head", [b"<!DOCTYPE xml>", b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<!ELEMENT a>", b"<!-- a -->"])
    def test_a_declaration(self, crypto, head):
        query, body = delivery()
        assert refusal(crypto, query, head + body) == (400, "doctype refused")

    @pytest.mark.parametrize("body", [b"", b"<xml></xml>", b"\x00\xff", b"<xml><Encrypt></Encrypt></xml>", b"{}"])
    def test_no_encrypt(self, crypto, body):
        assert refusal(crypto, delivery()[0], body) == (400, "no single Encrypt")

    def test_two_encrypts(self, crypto):
        query, body = delivery()
        assert refusal(crypto, query, body + body) == (400, "no single Encrypt")

    @pytest.mark.parametrize("sealed", ["QUJD", "QUJDQUJDQUJDQUJDQUJDQQ==", "A", "A" * 43 + "=", "=" * 8])
    def test_signed_rubbish(self, crypto, sealed):
        query = {"msg_signature": signature(TOKEN, STAMP, "n", sealed), "timestamp": STAMP, "nonce": "n"}
        assert refusal(crypto, query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode())[0] in (400, 403)

    @pytest.mark.parametrize(
        "plain",
        [
            pytest.param("", id="empty"),
            pytest.param("hello", id="no xml"),
            pytest.param("<xml>", id="cut"),
            pytest.param("<a></a>", id="other root"),
            pytest.param("<xml>words</xml>", id="only words"),
            pytest.param("<xml></xml>", id="no tags"),
            pytest.param(event(CreateTime="soon"), id="time is no number"),
            pytest.param(event(CreateTime="9" * 30), id="time out of range"),
            pytest.param(event(AgentID="one"), id="agent is no number"),
            pytest.param(event(MsgType=""), id="no type"),
            pytest.param(event(FromUserName=""), id="no sender"),
            pytest.param(event(FromUserName="<a>b</a>"), id="sender is no text"),
            pytest.param(event(Event=""), id="no event"),
            pytest.param(event(MsgType="<a>b</a>"), id="type is no text"),
            pytest.param('<!DOCTYPE x [<!ENTITY a "b">]>' + event(), id="declaration inside"),
        ],
    )
    def test_correctly_signed_nonsense(self, crypto, plain):
        assert refusal(crypto, *delivery(plain))[0] == 400

    @pytest.mark.parametrize("head", ["<!DOCTYPE xml>", "<!-- a -->"])
    def test_a_declaration_in_a_correctly_signed_message(self, crypto, head):
        assert refusal(crypto, *delivery(head + event())) == (400, "doctype refused")


class TestUrlCheck:
    def query(self, echo="1616140317555161061", **more):
        sealed = seal(AES, CORP, echo)
        signed = {"msg_signature": signature(TOKEN, STAMP, "n", sealed), "timestamp": STAMP, "nonce": "n", "echostr": sealed}
        return signed | more

    def test_the_plain_echo(self, crypto):
        assert crypto.check_url(self.query(), NOW) == b"1616140317555161061"

    @pytest.mark.parametrize("change", [{"msg_signature": "x"}, {"echostr": ""}, {"timestamp": "1"}, {"nonce": "m"}])
    def test_a_wrong_one_is_refused(self, crypto, change):
        with pytest.raises(CallbackRefused):
            crypto.check_url(self.query(**change), NOW)


@pytest.mark.parametrize(("token", "aes"), [("", AES), ("a" * 33, AES), ("标记", AES), (TOKEN, AES + "A"), (TOKEN, "=" * 43)])
def test_wrong_secrets_are_told_at_once(token, aes):
    with pytest.raises(ValueError, match="企业微信管理后台"):
        CallbackCrypto(token, aes, CORP)
