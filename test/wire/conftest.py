"""Fixtures of the wire tests: a backend and a proxy in front of it, stopped and checked afterwards."""
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fairlead import BINARY, Fairlead, one_pool  # noqa: E402
from origin import Origin  # noqa: E402


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
