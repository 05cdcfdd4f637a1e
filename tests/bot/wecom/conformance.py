"""What the README's matrix says, in one place: the checklist of the protocol with its tests, the switches and the faults.

    python -m tests.bot.wecom.conformance      prints the block that stands in the README

The checklist is that of our protocol sheet (§18), the switches are what the documents leave open (§19).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BEGIN, END = "<!-- 一致性矩阵：由 tests/bot/wecom/conformance.py 生成 -->", "<!-- 一致性矩阵止 -->"
E = "tests/bot/emulator/test_"

CHECKLIST: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("取凭证：重复取得同一个或轮换", (E + "account.py::TestToken::test_a_repeated_call_gives_the_same_token_with_its_remaining_life", E + "account.py::TestToken::test_or_a_new_one")),
    ("凭证到期（42001 或 40014）、提前吊销", (E + "account.py::TestToken::test_expiry_may_be_reported_as_40014", E + "account.py::TestToken::test_a_revoked_token_is_refused_though_not_expired")),
    ("密钥连错封一小时、可信IP", (E + "account.py::TestToken::test_many_wrong_secrets_ban_the_address_for_an_hour", E + "account.py::test_only_a_trusted_address_may_call")),
    ("可见范围、许可、部分无效、小写、81013", (E + "send.py::test_partial_failure_is_errcode_0_with_lower_case_names", E + "send.py::test_all_recipients_bad_is_81013", E + "send.py::test_at_all_reaches_the_visible_range_only")),
    ("301002、43012", (E + "send.py::test_it_refuses_wrong_parameters", E + "send.py::test_a_card_that_calls_back_needs_a_callback_address")),
    ("原文检查：40033、JSON 格式、字节上限", (E + "send.py::test_it_reads_the_raw_body", E + "send.py::test_broken_json_is_named_in_the_message", E + "send.py::test_a_text_is_cut_at_2048_bytes_between_characters", E + "send.py::test_markdown_over_2048_bytes_is_refused")),
    ("卡片规则与 42xxx 全表", (E + "cards.py::test_card_rule", E + "cards.py::test_every_card_code_of_the_table_is_used_by_some_case")),
    ("任务编号唯一、重复检查时段", (E + "send.py::test_a_task_id_is_used_once_for_ever", E + "send.py::TestDuplicateCheck::test_an_identical_request_within_the_interval_is_not_delivered_again")),
    ("每人每分钟30条、每小时1000条，超出静默丢弃", (E + "send.py::TestMeters::test_beyond_30_a_minute_a_member_sees_nothing_and_the_sender_is_not_told", E + "send.py::TestMeters::test_the_hour_has_its_own_limit")),
    ("应用每日配额、群机器人每分钟20条", (E + "send.py::TestMeters::test_the_daily_quota_of_the_app_is_refused_openly", E + "account.py::TestWebhook::test_the_21st_message_in_a_minute_is_refused_openly")),
    ("更新码：签发、一次有效、72小时、60140", (E + "update.py::test_a_code_works_once", E + "update.py::test_a_code_lives_72_hours", E + "update.py::test_a_press_gives_one_more_code")),
    ("每人卡片各自的状态、invaliduser 数组", (E + "update.py::test_buttons_turn_grey_for_the_named_only", E + "update.py::test_who_is_no_recipient_is_named_in_an_array")),
    ("回调：加密、5秒、重试三次、重试策略、重新加密", (E + "courier.py::TestRetries::test_three_repeats_each_newly_encrypted", E + "courier.py::TestRetries::test_a_non_200_may_count_as_delivered_to_a_broken_service", E + "courier.py::TestRetries::test_the_limit_is_five_seconds")),
    ("回调：丢失、重复、乱序、同一秒两次点击", (E + "courier.py::TestModes::test_dropped", E + "courier.py::TestModes::test_doubled_with_another_nonce", E + "courier.py::TestModes::test_held_back_and_released_backwards", "tests/bot/wecom/test_conformance.py::test_two_presses_in_one_second_are_two")),
    ("回调地址验证，1秒内", (E + "courier.py::TestUrlCheck::test_the_plain_echo_verifies_the_address", E + "courier.py::TestUrlCheck::test_anything_around_it_does_not")),
    ("被动回复：采纳或忽略、验签解密", (E + "courier.py::TestPassiveReplies::test_one_replaces_the_card_of_who_clicked", E + "courier.py::TestPassiveReplies::test_or_is_ignored", E + "courier.py::TestPassiveReplies::test_a_badly_signed_one_is_ignored")),
    ("素材：三天到期、文件名原样、保密消息的类型", (E + "account.py::TestMedia::test_an_id_works_for_three_days", E + "account.py::TestMedia::test_a_file_keeps_its_literal_name", E + "account.py::TestMedia::test_a_safe_message_takes_some_file_types_only")),
    ("登录：一次有效、5分钟、state、可信域名", (E + "account.py::TestSignIn::test_a_code_names_the_member_once", E + "account.py::TestSignIn::test_a_code_lives_five_minutes", E + "account.py::TestSignIn::test_a_wrong_request_is_refused")),
    ("智能机器人：订阅、心跳超时、挤下线", (E + "smart_bot.py::test_a_wrong_login_is_853000", E + "smart_bot.py::test_without_a_ping_the_connection_is_cut", E + "smart_bot.py::test_a_second_connection_kicks_the_first")),
    ("智能机器人：点击5秒、频率、先说话才能推送", (E + "smart_bot.py::test_after_5_seconds_a_click_cannot_be_answered", E + "smart_bot.py::test_thirty_a_minute_and_a_thousand_an_hour_with_replies", E + "smart_bot.py::test_the_bot_cannot_begin_a_conversation")),
    ("智能机器人：欢迎语5秒一次、流式应答6分钟、分片上传", (E + "smart_bot.py::test_a_greeting_on_entering_within_5_seconds", E + "smart_bot.py::test_a_stream_lives_six_minutes", E + "smart_bot.py::test_a_file_goes_up_in_pieces_and_out_under_its_name")),
    ("撤回：24小时（虚拟时钟）", (E + "update.py::TestRecall::test_within_24_hours",)),
    ("应用群聊：建、改、查、发", (E + "appchat.py::test_a_chat_is_opened_read_and_written_to", E + "appchat.py::test_what_cannot_be_opened", E + "appchat.py::test_cards_do_not_exist_in_chats")),
    ("通讯录：可见范围内、不给手机号", (E + "contacts.py::test_a_member_is_read_in_lower_case_and_without_private_fields", E + "contacts.py::test_who_cannot_be_read")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way to read what the documents leave open: switches of the emulator. `reply`: the desk's own passive_card_reply."""

    name: str
    switches: tuple[tuple[str, Any], ...] = ()
    reply: str = "none"


