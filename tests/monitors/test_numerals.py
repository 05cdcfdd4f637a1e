import re

import pytest

from monitors.numerals import NUMBER, Number, value


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("3", 3),
        ("两", 2),
        ("十五", 15),
        ("一百二十", 120),
        ("三千零五", 3005),
        ("1.2万", 12_000),
        ("9,496", 9496),
        ("两万三千", 23_000),
        ("1亿", 100_000_000),
        ("1.5亿", 150_000_000),
        ("一二〇", 120),
        ("3千", 3000),
    ],
)
def test_an_exact_number_is_read_as_written(words: str, expected: int) -> None:
    assert re.fullmatch(NUMBER, words)
    assert value(words) == Number(expected, approx=False)


@pytest.mark.parametrize(
    ("words", "hedge", "expected"),
    [
        ("20多", "", 20),
        ("40余", "", 40),
        ("百", "近", 100),
        ("十几", "", 10),
        ("100", "超", 100),
        ("百余", "", 100),
        ("1万多", "", 10_000),
        ("千余", "", 1000),
    ],
)
def test_a_number_with_about_or_more_is_approximate(words: str, hedge: str, expected: int) -> None:
    assert re.fullmatch(NUMBER, words)
    assert value(words, hedge) == Number(expected, approx=True)


@pytest.mark.parametrize("words", ["数百", "几十", "数十", "好几", "", "多"])
def test_a_vague_number_has_no_value(words: str) -> None:
    assert value(words) is None
