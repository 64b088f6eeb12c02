"""What is done in a child process comes back as if it was done here."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from crosspost.config.child_process import in_child_process
from crosspost.errors import ConfigError


def test_what_a_child_returns_comes_back() -> None:
    child, value = in_child_process(lambda: (os.getpid(), "as it was"))

    assert value == "as it was"
    assert child != os.getpid()


def test_what_it_raises_is_raised_here() -> None:
    def wrong() -> None:
        raise ConfigError("config.toml", ["line 3: unknown option"])

    with pytest.raises(ConfigError, match="unknown option"):
        in_child_process(wrong)


def test_where_the_child_does_not_answer_it_is_done_here() -> None:
    here = os.getpid()

    def work() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    assert in_child_process(work) == here


def test_what_cannot_be_sent_is_made_here() -> None:
    assert in_child_process(threading.Lock).acquire(blocking=False)
