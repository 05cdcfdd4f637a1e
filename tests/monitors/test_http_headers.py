"""What headers say, the absurd ones included."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitors.http_headers import http_date, location, max_age, readable, retry_after, validator


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "30"}, timedelta(seconds=30)),
        ({"retry-after": "Mon, 02 Mar 2026 00:10:00 GMT", "date": "Mon, 02 Mar 2026 00:00:00 GMT"}, timedelta(minutes=10)),
        ({"retry-after": "Mon, 02 Mar 2026 00:10:00 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "90.5"}, timedelta(seconds=90)),
        ({"retry-after": "9" * 5000}, timedelta(days=31)),
        ({"retry-after": "Thu, 01 Jan 9999999999 00:00:00 GMT", "date": "Mon, 02 Mar 2026 00:00:00 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 9998 00:00:00 GMT", "date": "Mon, 02 Mar 2026 00:00:00 GMT"}, timedelta(days=31)),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], expected: timedelta | None) -> None:
    assert retry_after(headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "public, max-age=600"}, timedelta(minutes=10)),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"expires": "Mon, 02 Mar 2026 01:00:00 GMT", "date": "Mon, 02 Mar 2026 00:00:00 GMT"}, timedelta(hours=1)),
        ({"expires": "0"}, None),
        ({"cache-control": "max-age=1200", "age": "1190"}, timedelta(seconds=10)),
        ({"cache-control": "max-age=60", "age": "9" * 5000}, timedelta(0)),
        ({"cache-control": "max-age=" + "9" * 5000}, timedelta(days=31)),
        ({"expires": f"Thu, 01 Jan {'9' * 30} 00:00:00 GMT", "date": "Mon, 02 Mar 2026 00:00:00 GMT"}, None),
    ],
)
def test_freshness_is_read_from_the_headers(headers: dict[str, str], expected: timedelta | None) -> None:
    assert max_age(headers) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Mon, 02 Mar 2026", f"Mon, {'9' * 40} Mar 2026 00:00:00 GMT", "Mon, 02 Mar 2026 00:00:00 +999999"]
)
def test_what_names_no_instant_is_none(text: str) -> None:
    assert http_date(text) is None


def test_bytes_of_no_known_encoding_do_no_harm() -> None:
    raw = "/新闻 1.xml?a=b".encode("gbk").decode("utf-8", "surrogateescape")
    assert location(raw) == "/%D0%C2%CE%C5%201.xml?a=b"
    assert location("/新闻.xml") == "/新闻.xml"
    assert readable(raw).encode()
    assert (validator(raw), validator('W/"a"')) == ("", 'W/"a"')
