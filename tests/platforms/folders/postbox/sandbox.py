"""The postbox's stand-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from crosspost.pages.brand import Brand
from crosspost.sandbox.base import StandIn, first_address, text_of
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

from .form import BRAND


class Postbox(StandIn):
    name: ClassVar[str] = "postbox"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = "me"
    credentials: ClassVar[Mapping[str, str]] = {"token": "sandbox-postbox-token"}

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/posts", "write", self._post, "post"),
            Route("GET", "/posts", "read", self._list, ""),
            Route("GET", "/posts/{id}", "read", self._fetch, ""),
            Route("DELETE", "/posts/{id}", "write", self._delete, ""),
            Route("GET", "/me", "read", self._me, ""),
        )

    def authorize(self, call: Call, permission: str) -> None:
        if call.authorization() != self.credentials["token"] or permission in self.revoked:
            raise RefusedError(self.failure(401))

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": f"status {status}"})

    def new_id(self, at: datetime) -> str:
        return f"by-hand-{self.state.next_number()}"

    def make_payload(self, *, text: str, title: str, link: str, at: datetime) -> Mapping[str, Any]:
        return {"text": f"{title} {text} {link}"}

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        base = payload.get("base", "http://127.0.0.1")
        return {"url": f"{base}/posts/{id_}", "text": payload["text"], "link": first_address(payload["text"])}

    def _post(self, call: Call) -> Answer:
        key, text = text_of(call.fields.get("key")), text_of(call.fields.get("text"))
        if not key or not 0 < len(text) <= 400:
            return self.failure(422)
        post = self.get(key) or self.add_post(
            {"text": text, "base": call.base}, "me", self.state.clock(), id_=key
        )
        return Answer(200, self._shape(post))

    def _list(self, call: Call) -> Answer:
        """What is listed, and what has the key that is asked for, which does not lag."""
        listed, own = self.listing(), self.get(call.query.get("key", ""))
        return Answer(200, [self._shape(post) for post in ([own] if own else listed)])

    def _fetch(self, call: Call) -> Answer:
        post = self.get(call.parts["id"])
        return Answer(200, self._shape(post)) if post else self.failure(404)

    def _delete(self, call: Call) -> Answer:
        post = self.get(call.parts["id"])
        if post is None:
            return self.failure(404)
        self.remove(post.id)
        return Answer(200, {})

    def _me(self, _: Call) -> Answer:
        return Answer(200, {"name": "me"})

    def _shape(self, post: SandboxPost) -> dict[str, Any]:
        return {"id": post.id, "url": post.url, "text": post.text, "by": post.by}


STAND_IN = Postbox
