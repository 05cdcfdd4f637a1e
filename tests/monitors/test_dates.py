"""Dates as Chinese sites write them mean exactly one instant, or none."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.dates import BEIJING, FUTURE_TOLERANCE, OLDEST, read_date

SEEN = datetime(2026, 11, 22, 12, 0, tzinfo=BEIJING)
EIGHT = datetime(2026, 3, 2, 8, 0, tzinfo=BEIJING)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=BEIJING)

EIGHT_OCLOCK = (
    "2026-03-02T08:00:00+08:00",
    "2026-03-02 08:00:00",
    "2026/03/02 08:00",
    "2026年3月2日 08:00",
    "Mon, 02 Mar 2026 08:00:00 CST",
    "1772409600",
    "星期一, 02 三月 2026 08:00:00 +0800",
    "2026-03-02T00:00:00Z",
    "2026-03-02T00:00:00.000Z",
    "2026-03-02T08:00:00+0800",
    "2026-03-02T08:00+08:00",
    "2026-03-02 08:00:00 +0800 CST",
    "1772409600000",
    "1772409600.0",
    "20260302080000",
    "202603020800",
    "20260302 08:00",
    "20260302 8:00:00",
    "2026.3.2 8:00",
    "2026年03月02日08时00分",
    "2026年3月2日 上午8点",
    "2026年3月2日 星期一 08:00:00",
    "2026年3月2日（星期一）08:00",
    "２０２６年３月２日　０８：００",
    "二〇二六年三月二日 08:00",
    "发布时间：2026-03-02 08:00",
    "2026-03-02 08:00 北京时间",
    "Mon, 02 Mar 2026 00:00:00 GMT",
    "Mon, 2 Mar 2026 00:00:00 Z",
    "Mon, 02 Mar 26 00:00:00 GMT",
    "Sun, 01 Mar 2026 19:00:00 EST",
    "02 Mar 2026 08:00",
    "Mon Mar  2 08:00:00 2026",
    "Mon Mar 02 2026 08:00:00 GMT+0800 (中国标准时间)",
    "Mon, Mar 2 2026 08:00:00 AM",
    "March 2, 2026 8:00 AM",
    "3月2日 08:00",
    "03-02 08:00",
    "03/02 08:00",
    "三月二日 08:00",
    "周一, 02 3月 2026 08:00:00 +0800",
    "2026-03-02T08:00:00+08:00[Asia/Shanghai]",
    "2026-03-02T01:00:00+01:00[Europe/Rome]",
    "2026-03-02T08:00:00[Asia/Shanghai]",
    "20260302T000000Z",
    "2026 年 3 月 2 日 08:00",
    "2026年3月2日8时许",
    "2026年3月2日上午8时左右",
    "2026年3月2日08:00:00 来源：青渡日报 记者 某某",
    "2026-03-02 08:00 阅读 1234",
    "03-02 08:00 来自 手机客户端",
    "[2026-03-02 08:00]",
    "（2026-03-02 08:00）",
    "更新于 2026-03-02 08:00:00",
    "發佈時間：2026年3月2號 8時",
    "2026年3月2號 上午8點",
    "周一, 02 3月 2026 00:00:00 GMT",
    "日期：[2026-03-02 08:00]",
    "2026-03-02 08:00 发布于 云南",
    "03-02 08:00 IP属地：云南",
    "2026-03-02 08:00更新",
    "2026-03-02 08:00:00:000",
    "2026-03-02 08:00:00 +0800 +0800",
    "2026-03-02 08:00:00.0 +0800 CST m=+0.000012",
)


@pytest.mark.parametrize("raw", EIGHT_OCLOCK)
def test_every_form_of_one_moment_means_that_moment(raw: str) -> None:
    assert read_date(raw, SEEN) == EIGHT


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-03-02", MIDNIGHT),
        ("20260302", MIDNIGHT),
        ("2026年3月2日", MIDNIGHT),
        ("二〇二六年三月二十二日", datetime(2026, 3, 22, tzinfo=BEIJING)),
        ("2026年3月2日 下午3时30分", datetime(2026, 3, 2, 15, 30, tzinfo=BEIJING)),
        ("2026年3月2日 晚上12点", datetime(2026, 3, 3, tzinfo=BEIJING)),
        ("2026-03-02 24:00:00", datetime(2026, 3, 3, tzinfo=BEIJING)),
        ("2026-03-02 12:05 AM", datetime(2026, 3, 2, 0, 5, tzinfo=BEIJING)),
        ("刚刚", SEEN),
        ("3分钟前", SEEN - timedelta(minutes=3)),
        ("半小时前", SEEN - timedelta(minutes=30)),
        ("2个小时前", SEEN - timedelta(hours=2)),
        ("5 minutes ago", SEEN - timedelta(minutes=5)),
        ("2天前", datetime(2026, 11, 20, tzinfo=BEIJING)),
        ("今天 08:30", datetime(2026, 11, 22, 8, 30, tzinfo=BEIJING)),
        ("昨天 23:05", datetime(2026, 11, 21, 23, 5, tzinfo=BEIJING)),
        ("前日 8:00", datetime(2026, 11, 20, 8, tzinfo=BEIJING)),
        ("前天", datetime(2026, 11, 20, tzinfo=BEIJING)),
        ("12-30 08:00", datetime(2025, 12, 30, 8, 0, tzinfo=BEIJING)),
        ("12月30日", datetime(2025, 12, 30, tzinfo=BEIJING)),
        ("[03-02]", MIDNIGHT),
        ("三月二日", MIDNIGHT),
        ("发布日期: 2026年03月02日 浏览次数: 120", MIDNIGHT),
        ("2026年3月2日 8点半", datetime(2026, 3, 2, 8, 30, tzinfo=BEIJING)),
        ("发表于 3 分钟前", SEEN - timedelta(minutes=3)),
        ("3小时前更新", SEEN - timedelta(hours=3)),
        ("3分钟前 来自 云南", SEEN - timedelta(minutes=3)),
        ("5分鐘前", SEEN - timedelta(minutes=5)),
    ],
)
def test_other_forms_mean_what_a_reader_understands(raw: str, expected: datetime) -> None:
    assert read_date(raw, SEEN) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "Invalid Date",
        "not a date",
        "Tue, 21 Juy 2026 02:46:58 GMT",
        "Tue, 31 Feb 2026 02:46:58 GMT",
        "2026-02-30",
        "2026-13-01 08:00",
        "20261301 08:00",
        "19260302 0800",
        "2026-03-02 25:00",
        "2026-03-02 08:61",
        "2027-01-01",
        "2026-11-22 12:11:00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "0",
        "02/03/2026",
        "26-03-02",
        "2026-03-02 08:00 XYZ",
        "2026-03-02 08:00 +99:00",
        "2026-03-02 08:00 左右的事",
        "2003",
        "农历三月二日",
        "农历二〇二六年三月二日",
        "丙午年三月初二",
        "1/2",
        "03/02/26 08:00 来源",
        "来源：2026年第3期",
        "2026-03-02T08:00:00[America/Chicago]",
        "20260302T256100Z",
        "[]",
        "9" * 500,
    ],
)
def test_what_cannot_be_trusted_is_none(raw: str) -> None:
    assert read_date(raw, SEEN) is None


def test_a_clock_a_few_minutes_fast_is_still_a_time() -> None:
    assert read_date("2026-11-22 12:09:00", SEEN) == SEEN + timedelta(minutes=9)


MOMENTS = st.datetimes(datetime(1996, 1, 1), datetime(2026, 11, 21), timezones=st.just(UTC)).map(
    lambda t: t.replace(microsecond=0)
)
ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarter: timezone(timedelta(minutes=15 * quarter)))


@given(MOMENTS, ZONES)
def test_a_date_with_a_zone_survives_any_offset(moment: datetime, zone: timezone) -> None:
    local = moment.astimezone(zone)
    assert read_date(local.isoformat(), SEEN) == moment
    assert read_date(local.strftime("%a, %d %b %Y %H:%M:%S %z"), SEEN) == moment


@given(MOMENTS)
def test_a_date_without_a_zone_is_beijing_time(moment: datetime) -> None:
    local = moment.astimezone(BEIJING)
    assert read_date(local.strftime("%Y-%m-%d %H:%M:%S"), SEEN) == moment
    assert read_date(f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}", SEEN) == moment
    assert read_date(str(int(moment.timestamp())), SEEN) in (moment, None)


@pytest.mark.parametrize(
    "piece", ["发布", "于", "发布 ", "时间：", "(", "[", " ", "来源", "更新", "1", "1:", "2026-", "十", "[a", "+08", ".", "半"]
)
@pytest.mark.parametrize("end", ["", "x", "]", "日"])
def test_no_text_takes_long(piece: str, end: str) -> None:
    began = time.process_time()
    for head in ("", "2026-03-02 ", "2026-03-02 08:00:00", "3月2日"):
        read_date((head + piece * 120)[: 120 - len(end)] + end, SEEN)
    assert time.process_time() - began < 0.5


WRITTEN = (
    "[{0:%Y-%m-%d %H:%M}]",
    "发布时间：{0.year}年{0.month}月{0.day}日 {0:%H:%M} 来源：青渡日报",
    "{0.year}年{0.month}月{0.day}日{0.hour}时{0.minute}分许",
    "{0.year} 年 {0.month} 月 {0.day} 日 {0:%H:%M}",
    "周一, {0.day} {0.month}月 {0.year} {0:%H:%M}:00 +0800",
    "更新于 {0:%Y/%m/%d %H:%M} 阅读 12",
    "{0:%Y%m%dT%H%M00}+08:00",
)


@given(MOMENTS.map(lambda t: t.replace(second=0)), st.sampled_from(WRITTEN))
def test_what_a_page_prints_around_a_date_changes_nothing(moment: datetime, form: str) -> None:
    assert read_date(form.format(moment.astimezone(BEIJING)), SEEN) == moment


@given(st.text(max_size=60))
def test_any_text_gives_a_plausible_instant_or_none(raw: str) -> None:
    value = read_date(raw, SEEN)
    assert value is None or (value.utcoffset() == timedelta(0) and OLDEST <= value <= SEEN + FUTURE_TOLERANCE)
