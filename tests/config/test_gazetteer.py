from pathlib import Path

import pytest

from config.gazetteer import PlaceError, PlaceLevel, load_gazetteer, short_name, with_home
from monitors.region import Locator


def test_every_division_lies_in_a_known_one() -> None:
    gazetteer = load_gazetteer()
    for division in gazetteer.divisions:
        assert len(division.code) == 6
        assert division.code[:2] + "0000" in gazetteer.by_code
        if (
            division.level is PlaceLevel.COUNTY
            and division.code[2:4] != "90"
            and division.code[:2] not in {"11", "12", "31", "50"}
        ):
            assert division.code[:4] + "00" in gazetteer.by_code, division


def test_all_provinces_are_there_and_names_do_not_repeat_within_a_city() -> None:
    divisions = load_gazetteer().divisions
    assert sum(d.level is PlaceLevel.PROVINCE for d in divisions) == 34
    assert len({d.code for d in divisions}) == len(divisions)
    places = [(d.code[:4], d.name, d.level) for d in divisions]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("湖南省", "湖南"),
        ("麻阳苗族自治县", "麻阳"),
        ("新疆维吾尔自治区", "新疆"),
        ("绛县", "绛县"),
        ("浦东新区", "浦东新区"),
        ("香港特别行政区", "香港"),
        ("积石山保安族东乡族撒拉族自治县", "积石山"),
        ("巴音郭楞蒙古自治州", "巴音郭楞"),
        ("锡林郭勒盟", "锡林郭勒"),
        ("神农架林区", "神农架"),
        ("龙胜各族自治县", "龙胜"),
        ("津市市", "津市"),
    ],
)
def test_the_short_name_drops_kind_and_nationalities(name: str, short: str) -> None:
    assert short_name(name) == short


def test_all_mistakes_of_a_places_file_are_reported_together(tmp_path: Path) -> None:
    extra = tmp_path / "places.toml"
    extra.write_text('[[place]]\nname = "村"\nin = "533324"\n[[place]]\nname = "大湾村"\nin = "1"\n', encoding="utf-8")
    with pytest.raises(PlaceError, match=r"places\.toml:1：第1个 place[\s\S]*places\.toml:4：第2个 place"):
        load_gazetteer(extra)


def test_an_unreadable_places_file_is_named(tmp_path: Path) -> None:
    extra = tmp_path / "places.toml"
    extra.write_text("not toml", encoding="utf-8")
    with pytest.raises(PlaceError, match=r"places\.toml:1：不是正确的 TOML（键的后面缺等号）"):
        load_gazetteer(extra)
    with pytest.raises(PlaceError):
        load_gazetteer(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("own", "title", "place"),
    [
        (("北京", "北京", "朝阳区"), "朝阳区一厂房起火", ("北京", "北京", "朝阳区")),
        (("北京市", "北京市", "朝阳区"), "北京朝阳一厂房起火", ("北京市", "北京市", "朝阳区")),
        (("吉林", "吉林", "船营区"), "船营区一厂房起火", ("吉林", "吉林", "船营区")),
        (("吉林省", "吉林市", ""), "吉林市一厂房起火", ("吉林省", "吉林市", "")),
        (("海南省", "", "澄迈县"), "澄迈一厂房起火", ("海南省", "", "澄迈县")),
        (("江苏", "南京", "鼓楼区"), "鼓楼区一厂房起火", ("江苏", "南京", "鼓楼区")),
        (("江苏", "南京", "鼓楼区"), "福州鼓楼区一厂房起火", ("福建", "福州", "鼓楼")),
        (("四川", "成都", "新溪区"), "新溪区一厂房起火", ("四川", "成都", "新溪区")),
        (("四川", "成都", "新溪区"), "成都武侯一厂房起火", ("四川", "成都", "武侯")),
        (("青岚", "云泽", "鹿溪县"), "鹿溪一厂房起火", ("青岚", "云泽", "鹿溪县")),
        (("青岚", "云泽", "鹿溪县"), "石坪镇一厂房起火", ("青岚", "云泽", "鹿溪县")),
        (("", "", ""), "石坪镇一厂房起火", ("", "", "")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_own_territory_is_known_and_named_as_configured(own: tuple[str, ...], title: str, place: tuple[str, ...]) -> None:
    found = Locator(with_home(load_gazetteer(), *own, ["石坪镇"])).locate(title)
    assert (found.province, found.city, found.county) == place
