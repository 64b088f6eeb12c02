"""The stand-ins answer as the real servers did when `make test-real` recorded them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.sandbox.posting import ISSUE, x_client
from tests.sandbox.recorded import Bluesky, Mastodon, all_differences, differences, read


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stand_ins()) as sandbox:
        yield sandbox


def test_bluesky_answers_as_its_own_server_did(sandbox: Sandbox) -> None:
    def expired(token: str) -> str:
        sandbox.expire("bluesky")
        return token

    known = sandbox.credentials["bluesky"]
    did = "did:plc:6gf6kyfmbdkcgzpnhgtxcvix"
    asked = Bluesky(sandbox.addresses["bluesky"], known["handle"], did, known["app_password"], expired, {})

    assert "\n".join(all_differences(asked.ask(), read("bluesky-pds"))) == ""


def test_mastodon_speaking_as_snac_answers_as_snac_did(sandbox: Sandbox) -> None:
    sandbox.speak_as("mastodon", "snac")
    token = sandbox.credentials["mastodon"]["access_token"]

    assert (
        "\n".join(
            all_differences(Mastodon(sandbox.addresses["mastodon"], token).ask(), read("snac"), more=True)
        )
        == ""
    )


def test_each_difference_is_named() -> None:
    refused = {"status": 400, "type": "application/json", "body": {"error": "InvalidToken", "message": "No"}}
    taken = {
        "status": 200,
        "type": "application/json",
        "body": {"id": "1", "posts": [{"text": "x", "at": 1}]},
    }
    ours = {
        "write": {**refused, "status": 401, "body": {"error": "ExpiredToken"}},
        "list": {**taken, "body": {"id": 1, "posts": [{"text": "another", "by": "me"}]}},
        "delete": taken,
    }

    assert sorted(all_differences(ours, {"write": refused, "list": taken})) == [
        "delete: only one side was asked",
        "list.id: int, really str",
        "list.posts[].by: it is not there really",
        "write.error: 'ExpiredToken', really 'InvalidToken'",
        "write.message: really 'No'",
        "write: status 401, really 400",
    ]


@pytest.mark.shared
def test_x_answers_in_the_shape_that_tweepy_recorded(sandbox: Sandbox, shared: Path) -> None:
    with x_client(sandbox) as client:
        client.return_type = requests.Response
        made = client.create_tweet(text=f"Out: {ISSUE}")
        listed = client.get_users_tweets(client.get_me().json()["data"]["id"], user_auth=True)
        deleted = client.delete_tweet(made.json()["data"]["id"])

    ours = [made, deleted, listed]
    recorded = [
        *answers_in(shared / "recordings/x/test_client_create_and_delete_tweet.yaml"),
        *answers_in(shared / "recordings/x/test_client_get_users_tweets.yaml"),
    ]
    assert [each.status_code for each in ours] == [status for status, _ in recorded]
    for mine, (_, theirs) in zip(ours, recorded, strict=True):
        assert list(differences(mine.json(), theirs, more=True)) == []


def answers_in(path: Path) -> Iterator[tuple[int, Any]]:
    for one in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
        answer = one["response"]
        yield answer["status"]["code"], json.loads(gzip.decompress(answer["body"]["string"]))
