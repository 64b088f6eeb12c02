"""Whoever has the webhook's secret makes the daemon look now; anybody else is told what is wrong, and it is counted."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from crosspost.log.lines import TextLine
from tests.web.strange_week import WEBHOOK_SECRET, Pages, served

GITHUB = "X-Hub-Signature-256"
HMACS = {GITHUB: "sha256=", "X-Forgejo-Signature": "", "X-Gitea-Signature": ""}


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with served(tmp_path, secret=WEBHOOK_SECRET) as there:
        yield there


def code(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def push(pages: Pages, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(f"{pages.address}/hooks/push", data=body, headers=dict(headers), timeout=10)


def signed(body: bytes, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    return {GITHUB: "sha256=" + code(body, secret)}


def counted(pages: Pages, outcome: str) -> float:
    text = requests.get(f"{pages.address}/metrics", timeout=10).text
    (line,) = (each for each in text.splitlines() if f'_calls_total{{outcome="{outcome}"}}' in each)
    return float(line.rpartition(" ")[2])


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "".join(TextLine().format(record) for record in caplog.records)


# docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries: "Testing the webhook payload validation"
GITHUBS_EXAMPLE = (
    "It's a Secret to Everybody",
    b"Hello, World!",
    "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
)
# RFC 4231, section 4.3
RFC_EXAMPLE = (
    "Jefe",
    b"what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
)


@pytest.mark.parametrize(("secret", "body", "digits"), [GITHUBS_EXAMPLE, RFC_EXAMPLE])
@pytest.mark.parametrize("header", HMACS)
def test_a_published_example_verifies(
    tmp_path: Path, secret: str, body: bytes, digits: str, header: str
) -> None:
    with served(tmp_path, secret=secret) as pages:
        assert push(pages, body, {header: HMACS[header] + digits}).status_code == 202
        assert pages.looks == ["now"]


def test_gitlabs_token_is_the_secret_itself(pages: Pages) -> None:
    assert push(pages, b"{}", {"X-Gitlab-Token": WEBHOOK_SECRET}).text == "Polling now.\n"
    assert pages.looks == ["now"]


def test_forgejo_sends_all_three_and_one_that_verifies_is_enough(pages: Pages) -> None:
    headers = {name: prefix + code(b"{}") for name, prefix in HMACS.items()}

    assert push(pages, b"{}", headers | {"X-Gitea-Signature": "0" * 64}).status_code == 202


@pytest.mark.parametrize("body", [b"", b"{}", b"this is no JSON", b"x" * 900_000])
def test_what_the_body_says_does_not_matter(pages: Pages, body: bytes) -> None:
    assert push(pages, body, signed(body)).status_code == 202
    assert pages.looks == ["now"]


# What Gitea sends where the webhook has no secret is in services/webhook/deliver.go of go-gitea/gitea.
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {GITHUB: "", "X-Gitlab-Token": ""},
        {GITHUB: "sha256=", "X-Gitea-Signature": "", "X-Hub-Signature": "sha1="},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
    ],
    ids=["none", "empty", "Gitea's without a secret", "only the old one"],
)
def test_a_call_without_a_signature_is_told_to_set_the_secret(
    pages: Pages, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    refused = push(pages, b"{}", headers)

    assert refused.status_code == 403
    assert refused.text.startswith("The call has no signature: give the webhook the secret")
    assert pages.looks == []
    assert counted(pages, "unsigned") == 1
    assert "The call has no signature" in logged(caplog)


@pytest.mark.parametrize(
    "headers",
    [
        signed(b"{}", "another secret"),
        signed(b"another body"),
        {GITHUB: code(b"{}")},
        {GITHUB: "sha1=" + code(b"{}")},
        {GITHUB: ("sha256=" + code(b"{}")).upper()},
        {GITHUB: "sha256=" + "0" * 64},
        {GITHUB: "sha256=\xe9\xff"},
        {"X-Forgejo-Signature": "sha256=" + code(b"{}")},
        {"X-Gitea-Signature": code(b"{}", "another secret")},
        {"X-Gitlab-Token": "another secret"},
        {"X-Gitlab-Token": code(b"{}")},
        {GITHUB: WEBHOOK_SECRET},
    ],
)
def test_a_wrong_secret_is_another_sentence_and_never_shown(
    pages: Pages, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    refused = push(pages, b"{}", headers)

    assert refused.status_code == 403
    assert refused.text.startswith("The webhook's secret on the forge is not the one of [web] webhook_secret")
    assert pages.looks == []
    assert (counted(pages, "wrong"), counted(pages, "unsigned")) == (1, 0)
    for shown in (refused.text, logged(caplog)):
        assert WEBHOOK_SECRET not in shown
        assert not any(value in shown for value in headers.values())


def test_the_same_refusal_is_one_line_an_hour_and_counted_each_time(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        push(pages, b"{}", {})
        push(pages, b"{}", signed(b"another body"))

    assert [record.levelno for record in caplog.records].count(logging.WARNING) == 2
    assert (counted(pages, "wrong"), counted(pages, "unsigned")) == (5, 5)


def test_a_push_that_is_too_long_is_not_read(pages: Pages) -> None:
    body = b"x" * 1_000_001
    refused = push(pages, body, signed(body))

    assert (refused.status_code, refused.text) == (
        413,
        "The body is larger than 1,000,000 bytes and was not read.\n",
    )
    assert pages.looks == []


@pytest.mark.parametrize("header", ["signature", "token"])
def test_the_same_push_again_and_again_is_one_look(pages: Pages, header: str) -> None:
    def once(body: bytes) -> int:
        proof = signed(body) if header == "signature" else {"X-Gitlab-Token": WEBHOOK_SECRET}
        return push(pages, body, proof).status_code

    assert [once(b'{"after": "c0ffee"}') for _ in range(20)] == [202] * 20
    assert pages.looks == ["now"]
    assert (counted(pages, "accepted"), counted(pages, "repeated")) == (1, 19)

    assert once(b'{"after": "decaf"}') == 202
    assert pages.looks == ["now", "now"]


def test_without_a_secret_there_is_no_webhook(tmp_path: Path) -> None:
    with served(tmp_path) as pages:
        assert push(pages, b"{}", signed(b"{}", "")).status_code == 404
        assert "webhook" not in requests.get(f"{pages.address}/metrics", timeout=10).text
