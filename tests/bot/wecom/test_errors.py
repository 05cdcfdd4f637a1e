"""Every errcode of the fact sheet has one class and a Chinese meaning."""

import re

import pytest

from bot.wecom.errors import CODES, Kind, SendError, classify

# The table of document 90313 as our fact sheet lists it: class, codes.
TABLE = [
    ("R", [-1, 6000, 45009, 45033, 45035, 45036]),
    ("T", [40014, 42001, 40001]),
    ("F", [60020, 40013, 40056, 40091, 41002, 41004, 301002, 48001, 48002, 48005, 48006, 50003, 60031, 48010, 43012]),
    ("F", [93000, 93001, 93004, 93008, 50001, 50002, 80001, 85005, 85008, 85111]),
    ("S", [81013, 40003, 40031, 46004, 60111, 60011, 60021, 92000, 40007, 40145, 40201, 40204, 85002, 42052, 60140, 82102]),
    ("S", [40029, 42003, 42022, 846601, *range(846604, 846610), 846625, 853000]),
    ("D", [82001, 81012, 82002, 82003, 40032, *range(40004, 40007), 40009, 44001, 45001, 82101]),
    ("D", [40008, 40058, 40063, 41011, 41033, 44004, 40033, 45002, 40206, 82004]),
    ("D", [*range(42014, 42021), *range(42027, 42031), 42033, 42031, *range(42035, 42038), 42042, 42047]),
    ("D", [*range(42038, 42042), *range(42043, 42047), *range(42049, 42052), 40050, *range(86001, 86009), 86215, 86216]),
]


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in TABLE for code in codes])
def test_class_of_code(kind, code):
    found, meaning = classify(code)
    assert found == kind
    assert re.search(r"[一-龥]{4}", meaning)


def test_a_wrong_secret_is_fatal_on_gettoken_and_a_token_matter_elsewhere():
    assert classify(40001, on_token=True)[0] is Kind.FATAL
    assert classify(40001)[0] is Kind.TOKEN


def test_an_unknown_code_is_our_data_and_not_retried():
    error = SendError.from_code(999999)
    assert error.kind is Kind.DATA
    assert error.permanent
    assert "999999" in str(error)


@pytest.mark.parametrize("code", sorted(CODES))
def test_only_retry_helps_by_repeating(code):
    assert SendError.from_code(code).permanent == (CODES[code][0] is not Kind.RETRY)


def test_a_frequency_block_says_when_to_try_again():
    assert SendError.from_code(45009).retry_after == 60.0
    assert SendError.from_code(-1).retry_after is None