SETTINGS = (
    Setting(name="默认"),
    Setting(name="凭证每次轮换", switches=(("rotate_token", True),)),
    Setting(name="到期报40014", switches=(("expired_code", 40014),)),
    Setting(name="重复请求不回编号", switches=(("repeat_answer", "bare"),)),
    Setting(name="重复检查已过时段", switches=(("duplicate_check", False),)),
    Setting(name="任务编号占用报其他码", switches=(("duplicate_check", False), ("taken_code", 42015))),
    Setting(name="采纳被动回复", reply="update_button"),
    Setting(name="忽略被动回复", switches=(("passive", "ignore"),), reply="update_button"),
    Setting(name="只在超时后重送", switches=(("retry_on", "timeout"),)),
    Setting(name="凭证只活一分钟", switches=(("token_lifetime", 60),)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One injected fault. `fault`: of message/send, as the control address takes it; else see `kind`.

    `tries`: outcomes the desk must have written down of the first alarm, in order.
    """

    name: str
    kind: str = "fault"  # fault | revoke | ip | callbacks | none
    fault: tuple[tuple[str, Any], ...] = ()
    value: str = ""
    tries: tuple[str, ...] = ("sent",)
    late: bool = False  # the answer comes after the client gave up


UNKNOWN, REFUSED = ("unknown", "sent"), ("pending", "sent")
TROUBLES = (
    Trouble(name="无", kind="none"),
    Trouble(name="慢", fault=(("kind", "delay"), ("seconds", 0.02))),
    Trouble(name="超时", fault=(("kind", "delay"), ("seconds", 0.9)), tries=UNKNOWN, late=True),
    Trouble(name="502", fault=(("kind", "http"), ("code", 502)), tries=UNKNOWN),
    Trouble(name="连接中断", fault=(("kind", "reset"),), tries=UNKNOWN),
    Trouble(name="应答丢失", fault=(("kind", "lost"),), tries=UNKNOWN),
    Trouble(name="应答残缺", fault=(("kind", "garbled"),), tries=UNKNOWN),
    Trouble(name="-1", fault=(("kind", "errcode"), ("code", -1)), tries=REFUSED),
    Trouble(name="45009", fault=(("kind", "errcode"), ("code", 45009)), tries=REFUSED),
    Trouble(name="凭证吊销", kind="revoke"),
    Trouble(name="IP不可信", kind="ip", tries=REFUSED),
    Trouble(name="回调丢失", kind="callbacks", value="drop"),
    Trouble(name="回调重复", kind="callbacks", value="duplicate"),
)


def block() -> str:
    """The README's block: what the emulator keeps to, and where the client holds."""
    lines = [BEGIN, "", "| 协议要求 | 测试数 |", "|---|---|"]
    lines += [f"| {name} | {len(tests)} |" for name, tests in CHECKLIST]
    lines += [
        "",
        "整个值班台（立案、入队、发送、回调、办理、更新卡片，真实存储）对严格模拟服务：每格一件事，卡片恰好一张，点“收到”、打字排除各恰好一次，每次尝试都在记录上。",
        "",
    ]
    lines += ["| 故障＼文档未定之处 | " + " | ".join(s.name for s in SETTINGS) + " |", "|---" * (len(SETTINGS) + 1) + "|"]
    lines += [f"| {t.name} | " + " | ".join("✓" for _ in SETTINGS) + " |" for t in TROUBLES]
    return "\n".join([*lines, "", END])


if __name__ == "__main__":
    print(block())
