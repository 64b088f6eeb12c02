"""How an application gets a token from a Mastodon instance: it registers, a person allows it, a code becomes a token.

docs.joinmastodon.org/methods/oauth (2026-07)
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from crosspost.sandbox.base import code_page, consent_page, text_of, token
from crosspost.sandbox.exchange import Answer, Call, Route
from crosspost.sandbox.memory import Memory

SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
ENDPOINTS = {"authorization": "authorize", "token": "token"}
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Logins:
    """The applications and tokens of one instance. `tokens`: each with its scopes."""

    def __init__(self, memory: Memory, given: str) -> None:
        self._memory = memory
        self.tokens = {given: frozenset(SCOPES)}
        self._apps: dict[str, str] = {}
        """The client's id → its secret."""
        self._codes: dict[str, tuple[str, str]] = {}
        """The code → the client's id, and the scopes that were allowed."""

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/api/v1/apps", "auth", self._register),
            Route("GET", "/.well-known/oauth-authorization-server", "auth", self._server),
            Route("GET", "/oauth/authorize", "auth", self._ask),
            Route("POST", "/oauth/authorize", "auth", self._allow),
            Route("POST", "/oauth/token", "auth", self._exchange),
        )

    def _register(self, call: Call) -> Answer:
        id_ = token("mastodon-client", self._memory.next_number())
        self._apps[id_] = token(id_, "secret")
        name = text_of(fields_of(call).get("client_name"))
        app = {"id": str(len(self._apps)), "name": name, "redirect_uri": OUT_OF_BAND}
        return Answer(200, {**app, "client_id": id_, "client_secret": self._apps[id_]})

    def _server(self, call: Call) -> Answer:
        endpoints = {f"{what}_endpoint": f"{call.base}/oauth/{path}" for what, path in ENDPOINTS.items()}
        return Answer(
            200, {"issuer": f"{call.base}/", **endpoints, "grant_types_supported": ["authorization_code"]}
        )

    def _ask(self, call: Call) -> Answer:
        if call.query.get("client_id") not in self._apps:
            return Answer(401, "<h1>Client authentication failed</h1>")
        return consent_page("Mastodon", f"An application asks for: {call.query.get('scope', 'read')}", call)

    def _allow(self, call: Call) -> Answer:
        client_id = call.form.get("client_id", "")
        if client_id not in self._apps:
            return Answer(401, "<h1>Client authentication failed</h1>")
        code = token("mastodon-code", self._memory.next_number())
        self._codes[code] = (client_id, call.form.get("scope", "read"))
        return code_page("Mastodon", code)

    def _exchange(self, call: Call) -> Answer:
        fields = fields_of(call)
        client_id = text_of(fields.get("client_id"))
        if client_id not in self._apps or self._apps[client_id] != fields.get("client_secret"):
            return Answer(
                401, {"error": "invalid_client", "error_description": "Client authentication failed"}
            )
        allowed, scope = self._codes.pop(text_of(fields.get("code")), ("", ""))
        if allowed != client_id:
            return Answer(
                400, {"error": "invalid_grant", "error_description": "The authorization is invalid"}
            )
        issued = token("mastodon-token", self._memory.next_number())
        self.tokens[issued] = frozenset(scope.split())
        created = int(self._memory.clock().timestamp())
        return Answer(
            200, {"access_token": issued, "token_type": "Bearer", "scope": scope, "created_at": created}
        )


def fields_of(call: Call) -> dict[str, Any]:
    """Return the fields, a form's `media_ids[]` gathered into a list."""
    if call.fields is not call.form:
        return dict(call.fields)
    fields: dict[str, Any] = {name: value for name, value in call.form.items() if not name.endswith("[]")}
    for name, value in parse_qsl(call.body.decode(errors="replace")):
        if name.endswith("[]"):
            fields.setdefault(name[:-2], []).append(value)
    return fields
