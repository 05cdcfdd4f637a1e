"""What is kept of a document that broke off."""

from __future__ import annotations

import pytest

from monitors.cut import whole_entries, whole_rows


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<rss><item>a</item><item>b</it", "<rss><item>a</item>"),
        ("<feed><entry>a</entry><entry>b", "<feed><entry>a</entry>"),
        ("<rss><item>a</item></channel></rss>\n", "<rss><item>a</item></channel></rss>\n"),
        ("<rss><item>a", "<rss><item>a"),
        ('{"items":[{"title":"a"},{"ti', '{"items":[{"title":"a"},{"ti'),
        ("", ""),
    ],
    ids=["rss", "atom", "whole after all", "no whole entry", "json", "nothing"],
)
def test_a_feed_ends_with_its_last_whole_entry(body: str, kept: str) -> None:
    assert whole_entries(body.encode()) == kept.encode()


def test_a_table_ends_with_its_last_whole_line() -> None:
    assert whole_rows("编号,标题\n1,停水\n2,路面塌".encode()) == "编号,标题\n1,停水\n".encode()
    assert whole_rows("编号".encode()) == "编号".encode()
