"""The recorded answers of the real servers are still what they answer; UPDATE_RECORDINGS=1 writes them anew."""

from __future__ import annotations

import os

import pytest

from tests.real.bluesky import NO_LIMIT, BlueskyAccount, BlueskyPds
from tests.real.server import RealServer
from tests.real.snac import Snac
from tests.sandbox import recorded

pytestmark = pytest.mark.real


def test_a_real_server_answers_as_it_is_recorded(server: RealServer) -> None:
    base = f"http://localhost:{server.proxy.port}"
    account = server.new_account()
    if isinstance(server, BlueskyPds) and isinstance(account, BlueskyAccount):
        handle, password = account.options["handle"], account.secrets["app_password"]
        old = server.token(account.did, "com.atproto.appPass", -60)
        answers = recorded.Bluesky(base, handle, account.did, password, lambda _: old, NO_LIMIT).ask()
    elif isinstance(server, Snac):
        answers = recorded.Mastodon(base, account.secrets["access_token"]).ask()
    else:
        pytest.skip(f"nobody has written down what to ask {server.name}")

    if os.environ.get("UPDATE_RECORDINGS"):
        recorded.write(server.name, answers)

    assert recorded.all_differences(answers, recorded.read(server.name)) == []
