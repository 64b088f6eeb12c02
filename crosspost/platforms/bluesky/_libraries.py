"""Import atproto's client as `atproto`, without its unused parts, and send its requests with `requests`.

`import atproto` would also load jetstream and subscriptions, 4 MB. What is done below saves 17 MB more, and a third of
the time to load it.
"""

from __future__ import annotations

import sys
from typing import Any

import pydantic
import requests

from crosspost import network
from crosspost.platforms import _http, _network
from crosspost.platforms._attempt import UnclearError
from crosspost.platforms._unused import stub_module

UNUSED = ("atproto_client.client.async_client", "atproto_crypto.did", "atproto_crypto.verify")
"""Modules that atproto's client imports and never calls: an async client, and checks of signatures, which load
cryptography, 7 MB."""


sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its command line brings rich and pygments
for name in UNUSED:
    stub_module(name)
# Of atproto's 657 models a handful is used: each is made ready when it is first used.
pydantic.BaseModel.model_config["defer_build"] = True
try:
    import atproto_client as atproto
finally:
    pydantic.BaseModel.model_config.pop("defer_build", None)

__all__ = ["Request", "atproto"]


class Request(atproto.request.RequestBase):  # type: ignore[misc]  # it has no types
    """A replacement for atproto's httpx class: a session of `requests`, whose transport bounds all requests."""

    def __init__(self, session: _http.TransportSession) -> None:
        super().__init__()
        self._session = session

    def get(self, url: str, **options: Any) -> Any:
        return self._answer("GET", url, **options)

    def post(self, url: str, **options: Any) -> Any:
        return self._answer("POST", url, **options)

    def _answer(self, method: str, url: str, **options: Any) -> Any:
        """Return the answer. Raises HTTPError for a status other than 2xx, UnclearError for one that is no JSON."""
        options["headers"] = self.get_headers(options.get("headers"))
        options["data"] = options.pop("content", None) or options.get("data")
        response = self._session.request(method, url, **options)
        if not 200 <= response.status_code < 300:
            raise requests.HTTPError(response=response)
        if not _network.is_json(response.content):
            raise UnclearError(_network.unreadable_answer("Bluesky", response.status_code, response.content))
        content = network.json_of(response.content)
        return atproto.request.Response(True, response.status_code, content, dict(response.headers))
