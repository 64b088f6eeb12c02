"""Bluesky's own personal data server, with its register of names, in Node."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import requests

from crosspost.platforms._login import Prompts
from tests.real.cutting_proxy import CuttingProxy
from tests.real.install import HERE, PARTS, node
from tests.real.process import ServerProcess, free_port, is_listening
from tests.real.server import ReadPost, cannot

POSTS = "app.bsky.feed.post"
NO_LIMIT = {"x-ratelimit-bypass": "crosspost-tests"}
PASSWORD = "of-the-account-itself"


class BlueskyPds:
    """The server keeps its files in a folder; the register's entries last as long as its process."""

    name: ClassVar[str] = "bluesky-pds"
    platform: ClassVar[str] = "bluesky"
    needs: ClassVar[tuple[str, ...]] = ("node", "pds")
    too_long: ClassVar[str] = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}" * 301
    deletes: ClassVar[bool] = True
    knows_keys: ClassVar[bool] = True
    in_words: ClassVar[bool] = True
    reads_whole_requests: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.port, self._plc_port = free_port(), free_port()
        self.proxy = CuttingProxy(self.port)
        self.proxy.headers = NO_LIMIT
        self._folder = folder
        self._made = 0
        (folder / "blobs").mkdir()
        for script in ("loopback.mjs", "plc.mjs", "pds.mjs"):
            shutil.copy(HERE / "pds" / script, PARTS["pds"].folder)
        self._secret = secrets.token_hex(32)
        self._settings = {
            "port": self.port,
            "hostname": "localhost",
            "publicUrl": f"http://localhost:{self.proxy.port}",
            "devMode": True,
            "dataDirectory": str(folder),
            "blobstoreDiskLocation": str(folder / "blobs"),
            "didPlcUrl": f"http://127.0.0.1:{self._plc_port}",
            "serviceHandleDomains": [".test"],
            "inviteRequired": False,
            "disableSsrfProtection": True,
            "bskyAppViewUrl": "http://127.0.0.1:9",  # there is none: only the server itself is asked
            "bskyAppViewDid": "did:example:none",
            "adminPassword": secrets.token_hex(16),
            "jwtSecret": self._secret,
            "plcRotationKeyK256PrivateKeyHex": secrets.token_hex(32),
            "rateLimitsEnabled": True,
            "rateLimitBypassKey": NO_LIMIT["x-ratelimit-bypass"],
        }
        self._plc: ServerProcess | None = None
        self._pds: ServerProcess | None = None

    def start(self) -> None:
        if self._plc is None:
            self._plc = self._process("plc", str(self._plc_port))
            self._plc.wait_until(lambda: is_listening(self._plc_port))
        self._pds = self._process("pds")
        self._pds.wait_until(lambda: is_listening(self.port))

    def kill(self) -> None:
        if self._pds is not None:
            self._pds.kill()

    def close(self) -> None:
        self.kill()
        if self._plc is not None:
            self._plc.kill()
        self.proxy.close()

    def _process(self, name: str, *arguments: str) -> ServerProcess:
        environment = {
            "PDS_SETTINGS": json.dumps(self._settings),
            "LOG_ENABLED": "false",
            "NODE_ENV": "production",
        }
        scripts = PARTS["pds"].folder
        command = [
            node(),
            "--import",
            str(scripts / "loopback.mjs"),
            str(scripts / f"{name}.mjs"),
            *arguments,
        ]
        return ServerProcess(command, self._folder, name, environment)

    def new_account(self) -> BlueskyAccount:
        self._made += 1
        return BlueskyAccount(self, f"twir{self._made}.test")

    def is_write(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith("/com.atproto.repo.putRecord")

    def is_read(self, method: str, path: str) -> bool:
        return self.is_write(method, path)  # records are read without a token

    def call(
        self, name: str, token: str = "", /, *, limited: bool = False, **fields: Any
    ) -> requests.Response:
        """Make a call directly to the server."""
        headers = ({} if limited else NO_LIMIT) | ({"Authorization": f"Bearer {token}"} if token else {})
        url = f"http://127.0.0.1:{self.port}/xrpc/com.atproto.{name}"
        return requests.post(url, json=fields, headers=headers, timeout=60)

    def token(self, did: str, scope: str, lives: float) -> str:
        """Return a token as the server signs its own."""
        now = int(time.time())
        claims = {"scope": scope, "aud": "did:web:localhost", "sub": did, "iat": now, "exp": int(now + lives)}
        parts = [_base64(json.dumps(part).encode()) for part in ({"typ": "at+jwt", "alg": "HS256"}, claims)]
        signed = hmac.digest(self._secret.encode(), ".".join(parts).encode(), hashlib.sha256)
        return ".".join([*parts, _base64(signed)])


class BlueskyAccount:
    """An account with an app password."""

    def __init__(self, server: BlueskyPds, handle: str) -> None:
        self._server = server
        made = server.call(
            "server.createAccount", handle=handle, email=f"{handle}@example.org", password=PASSWORD
        )
        made.raise_for_status()
        self.did, self._access = made.json()["did"], made.json()["accessJwt"]
        self.name = f"@{handle}"
        self.options = {"api_base_url": f"http://localhost:{server.proxy.port}", "handle": handle}
        self._passwords = 0
        self.secrets = self.renewed()

    def posts(self) -> list[ReadPost]:
        url = f"http://127.0.0.1:{self._server.port}/xrpc/com.atproto"
        query = {"repo": self.did, "collection": POSTS, "limit": "100", "reverse": "true"}
        listed = requests.get(f"{url}.repo.listRecords", params=query, timeout=60).json()["records"]
        return [self._read(each["uri"].rpartition("/")[2], each["value"]) for each in listed]

    def _read(self, key: str, record: dict[str, Any]) -> ReadPost:
        card = dict((record.get("embed") or {}).get("external") or {})
        thumb = card.pop("thumb", None)
        return ReadPost(
            key,
            record["text"],
            ",".join(record.get("langs") or ()),
            record.get("facets"),
            card,
            self._blob(thumb["ref"]["$link"]) if thumb else None,
        )

    def _blob(self, cid: str) -> bytes:
        url = f"http://127.0.0.1:{self._server.port}/xrpc/com.atproto.sync.getBlob"
        answer = requests.get(url, params={"did": self.did, "cid": cid}, timeout=60)
        answer.raise_for_status()
        return answer.content

    def prompts(self) -> Prompts:
        def unasked(question: str) -> Any:
            raise AssertionError(f"nobody expected the question {question!r}")

        return Prompts(lambda _: None, unasked, lambda _: self.secrets["app_password"], unasked)

    def revoke(self) -> None:
        self._server.call("server.revokeAppPassword", self._access, name=f"crosspost {self._passwords}")

    def renewed(self) -> Mapping[str, str]:
        self._passwords += 1
        made = self._server.call(
            "server.createAppPassword", self._access, name=f"crosspost {self._passwords}"
        )
        made.raise_for_status()
        return {"app_password": made.json()["password"]}

    def read_only(self) -> Mapping[str, str]:
        cannot("an app password may always post")

    def deactivate(self) -> None:
        self._server.call("server.deactivateAccount", self._access).raise_for_status()

    def expired(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._server.token(self.did, 'com.atproto.appPass', -60)}"}

    def use_up_the_rate(self) -> None:
        """30 logins in five minutes are allowed; only what comes without the by-pass is counted."""
        known = {"identifier": self.options["handle"], "password": self.secrets["app_password"]}
        for _ in range(40):
            if self._server.call("server.createSession", limited=True, **known).status_code == 429:
                return
        raise AssertionError("the server never refused for now")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
