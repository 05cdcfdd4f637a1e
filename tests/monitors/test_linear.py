"""Hashed n-gram models: determinism, learning, thresholds, edges."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.linear import (
    Hashing,
    Letter,
    best_threshold,
    features,
    marks,
    sigmoid,
    train_bayes,
    train_logistic,
)

SMALL = Hashing(bits=12, longest=3, cap=50)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_slots_are_distinct_in_range_and_bounded_by_the_cap(text: str) -> None:
    slots = features(text, SMALL)
    assert len(slots) == len(set(slots)) <= 3 * SMALL.cap
    assert all(0 <= slot < 4096 for slot in slots)
    assert sorted(slots) == sorted(features(text + "", SMALL))


def by_one(text: str, hashing: Hashing) -> set[int]:
    """The slots reckoned one n-gram at a time."""
    prime, factors = (1 << 31) - 1, (0x2C1B3C6D, 0x297A2D39, 0x1D872B41)
    codes = [ord(char) for char in text[: hashing.cap]]
    found = set()
    for length, more in zip(range(1, hashing.longest + 1), (0, 7, 13), strict=False):
        for start in range(len(codes) - length + 1):
            piece = codes[start : start + length]
            sums = sum(code * factor for code, factor in zip(piece, reversed(factors[:length]), strict=True))
            found.add((sums + more) % prime % (1 << hashing.bits))
    return found


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.characters(), max_size=60), st.sampled_from([SMALL, Hashing(), Hashing(longest=1), Hashing(longest=2, cap=9)])
)
def test_slots_reckoned_at_once_are_those_reckoned_one_by_one(text: str, hashing: Hashing) -> None:
    assert set(features(text, hashing)) == by_one(text, hashing)


def test_half_a_pair_of_code_units_and_the_highest_character_have_slots() -> None:
    for text in ("\ud800甲", "\U0010ffff" * 3, "\0", ""):
        assert set(features(text, SMALL)) == by_one(text, SMALL)


def test_order_of_characters_matters_and_the_cap_cuts() -> None:
    assert set(features("甲乙", SMALL)) != set(features("乙甲", SMALL))
    assert set(features("甲" * 50 + "乙", SMALL)) == set(features("甲" * 60, SMALL))


def test_marks_do_not_depend_on_their_company() -> None:
    assert marks(["a", "b"], SMALL)[0] == marks(["a"], SMALL)[0]


def test_sigmoid_never_overflows() -> None:
    assert sigmoid(-1e9) < 1e-9
    assert sigmoid(1e9) > 1 - 1e-9


def _posts() -> tuple[list[list[int]], list[bool]]:
    texts = [f"难过{n}号" for n in range(40)] + [f"高兴{n}号" for n in range(40)]
    return [features(text, SMALL) for text in texts], [n < 40 for n in range(80)]


def test_logistic_model_separates_what_it_saw_and_generalises() -> None:
    rows, positive = _posts()
    model = train_logistic(rows, positive, SMALL)
    assert model.probability(features("很难过", SMALL)) > 0.8
    assert model.probability(features("很高兴", SMALL)) < 0.2
    assert model.held_f1 == 1.0


def test_training_twice_gives_the_same_weights() -> None:
    rows, positive = _posts()
    assert train_logistic(rows, positive, SMALL) == train_logistic(rows, positive, SMALL)


def test_sorted_labels_do_not_bias_the_model() -> None:
    rows, positive = _posts()
    model = train_logistic(rows, positive, SMALL)
    assert abs(model.probability(features("壹贰叁", SMALL)) - 0.5) < 0.2


def test_empty_text_gets_the_bias_and_empty_rows_are_passed_over() -> None:
    rows, positive = _posts()
    model = train_logistic([*rows, []], [*positive, True], SMALL)
    assert model.probability([]) == sigmoid(model.bias)


def test_threshold_takes_the_best_f1_within_bounds() -> None:
    assert best_threshold([0.9, 0.6, 0.55, 0.3], [True, True, False, False]) == (0.6, 1.0)
    assert best_threshold([], []) == (0.5, None)
    assert best_threshold([0.99, 0.9], [True, False]) == (0.5, 0.6667)


def _letter(title: str, body: str = "", **shares: float) -> Letter:
    return Letter(title=features(title, SMALL), body=features(body, SMALL), shares=shares)


def _letters() -> tuple[list[Letter], list[str]]:
    letters = [_letter(f"道路坑洼{n}") for n in range(6)] + [_letter(f"学费太贵{n}") for n in range(6)]
    return letters, ["交通"] * 6 + ["教育"] * 6


def test_bayes_model_prefers_the_label_of_similar_letters() -> None:
    letters, labels = _letters()
    model = train_bayes(letters, labels, SMALL)
    assert (model.labels, model.counts) == (("交通", "教育"), (6, 6))
    road, school = model.scores(_letter("乡村道路坑洼")), model.scores(_letter("收的学费"))
    assert road[0] > road[1]
    assert school[1] > school[0]


def test_words_in_the_title_outweigh_the_body() -> None:
    letters, labels = _letters()
    model = train_bayes(letters, labels, SMALL)
    scores = model.scores(_letter("学费太贵", "道路坑洼"))
    assert scores[1] > scores[0]


def test_function_shares_decide_where_the_text_says_nothing() -> None:
    letters = [_letter("壹", road=1.0)] * 5 + [_letter("壹", school=1.0)] * 5
    model = train_bayes(letters, ["交通"] * 5 + ["教育"] * 5, SMALL)
    scores = model.scores(_letter("贰", school=1.0))
    assert scores[1] > scores[0]
    assert model.scores(_letter("贰", unknown=1.0)) == (0.0, 0.0)


def test_letter_without_known_slots_scores_all_labels_alike() -> None:
    letters, labels = _letters()
    assert set(train_bayes(letters, labels, SMALL).scores(_letter(""))) == {0.0}


def test_history_without_any_repeated_slot_still_gives_a_model() -> None:
    model = train_bayes([_letter("甲"), _letter("乙")], ["一", "二"], SMALL)
    assert model.scores(_letter("甲")) == (0.0, 0.0)
