"""The sandbox's X, through tweepy over HTTP; its signatures are made by oauthlib for the real host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.sandbox.posting import ISSUE, TEXT, TITLE, x_client


@pytest.fixture
def sandbox(clock: Any) -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    with x_client(sandbox) as client:
        yield client


def test_a_post_is_kept_and_answered_with_its_id_and_a_short_link(sandbox: Sandbox, client: Any) -> None:
    answer = client.create_tweet(text=TEXT)

    (kept,) = sandbox.posts("x")
    assert answer.data["id"] == kept.id
    assert re.fullmatch(rf"{TITLE}\s+https://t\.co/\w{{10}}\s+#RustLang", answer.data["text"])
    assert (kept.text, kept.link, kept.url) == (TEXT, ISSUE, f"https://x.com/ThisWeekInRust/status/{kept.id}")


@pytest.mark.parametrize("key", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"])
def test_each_of_the_four_secrets_must_be_right(sandbox: Sandbox, key: str) -> None:
    import tweepy

    with x_client(sandbox, **{key: "wrong"}) as client, pytest.raises(tweepy.Unauthorized):
        client.create_tweet(text=TEXT)

    assert sandbox.posts("x") == ()


def test_a_request_that_is_sent_twice_is_refused_the_second_time(sandbox: Sandbox) -> None:
    from requests_oauthlib import OAuth1

    keys = sandbox.credentials["x"]
    signature = OAuth1(
        keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"]
    )
    address = f"{sandbox.addresses['x']}/2/users/me"
    request = requests.Request("GET", address, auth=signature).prepare()
    with requests.Session() as session:
        statuses = [session.send(request, timeout=10).status_code for _ in range(2)]

    assert statuses == [200, 401]


def test_a_signature_does_not_fit_another_address(sandbox: Sandbox) -> None:
    from requests_oauthlib import OAuth1

    keys = sandbox.credentials["x"]
    signature = OAuth1(
        keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"]
    )
    request = requests.Request("GET", f"{sandbox.addresses['x']}/2/users/me", auth=signature).prepare()
    request.url = f"{sandbox.addresses['x']}/2/tweets/1"
    with requests.Session() as session:
        assert session.send(request, timeout=10).status_code == 401


def test_the_same_text_is_refused_a_second_time_without_its_id(sandbox: Sandbox, client: Any) -> None:
    import tweepy

    client.create_tweet(text=TEXT)

    with pytest.raises(tweepy.Forbidden) as caught:
        client.create_tweet(text=TEXT)

    assert caught.value.api_messages == ["You are not allowed to create a Tweet with duplicate content."]
    assert caught.value.api_codes == []
    assert len(sandbox.posts("x")) == 1


def test_a_post_may_fill_the_limit_but_not_pass_it(sandbox: Sandbox, client: Any) -> None:
    import tweepy

    fill = "x" * (280 - 24)
    client.create_tweet(text=f"{fill} {ISSUE}")

    with pytest.raises(tweepy.Forbidden, match="too long"):
        client.create_tweet(text=f"{fill}x {ISSUE}")

    assert len(sandbox.posts("x")) == 1


def test_the_timeline_has_what_came_after_the_fence_with_the_whole_links(
    sandbox: Sandbox, client: Any, clock: Any
) -> None:
    client.create_tweet(text="last week")
    clock.advance(days=7)
    client.create_tweet(text=TEXT)
    me = client.get_me(user_auth=True).data

    found = client.get_users_tweets(
        me.id,
        user_auth=True,
        start_time=clock() - timedelta(hours=1),
        max_results=5,
        tweet_fields=["created_at", "entities"],
    ).data

    assert me.username == "ThisWeekInRust"
    assert [tweet.data["entities"]["urls"][0]["expanded_url"] for tweet in found] == [ISSUE]
    assert found[0].created_at == clock()
    link = found[0].data["entities"]["urls"][0]
    assert found[0].text[link["start"] : link["end"]] == link["url"]


def test_an_empty_timeline_has_no_data(client: Any) -> None:
    answer = client.get_users_tweets(client.get_me(user_auth=True).data.id, user_auth=True)

    assert answer.data is None
    assert answer.meta == {"result_count": 0}


def test_a_long_timeline_is_read_page_by_page(client: Any, clock: Any) -> None:
    import tweepy

    for number in range(12):
        client.create_tweet(text=f"post {number}")
        clock.advance(minutes=1)
    me = client.get_me(user_auth=True).data.id

    pages = tweepy.Paginator(client.get_users_tweets, me, user_auth=True, max_results=5)

    assert [tweet.text for tweet in pages.flatten()] == [f"post {number}" for number in reversed(range(12))]


def test_the_page_size_has_bounds(client: Any) -> None:
    import tweepy

    with pytest.raises(tweepy.BadRequest, match="is not between 5 and 100"):
        client.get_users_tweets("2283469994", user_auth=True, max_results=4)


def test_one_post_can_be_read_and_one_that_is_not_there_is_an_error_in_a_200(
    sandbox: Sandbox, client: Any
) -> None:
    id_ = client.create_tweet(text=TEXT).data["id"]

    there = client.get_tweet(id_, user_auth=True, tweet_fields=["entities", "author_id"])
    gone = client.get_tweet("1", user_auth=True)

    assert there.data.author_id == 2283469994
    assert gone.data is None
    assert gone.errors[0]["title"] == "Not Found Error"


def test_an_app_that_may_only_read_is_refused(sandbox: Sandbox, client: Any) -> None:
    import tweepy

    sandbox.revoke("x", "write")

    with pytest.raises(tweepy.Forbidden, match="oauth1 app permissions"):
        client.create_tweet(text=TEXT)


def test_every_answer_says_what_the_app_may_do(sandbox: Sandbox) -> None:
    sandbox.revoke("x", "write")
    levels = []
    with x_client(sandbox) as client:
        client.session.hooks["response"].append(lambda r, **_: levels.append(r.headers["x-access-level"]))
        client.get_me(user_auth=True)
        sandbox.grant("x", "write")
        client.get_me(user_auth=True)

    assert levels == ["read", "read-write"]


def test_a_picture_is_uploaded_described_and_attached(sandbox: Sandbox, client: Any) -> None:
    import tweepy

    auth = tweepy.OAuth1UserHandler(*sandbox.credentials["x"].values()).apply_auth()
    uploaded = client.session.post(
        "https://api.twitter.com/2/media/upload",
        files={"media": ("card.png", b"\x89PNG", "image/png")},
        data={"media_category": "tweet_image"},
        auth=auth,
    ).json()["data"]
    described = {"id": uploaded["id"], "metadata": {"alt_text": {"text": "the headlines"}}}
    client.session.post(
        "https://api.twitter.com/2/media/metadata", json=described, auth=auth
    ).raise_for_status()
    client.create_tweet(text=TEXT, media_ids=[uploaded["id"]])

    picture = sandbox.posts("x")[0].picture
    assert picture is not None
    assert (picture.data, picture.alt) == (b"\x89PNG", "the headlines")


def test_a_picture_that_nobody_uploaded_is_refused(client: Any) -> None:
    import tweepy

    with pytest.raises(tweepy.BadRequest, match="media IDs are invalid"):
        client.create_tweet(text=TEXT, media_ids=["12"])


def sign_in(sandbox: Sandbox) -> Any:
    import tweepy

    class Handler(tweepy.OAuth1UserHandler):  # type: ignore[misc] # tweepy brings no types
        def _get_oauth_url(self, endpoint: str) -> str:
            return f"{sandbox.addresses['x']}/oauth/{endpoint}"

    keys = sandbox.credentials["x"]
    return Handler(keys["consumer_key"], keys["consumer_secret"], callback="oob")


def press_allow(address: str) -> str:
    page = requests.get(address, timeout=10)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    shown = requests.post(page.url.partition("?")[0], data=fields, timeout=10).text
    return str(re.findall(r"<code>(\d+)</code>", shown)[0])


def test_a_maintainer_can_sign_in_with_a_pin_and_gets_tokens_that_post(sandbox: Sandbox) -> None:
    handler = sign_in(sandbox)

    pin = press_allow(handler.get_authorization_url())
    token, secret = handler.get_access_token(pin)

    assert len(pin) == 7
    with x_client(sandbox, access_token=token, access_token_secret=secret) as client:
        assert client.create_tweet(text=TEXT).data["id"]


def test_a_wrong_pin_gets_nothing(sandbox: Sandbox) -> None:
    import tweepy

    handler = sign_in(sandbox)
    press_allow(handler.get_authorization_url())

    with pytest.raises(tweepy.TweepyException):
        handler.get_access_token("0000000")
