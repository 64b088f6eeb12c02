"""The sandbox's Bluesky, through atproto over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.sandbox.posting import ISSUE, RECORD, TEXT, bluesky_client, bluesky_session, put_request

pytest.importorskip("atproto", reason="the bluesky extra is not installed")


@pytest.fixture
def sandbox(clock: Any) -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    with bluesky_client(sandbox) as client:
        yield client


def put(client: Any, record: dict[str, Any], **changes: Any) -> Any:
    body = {**put_request(client._session.did, record), **changes}
    return client.request.post(
        f"{client._base_url}/com.atproto.repo.putRecord",
        json={key: value for key, value in body.items() if value != "absent"},
        headers={"Authorization": f"Bearer {client._session.access_jwt}"},
    ).content


def refused(client: Any, record: dict[str, Any], **changes: Any) -> tuple[int, str, str]:
    from atproto.exceptions import BadRequestError

    with pytest.raises(BadRequestError) as caught:
        put(client, record, **changes)
    content = caught.value.response.content
    return caught.value.response.status_code, content.error, content.message


def read(client: Any, rkey: str = "3mjjjjjjjjj22") -> Any:
    return client.com.atproto.repo.get_record(
        {"repo": client._session.did, "collection": "app.bsky.feed.post", "rkey": rkey}
    )


def test_a_record_is_kept_and_can_be_read_by_its_key(sandbox: Sandbox, client: Any) -> None:
    answer = put(client, RECORD)

    found = read(client)
    (kept,) = sandbox.posts("bluesky")
    assert (found.uri, found.cid, found.value.text) == (answer["uri"], answer["cid"], TEXT)
    assert (kept.id, kept.text, kept.link) == ("3mjjjjjjjjj22", TEXT, ISSUE)
    assert kept.url == "https://bsky.app/profile/thisweekinrust.bsky.social/post/3mjjjjjjjjj22"


def test_the_same_record_again_is_a_success_and_no_commit(sandbox: Sandbox, client: Any) -> None:
    first, again = put(client, RECORD), put(client, RECORD)

    assert again["cid"] == first["cid"]
    assert "commit" in first
    assert "commit" not in again
    assert len(sandbox.posts("bluesky")) == 1


def test_another_record_under_the_key_is_an_invalid_swap_when_none_was_expected(
    sandbox: Sandbox, client: Any
) -> None:
    put(client, RECORD)

    status, error, message = refused(client, {**RECORD, "text": "other"})

    assert (status, error) == (400, "InvalidSwap")
    assert message == f"Record was at {read(client).cid}"
    assert sandbox.posts("bluesky")[0].text == TEXT


def test_without_a_condition_another_record_overwrites(sandbox: Sandbox, client: Any) -> None:
    put(client, RECORD)
    put(client, {**RECORD, "text": "other"}, swapRecord="absent")

    assert [post.text for post in sandbox.posts("bluesky")] == ["other"]


def test_a_record_that_is_not_there_is_said_to_be_missing(client: Any) -> None:
    from atproto.exceptions import BadRequestError

    with pytest.raises(BadRequestError) as caught:
        read(client, "3mjjjjjjjjj33")

    assert caught.value.response.content.error == "RecordNotFound"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "x" * 301}, "grapheme too big (maximum 300, got 301)"),
        ({"text": "👨‍👩‍👧‍👦" * 150}, "string too big (maximum 3000, got 3750)"),
        ({"createdAt": "yesterday"}, 'Invalid datetime (got "yesterday")'),
        ({"langs": ["en", "de", "fr", "it"]}, "array too big (maximum 3, got 4)"),
        (
            {"facets": [{"index": {"byteStart": 0, "byteEnd": 999}, "features": [{"uri": ISSUE}]}]},
            "the index is not within the text",
        ),
        (
            {"embed": {"$type": "app.bsky.embed.external", "external": {"uri": ISSUE, "title": "t"}}},
            'Missing required key "description"',
        ),
        (
            {
                "embed": {
                    "$type": "app.bsky.embed.external",
                    "external": {
                        "uri": ISSUE,
                        "title": "t",
                        "description": "",
                        "thumb": {"ref": {"$link": "bafy"}},
                    },
                }
            },
            "Could not find blob: bafy",
        ),
    ],
)
def test_a_record_that_breaks_the_lexicon_is_refused(
    sandbox: Sandbox, client: Any, change: dict[str, Any], message: str
) -> None:
    status, error, said = refused(client, {**RECORD, **change})

    assert (status, error) == (400, "BlobNotFound" if "blob" in message else "InvalidRequest")
    assert message in said
    assert sandbox.posts("bluesky") == ()


def test_300_graphemes_may_have_more_code_points(client: Any) -> None:
    assert put(client, {**RECORD, "text": "e\u0301" * 300})["cid"]


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")  # of httpx, about atproto's own call
def test_a_card_with_a_picture_is_kept_with_it(sandbox: Sandbox, client: Any) -> None:
    blob = client.upload_blob(b"\x89PNG").blob
    thumb = {"$type": "blob", "ref": {"$link": blob.ref.link}, "mimeType": blob.mime_type, "size": blob.size}
    card = {"uri": ISSUE, "title": "This Week in Rust 665", "description": "", "thumb": thumb}

    put(client, {**RECORD, "embed": {"$type": "app.bsky.embed.external", "external": card}})

    (kept,) = sandbox.posts("bluesky")
    assert kept.title == "This Week in Rust 665"
    assert kept.picture is not None
    assert (kept.picture.data, kept.picture.mime_type) == (b"\x89PNG", "image/png")


def test_the_records_are_listed_newest_first_and_page_by_page(
    sandbox: Sandbox, client: Any, clock: Any
) -> None:
    for number in range(7):
        sandbox.seed_post("bluesky", text=f"post {number}", link=ISSUE)
        clock.advance(minutes=1)
    sandbox.seed_post("bluesky", text="somebody else's", by="other.bsky.social")
    where = {"repo": client._session.did, "collection": "app.bsky.feed.post", "limit": 4}

    first = client.com.atproto.repo.list_records(where)
    second = client.com.atproto.repo.list_records({**where, "cursor": first.cursor})

    texts = [record.value.text.split(" http")[0] for record in [*first.records, *second.records]]
    assert texts == [f"post {number}" for number in reversed(range(7))]
    assert first.records[0].value.facets[0].features[0].uri == ISSUE


def test_a_wrong_password_gets_no_session(sandbox: Sandbox) -> None:
    from atproto.exceptions import UnauthorizedError

    with pytest.raises(UnauthorizedError), bluesky_client(sandbox, "wrong"):
        pass


def test_an_expired_session_is_refused_and_can_be_refreshed(sandbox: Sandbox) -> None:
    session = bluesky_session(sandbox)
    base = f"{sandbox.addresses['bluesky']}/xrpc/com.atproto"
    sandbox.expire("bluesky")

    def ask(name: str, token: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(
            f"{base}.{name}", json=put_request(session["did"], RECORD), headers=headers, timeout=10
        )

    old = ask("repo.putRecord", session["accessJwt"])
    fresh = ask("server.refreshSession", session["refreshJwt"]).json()

    assert (old.status_code, old.json()["error"]) == (400, "ExpiredToken")
    assert ask("repo.putRecord", fresh["accessJwt"]).status_code == 200


def test_nothing_is_written_without_a_session(sandbox: Sandbox) -> None:
    answer = requests.post(
        f"{sandbox.addresses['bluesky']}/xrpc/com.atproto.repo.putRecord",
        json=put_request("did:plc:6gf6kyfmbdkcgzpnhgtxcvix", RECORD),
        timeout=10,
    )

    assert (answer.status_code, answer.json()["error"]) == (401, "AuthMissing")
