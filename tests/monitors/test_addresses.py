"""Only public addresses count as public, however they are written."""

from __future__ import annotations

import pytest

from monitors.addresses import is_public, read_address


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public(text: str) -> None:
    assert is_public(read_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:0:0:0:0:f5ff:fffe",
    ],
)
def test_not_public(text: str) -> None:
    assert not is_public(read_address(text))


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="localhost"):
        read_address("localhost")
