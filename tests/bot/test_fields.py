"""What stands after the number of a typed command, as the fields of its action."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.fields import CommandError, return_fields
from config.load import load

NOW = datetime(2026, 3, 3, tzinfo=UTC)
SETTINGS = load((), {})


@pytest.mark.parametrize(
    ("typed", "reason", "basis", "suggested"),
    [
        ("不归我局", "不归我局", "", ""),
        ("不归我局；三定方案；农业农村局", "不归我局", "三定方案", "农业农村局"),
        ("理由：不归我局；依据三定方案；建议农业农村局", "不归我局", "三定方案", "农业农村局"),
        ("建议由镇里答复；依据：协议第六条；建议单位：石坪镇", "建议由镇里答复", "协议第六条", "石坪镇"),
    ],
    ids=["reason only", "by place", "with the words of the card", "the reason is a proposal"],
)
def test_a_return_keeps_each_part_without_its_label(typed: str, reason: str, basis: str, suggested: str) -> None:
    assert return_fields(typed, SETTINGS, NOW) == {"reason": reason, "basis": basis, "suggested": suggested}


def test_a_return_needs_a_reason() -> None:
    with pytest.raises(CommandError, match="退回要写理由"):
        return_fields("理由：", SETTINGS, NOW)
