"""Shared switches: what is missing is skipped with a reason, or fails where everything is required."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
MAY_SKIP = ("共享", "YQBOT_CHAOS", "本机不支持")
"""Recorded data that is not there, the long versions, and what no package can install (a kernel, an init system)."""

settings.register_profile(
    "suite",
    derandomize=os.environ.get("YQBOT_CHAOS") != "1",
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")
"""The same examples everywhere and no clock: a slow machine fails nothing, and no run draws what no other has drawn."""


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """With YQBOT_REQUIRE_ALL=1 a skip for a missing program is a failure; MAY_SKIP still may."""
    if os.environ.get("YQBOT_REQUIRE_ALL") != "1" or call.excinfo is None:
        return
    reason = str(call.excinfo.value)
    if call.excinfo.errisinstance(pytest.skip.Exception) and not any(word in reason for word in MAY_SKIP):
        try:
            raise AssertionError(f"required here, but skipped: {reason}") from None
        except AssertionError as error:
            call.excinfo = pytest.ExceptionInfo.from_exception(error)
