"""The emulator's own encryption, against the rules of document 90968 (the official vector stands in test_crypto)."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.emulator.sealing import seal, signature, unseal

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def encrypted(packed: bytes) -> str:
    key = base64.b64decode(KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(packed) + encryptor.finalize()).decode()


@pytest.mark.parametrize("length", range(64))
def test_every_length_comes_back_and_is_padded_to_32(length):
    sealed = seal(KEY, "wwtest", "汛" * length)
    assert unseal(KEY, "wwtest", sealed) == "汛" * length
    assert len(base64.b64decode(sealed)) % 32 == 0


def test_equal_texts_are_sealed_differently():
    assert seal(KEY, "wwtest", "汛") != seal(KEY, "wwtest", "汛")


def test_another_receiver_is_refused():
    with pytest.raises(ValueError, match="wrong receiver"):
        unseal(KEY, "wwother", seal(KEY, "wwtest", "汛"))


@pytest.mark.parametrize("last", [0, 33, 255])
def test_a_padding_outside_1_to_32_is_refused(last):
    with pytest.raises(ValueError, match="bad padding"):
        unseal(KEY, "wwtest", encrypted(b"0" * 31 + bytes([last])))


def test_the_signature_does_not_depend_on_the_order_of_its_parts():
    assert signature("a", "b", "c", "d") == signature("d", "c", "b", "a")
    assert len(signature("a", "b", "c", "d")) == 40
