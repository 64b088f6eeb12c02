"""The same questions to a real server and to its stand-in, and where the answers differ.

`recordings/NAME.json` has the real server's answers, without what is another each time. They are read by
tests/sandbox/test_recorded_answers.py, and held against the real server, or written anew, by
tests/real/test_recordings.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

FOLDER = Path(__file__).parent / "recordings"

Answers = dict[str, dict[str, Any]]
"""By the question's name: status, content type and body."""

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fcffff3f030005fe02fea735818b0000000049454e44ae426082"
)
OTHER_EACH_TIME = (
    (re.compile(r"did:plc:[a-z2-7]{24}"), "DID"),
    (re.compile(r"\b(?:bafy|bafk)[a-z2-7]{55}\b"), "CID"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "TIME"),
)


def answer(response: requests.Response) -> dict[str, Any]:
    """Return what is kept of an answer."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    try:
        body = response.json()
    except ValueError:
        body = None
    return {"status": response.status_code, "type": kind, "body": _kept(body)}


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kept(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_kept(each) for each in value[:1]]  # one of them shows what they are
    if isinstance(value, str):
        for pattern, name in OTHER_EACH_TIME:
            value = pattern.sub(name, value)
    return value


def read(name: str) -> Answers:
    found: Answers = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def write(name: str, answers: Answers) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")


def all_differences(ours: Answers, real: Answers, *, more: bool = False) -> list[str]:
    """Say where a stand-in's answers differ from the real server's, by the words of `differences`.

    A refusal is to say the same.
    """
    found = [f"{name}: only one side was asked" for name in ours.keys() ^ real.keys()]
    for name in sorted(ours.keys() & real.keys()):
        mine, theirs = ours[name], real[name]
        for what in ("status", "type"):
            if mine[what] != theirs[what]:
                found.append(f"{name}: {what} {mine[what]!r}, really {theirs[what]!r}")
        whole = theirs["status"] >= 400
        bodies = differences(mine["body"], theirs["body"], words=whole, more=more)
        found += [f"{name}{each}" for each in bodies]
    return found


def differences(
    ours: Any, real: Any, where: str = "", *, words: bool = False, more: bool = False
) -> Iterator[str]:
    """Say where two values differ in type, or where ours has a key that the real one has not.

    more: ours may have one, as when the other was recorded long ago.
    words: also where they differ in what they say, and where the real one has a key that ours has not.
    """
    if isinstance(ours, dict) and isinstance(real, dict):
        for key in () if more else ours.keys() - real.keys():
            yield f"{where}.{key}: it is not there really"
        for key in real.keys() - ours.keys() if words else ():
            yield f"{where}.{key}: really {real[key]!r}"
        for key in ours.keys() & real.keys():
            yield from differences(ours[key], real[key], f"{where}.{key}", words=words, more=more)
    elif isinstance(ours, list) and isinstance(real, list):
        for mine, theirs in zip(ours, real, strict=False):
            yield from differences(mine, theirs, f"{where}[]", words=words, more=more)
    elif None not in (ours, real) and type(ours) is not type(real):
        yield f"{where}: {type(ours).__name__}, really {type(real).__name__}"
    elif words and ours != real:
        yield f"{where}: {ours!r}, really {real!r}"


# ── the questions ──


@dataclass(frozen=True)
class Bluesky:
    """A personal data server with an account."""

    base: str
    handle: str
    did: str
    password: str
    expired: Callable[[str], str]
    """Returns a token whose time is over; takes one that holds."""
    headers: Mapping[str, str]

    def ask(self) -> Answers:
        """Ask everything that the program asks, and what it may be refused for."""
        session = self._post("server.createSession", identifier=self.handle, password=self.password)
        token, refresh = session.json()["accessJwt"], session.json()["refreshJwt"]
        record = {
            "$type": "app.bsky.feed.post",
            "text": f"Out: {ISSUE}",
            "createdAt": "2026-08-20T03:00:00.000Z",
        }
        key = "3mjjjjjjjjj22"
        asked = {
            "login": session,
            "login in capitals": self._login(self.handle.upper()),
            "login by did": self._login(self.did),
            "login with a wrong password": self._login(self.handle, "wrong"),
            "refresh": self._post("server.refreshSession", refresh),
            "refresh with the wrong token": self._post("server.refreshSession", token),
            "write without a token": self._put(key, record, ""),
            "write with a stranger's token": self._put(key, record, "nonsense"),
            "write": self._put(key, record, token),
            "the same again": self._put(key, record, token),
            "another under the key": self._put(key, record | {"text": "other"}, token),
            "a text that is too long": self._put("3mjjjjjjjjj23", record | {"text": "x" * 301}, token),
            "a text of too many bytes": self._put("3mjjjjjjjjj23", record | {"text": "\u00e9" * 1501}, token),
            "no time": self._put("3mjjjjjjjjj23", record | {"createdAt": "yesterday"}, token),
            "four languages": self._put("3mjjjjjjjjj23", record | {"langs": ["en", "de", "fr", "it"]}, token),
            "a card without a description": self._put("3mjjjjjjjjj23", record | {"embed": _card()}, token),
            "a card with a picture that is not there": self._put(
                "3mjjjjjjjjj23", record | {"embed": _card(NOWHERE)}, token
            ),
            "a key that is none": self._put("not a key", record, token),
            "read": self._get("repo.getRecord", rkey=key),
            "read what is not there": self._get("repo.getRecord", rkey="3mjjjjjjjjj33"),
            "list": self._get("repo.listRecords", limit="5"),
            "upload": self._upload(token),
            "upload without a token": self._upload(""),
            "delete": self._post("repo.deleteRecord", token, **self._place(key)),
            "delete what is not there": self._post("repo.deleteRecord", token, **self._place(key)),
            "write with an expired token": self._put(key, record, self.expired(token)),
        }
        return {name: answer(response) for name, response in asked.items()}

    def _place(self, key: str) -> dict[str, str]:
        return {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": key}

    def _login(self, identifier: str, password: str | None = None) -> requests.Response:
        return self._post("server.createSession", identifier=identifier, password=password or self.password)

    def _put(self, key: str, record: Mapping[str, Any], token: str) -> requests.Response:
        return self._post("repo.putRecord", token, **self._place(key), record=record, swapRecord=None)

    def _get(self, name: str, **query: str) -> requests.Response:
        place = {"repo": self.did, "collection": "app.bsky.feed.post"}
        return requests.get(self._url(name), params=place | query, headers=self.headers, timeout=60)

    def _post(self, name: str, token: str = "", **fields: Any) -> requests.Response:
        given = {"json": fields} if fields else {}
        return requests.post(self._url(name), **given, headers=self._with(token), timeout=60)  # type: ignore[arg-type]

    def _upload(self, token: str) -> requests.Response:
        headers = self._with(token) | {"Content-Type": "image/png"}
        return requests.post(self._url("repo.uploadBlob"), data=PNG, headers=headers, timeout=60)

    def _with(self, token: str) -> dict[str, str]:
        return {**self.headers, **({"Authorization": f"Bearer {token}"} if token else {})}

    def _url(self, name: str) -> str:
        return f"{self.base}/xrpc/com.atproto.{name}"


NOWHERE = {
    "$type": "blob",
    "ref": {"$link": "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"},
    "mimeType": "image/png",
    "size": 70,
}
"""A picture that nobody has uploaded."""


def _card(thumb: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    more = {"thumb": thumb, "description": ""} if thumb else {}
    return {"$type": "app.bsky.embed.external", "external": {"uri": ISSUE, "title": "t", **more}}


@dataclass(frozen=True)
class Mastodon:
    """A server with Mastodon's API, and a token for an account on it."""

    base: str
    token: str

    def ask(self) -> Answers:
        """Ask everything that the program asks, and what it may be refused for."""
        asked = {"account": self._call("GET", "/api/v1/accounts/verify_credentials")}
        me = asked["account"].json()["id"]
        asked["write"] = self._call(
            "POST", "/api/v1/statuses", data={"status": f"Out: {ISSUE}", "language": "en"}
        )
        status = f"/api/v1/statuses/{asked['write'].json()['id']}"
        asked |= {
            "app": self._call("GET", "/api/v1/apps/verify_credentials"),
            "instance": self._call("GET", "/api/v1/instance"),
            "instance, second version": self._call("GET", "/api/v2/instance"),
            "write with a stranger's token": self._call(
                "POST", "/api/v1/statuses", "x", data={"status": "x"}
            ),
            "account with a stranger's token": self._call("GET", "/api/v1/accounts/verify_credentials", "x"),
            "read": self._call("GET", status),
            "read what is not there": self._call("GET", "/api/v1/statuses/1"),
            "list": self._call("GET", f"/api/v1/accounts/{me}/statuses?limit=40"),
            "upload": self._call("POST", "/api/v2/media", files={"file": ("card", PNG, "image/png")}),
            "edit": self._call("PUT", status, data={"status": "other"}),
            "delete": self._call("DELETE", status),
        }
        return {name: answer(response) for name, response in asked.items()}

    def _call(self, method: str, path: str, token: str = "", **given: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(method, self.base + path, headers=headers, timeout=60, **given)
