"""Callback encryption of the emulator, from document 90968; not shared with the bot, so that each checks the other."""

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # PKCS#7 to 32 bytes, not to the AES block of 16


def signature(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    """Return the lower-case hexadecimal SHA-1 of the sorted parts."""
    return hashlib.sha1("".join(sorted((token, timestamp, nonce, sealed))).encode()).hexdigest()


def _cipher(aes_key: str) -> "Cipher[modes.CBC]":
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def seal(aes_key: str, receiver: str, plain: str) -> str:
    """Return the base64 text of `plain` for `receiver` (the corpid)."""
    message = plain.encode()
    packed = secrets.token_bytes(16) + len(message).to_bytes(4, "big") + message + receiver.encode()
    pad = BLOCK - len(packed) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(packed + bytes([pad]) * pad) + encryptor.finalize()).decode()


def unseal(aes_key: str, receiver: str, sealed: str) -> str:
    """Return the plain text; ValueError if it is not for `receiver` or not readable."""
    decryptor = _cipher(aes_key).decryptor()
    packed = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    pad = packed[-1] if packed else 0
    if not 1 <= pad <= BLOCK:
        raise ValueError("bad padding")
    packed = packed[:-pad]
    length = int.from_bytes(packed[16:20], "big")
    if packed[20 + length :] != receiver.encode():
        raise ValueError("wrong receiver")
    return packed[20 : 20 + length].decode()
