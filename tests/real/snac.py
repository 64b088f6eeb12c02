"""snac, a small server of the Fediverse in C, with Mastodon's API."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import requests

from crosspost.platforms._login import Prompts
from tests.real.cutting_proxy import CuttingProxy
from tests.real.install import snac
from tests.real.process import ServerProcess, free_port, is_listening
from tests.real.server import ReadPost, cannot

SCOPES = "read:accounts read:statuses write:statuses write:media"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Snac:
    """All its state is files in a folder. It would tell the pages that a post links to; nothing leaves the machine."""

    name: ClassVar[str] = "snac"
    platform: ClassVar[str] = "mastodon"
    needs: ClassVar[tuple[str, ...]] = ("snac",)
    too_long: ClassVar[str] = ""
    deletes: ClassVar[bool] = False
    knows_keys: ClassVar[bool] = False
    in_words: ClassVar[bool] = False
    reads_whole_requests: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.proxy = CuttingProxy(self.port)
        self.folder = folder
        self._data = folder / "data"
        self._made = 0
        self._process: ServerProcess | None = None
        answers = f"127.0.0.1\n{self.port}\nlocalhost:{self.proxy.port}\n\n\n"
        subprocess.run(
            snac("init", str(self._data)), input=answers, text=True, capture_output=True, check=True
        )
        settings = json.loads((self._data / "server.json").read_text())
        settings |= {
            "protocol": "http",
            "disable_sandbox": True,
        }  # its libraries are not where that expects them
        (self._data / "server.json").write_text(json.dumps(settings))

    def start(self) -> None:
        nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
        self._process = ServerProcess(snac("httpd", str(self._data)), self.folder, "snac", nowhere)
        self._process.wait_until(lambda: is_listening(self.port))

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        self.kill()
        self.proxy.close()

    def new_account(self) -> SnacAccount:
        self._made += 1
        name = f"twir{self._made}"
        made = subprocess.run(
            snac("adduser", str(self._data), name), text=True, capture_output=True, check=True
        )
        (password,) = re.findall(r"^User password is (\S+)$", made.stdout, re.MULTILINE)
        return SnacAccount(self, name, password)

    def is_write(self, method: str, path: str) -> bool:
        return method == "POST" and path == "/api/v1/statuses"

    def is_read(self, method: str, path: str) -> bool:
        return method == "GET" and path == "/api/v1/accounts/verify_credentials"


class SnacAccount:
    """An account with a token of an app that was registered for it."""

    def __init__(self, server: Snac, user: str, password: str) -> None:
        self._base = f"http://127.0.0.1:{server.port}"
        self._host = f"localhost:{server.proxy.port}"
        self._user, self._password = user, password
        self.name = f"@{user}"
        self.options = {"api_base_url": f"http://{self._host}"}
        self._app: Mapping[str, str] = {}
        self.secrets: Mapping[str, str] = {}
        self.renewed()
        self._id = self._call("GET", "/api/v1/accounts/verify_credentials").json()["id"]

    def posts(self) -> list[ReadPost]:
        listed = self._call("GET", f"/api/v1/accounts/{self._id}/statuses?limit=40").json()
        return [self._read(status) for status in reversed(listed)]

    def _read(self, status: dict[str, Any]) -> ReadPost:
        text = self._call("GET", f"/api/v1/statuses/{status['id']}/source").json()["text"]
        pictures = status["media_attachments"]
        found = self._call("GET", "/" + pictures[0]["url"].split("/", 3)[3]).content if pictures else None
        alt = pictures[0]["description"] if pictures else None
        return ReadPost(status["id"], text, status.get("language"), picture=found, alt=alt, url=status["url"])

    def prompts(self) -> Prompts:
        said: list[str] = []

        def code(_question: str) -> str:
            (page,) = re.findall(r"https?://\S+", "\n".join(said))
            (client,) = re.findall(r"client_id=([^&]+)", page)
            return self._allowed(client)

        def unasked(question: str) -> Any:
            raise AssertionError(f"nobody expected the question {question!r}")

        return Prompts(said.append, code, unasked, unasked)

    def revoke(self) -> None:
        self._call("POST", "/oauth/revoke", **self._app, token=self.secrets["access_token"])

    def renewed(self) -> Mapping[str, str]:
        app = self._call(
            "POST", "/api/v1/apps", client_name="t", redirect_uris=OUT_OF_BAND, scopes=SCOPES
        ).json()
        self._app = {name: app[name] for name in ("client_id", "client_secret")}
        code = self._allowed(app["client_id"])
        grant = {"grant_type": "authorization_code", "redirect_uri": OUT_OF_BAND, "scope": SCOPES}
        token = self._call("POST", "/oauth/token", **self._app, **grant, code=code).json()
        self.secrets = {"access_token": token["access_token"]}
        return self.secrets

    def read_only(self) -> Mapping[str, str]:
        cannot("snac gives every token all rights")

    def deactivate(self) -> None:
        cannot("snac only deletes an account")

    def expired(self) -> Mapping[str, str]:
        cannot("a token of snac's lasts until it is revoked")

    def use_up_the_rate(self) -> None:
        cannot("snac has no rate limit")

    def _allowed(self, client: str) -> str:
        """Sign in and allow an app; return the code that the page shows."""
        form = {
            "login": self._user,
            "passwd": self._password,
            "redir": OUT_OF_BAND,
            "cid": client,
            "state": "",
        }
        return self._call("POST", "/oauth/x-snac-login", **form).text.strip()

    def _call(self, method: str, path: str, **fields: str) -> requests.Response:
        headers = {"Host": self._host}
        if self.secrets and not path.startswith("/oauth"):
            headers["Authorization"] = f"Bearer {self.secrets['access_token']}"
        answer = requests.request(method, self._base + path, data=fields, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer
