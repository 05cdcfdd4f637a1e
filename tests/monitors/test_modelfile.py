"""Model files: what is written is read back; everything else is refused with one clear sentence."""

from __future__ import annotations

import json

import pytest

from monitors.linear import BayesModel, Hashing, Letter, LogisticModel, features, train_bayes, train_logistic
from monitors.modelfile import MAGIC, ModelFormatError, header_of, pack, unpack

SMALL = Hashing(bits=10, longest=2, cap=50)


def _posts() -> LogisticModel:
    rows = [features(f"难过{n}" if n % 2 else f"高兴{n}", SMALL) for n in range(40)]
    return train_logistic(rows, [bool(n % 2) for n in range(40)], SMALL)


def _router() -> BayesModel:
    letters = [Letter(title=features(t, SMALL), body=[], shares={"f": 1.0}) for t in ("修路", "修路", "学费", "学费")]
    return train_bayes(letters, ["甲", "甲", "乙", "乙"], SMALL)


def test_logistic_model_survives_the_file() -> None:
    model = _posts()
    assert unpack(pack("sentiment", model, {"rows": 40}), "sentiment", "m") == model


def test_router_survives_the_file() -> None:
    model = _router()
    assert unpack(pack("router", model, {}), "router", "m") == model


def test_same_model_gives_the_same_bytes() -> None:
    assert pack("router", _router(), {"rows": 4}) == pack("router", _router(), {"rows": 4})


def test_header_tells_people_what_is_inside_and_holds_no_text_learned_from() -> None:
    data = pack("router", _router(), {"rows": 4})
    assert header_of(data, "m")["about"] == {"rows": 4}
    assert "修路".encode() not in data


def _changed(data: bytes, **values: object) -> bytes:
    first, head, payload = data.split(b"\n", 2)
    header = {**json.loads(head), **values}
    return b"\n".join((first, json.dumps(header).encode(), payload))


GOOD = pack("sentiment", _posts(), {})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "不是本程序生成", id="empty"),
        pytest.param(b"PK\x03\x04 zip", "不是本程序生成", id="foreign"),
        pytest.param(MAGIC + b"99\n{}\n", "格式版本", id="other version"),
        pytest.param(MAGIC + b"1\nnot json\n", "文件头已损坏", id="broken header"),
        pytest.param(MAGIC + b"1\n[]\n", "校验值不符", id="header no table"),
        pytest.param(GOOD[:-3], "校验值不符", id="cut"),
        pytest.param(GOOD + b"x", "校验值不符", id="longer"),
        pytest.param(pack("rumor", _posts(), {}), "“疑似谣言特征”模型，不能当作“言论倾向”", id="other kind"),
        pytest.param(_changed(GOOD, hashing={"bits": 11, "longest": 2, "cap": 50}), "内容不完整", id="wrong size"),
        pytest.param(_changed(GOOD, hashing={"bits": 10, "wings": 2}), "内容不完整", id="unknown setting"),
        pytest.param(_changed(GOOD, labels=["甲", "乙"]), "内容不完整", id="labels without columns"),
    ],
)
def test_anything_else_is_refused_with_a_remedy(data: bytes, says: str) -> None:
    with pytest.raises(ModelFormatError, match=says) as caught:
        unpack(data, "sentiment", "模型.bin")
    assert "yqbot train" in str(caught.value) or "换用" in str(caught.value)
