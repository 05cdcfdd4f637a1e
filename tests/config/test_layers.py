"""Lines of headers and keys, found without a second parser."""

from __future__ import annotations

from config.layers import lines_of

TEXT = """# 头
[bot]
listen = "a"   # 说明

[[ladder]]
code = "x"
[[ladder.step]]
code = "x1"
[[ladder.step]]
code = "x2"
roles = [
  "duty_officer",
]

[[ladder]]
code = "y"
[[ladder.step]]
code = "y1"

[citation.law-1]
document = "d"
"""


def test_headers_and_keys_are_numbered_by_their_table() -> None:
    lines = lines_of(TEXT)
    assert lines["bot", "listen"] == 3
    assert lines["ladder", 0] == 5
    assert lines["ladder", 0, "step", 1, "roles"] == 11
    assert lines["ladder", 1, "step", 0, "code"] == 18
    assert lines["citation", "law-1"] == 20
    assert lines["citation", "law-1", "document"] == 21
