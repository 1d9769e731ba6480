"""Fixtures of the wire tests: a backend and a proxy in front of it, stopped and checked afterwards."""
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fairlead import BINARY, Fairlead, one_pool  # noqa: E402
from origin import Origin  # noqa: E402


# What these try lies on one thread: reading requests, choosing routes, the commands that run and end.
# FAIRLEAD_THREADS=1 leaves them out, for the binary under ThreadSanitizer.
ONE_THREAD = {f"test_{name}" for name in (
    "bad_requests", "bad_responses", "docs", "edits", "edits_h2", "explain", "fields", "grpc", "hashing", "http2", "http2_backend",
    "http2_floods", "http2_hostile", "interim", "match", "peers", "recipes", "respond", "simulate", "testssl", "who_asked")}


def pytest_collection_modifyitems(config, items):
    if os.environ.get("FAIRLEAD_THREADS", "0") in ("", "0"):
        return
    left_out = [item for item in items if item.module.__name__ in ONE_THREAD]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.module.__name__ not in ONE_THREAD]


def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no binary at {BINARY}: build it, or set FAIRLEAD_BIN", returncode=2)


@pytest.fixture
def stack():
    """What a test enters here is left in reverse order at its end."""
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def origin(stack):
    """`origin(script, ...)` starts a backend."""
    return lambda script=None, **options: stack.enter_context(Origin(script, **options))


@pytest.fixture
def proxy(stack):
    """`proxy(address, ...)` starts Fairlead, one worker, before a pool of these addresses."""

    def start(*addresses, run=None, **options):
        config = one_pool(*addresses, **{"workers": 1, **options})
        return stack.enter_context(Fairlead(config, **(run or {})))

    return start


@pytest.fixture
def fairlead(stack):
    """`fairlead(config, ...)` starts Fairlead with any configuration."""
    return lambda config=None, **options: stack.enter_context(Fairlead(config, **options))
