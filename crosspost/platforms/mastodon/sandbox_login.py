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
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Logins:
    """The applications and tokens of one instance. `tokens`: each with its scopes."""

    def __init__(self, memory: Memory, given: str) -> None:
        self._memory = memory
        self.tokens = {given: frozenset(SCOPES)}
        self._apps: dict[str, dict[str, Any]] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/api/v1/apps", "auth", self.register),
            Route("GET", "/.well-known/oauth-authorization-server", "auth", self.server),
            Route("GET", "/oauth/authorize", "auth", self.ask),
            Route("POST", "/oauth/authorize", "auth", self.allow),
            Route("POST", "/oauth/token", "auth", self.exchange),
        )

    def register(self, call: Call) -> Answer:
        fields = fields_of(call)
        id_ = token("mastodon-client", self._memory.next_number())
        self._apps[id_] = {
            "secret": token(id_, "secret"),
            "scopes": text_of(fields.get("scopes")) or "read",
            "redirect_uri": text_of(fields.get("redirect_uris")) or OUT_OF_BAND,
            "name": text_of(fields.get("client_name")),
        }
        app = self._apps[id_]
        return Answer(
            200,
            {
                "id": str(len(self._apps)),
                "name": app["name"],
                "website": fields.get("website"),
                "scopes": app["scopes"].split(),
                "redirect_uri": app["redirect_uri"],
                "redirect_uris": [app["redirect_uri"]],
                "client_id": id_,
                "client_secret": app["secret"],
                "client_secret_expires_at": 0,
            },
        )

    def server(self, call: Call) -> Answer:
        return Answer(
            200,
            {
                "issuer": f"{call.base}/",
                "authorization_endpoint": f"{call.base}/oauth/authorize",
                "token_endpoint": f"{call.base}/oauth/token",
                "revocation_endpoint": f"{call.base}/oauth/revoke",
                "scopes_supported": ["read", "write", *SCOPES],
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "code_challenge_methods_supported": ["S256"],
            },
        )

    def ask(self, call: Call) -> Answer:
        app = self._apps.get(call.query.get("client_id", ""))
        if app is None:
            return Answer(401, "<h1>Client authentication failed</h1>")
        return consent_page(
            "Mastodon", f"{app['name']} asks for: {call.query.get('scope', app['scopes'])}", call
        )

    def allow(self, call: Call) -> Answer:
        client_id = call.form.get("client_id", "")
        if client_id not in self._apps:
            return Answer(401, "<h1>Client authentication failed</h1>")
        code = token("mastodon-code", self._memory.next_number())
        self._codes[code] = {"client_id": client_id, "scope": call.form.get("scope", "read")}
        redirect = call.form.get("redirect_uri", OUT_OF_BAND)
        if redirect == OUT_OF_BAND:
            return code_page("Mastodon", code)
        return Answer(302, None, {"Location": f"{redirect}?code={code}&state={call.form.get('state', '')}"})

    def exchange(self, call: Call) -> Answer:
        fields = fields_of(call)
        app = self._apps.get(text_of(fields.get("client_id")))
        if app is None or app["secret"] != fields.get("client_secret"):
            return Answer(
                401, {"error": "invalid_client", "error_description": "Client authentication failed"}
            )
        grant = self._codes.pop(text_of(fields.get("code")), None)
        if grant is None or grant["client_id"] != fields.get("client_id"):
            return Answer(
                400, {"error": "invalid_grant", "error_description": "The authorization is invalid"}
            )
        issued = token("mastodon-token", self._memory.next_number())
        self.tokens[issued] = frozenset(grant["scope"].split())
        created = int(self._memory.clock().timestamp())
        return Answer(
            200,
            {"access_token": issued, "token_type": "Bearer", "scope": grant["scope"], "created_at": created},
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
