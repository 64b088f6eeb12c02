"""The sandbox's own port: the page that people look at, and the Python API's handles for other processes.

GET    /                                the posts, as each platform would show them
GET    /_sandbox/count                  how many posts and requests: the page asks whether to reload
GET    /_sandbox/addresses              addresses and credentials
GET    /_sandbox/posts[?platform=x]     what was posted
GET    /_sandbox/requests[?platform=x]  every request that arrived
POST   /_sandbox/posts                  a post made by hand: {"platform", "text", "title", "link", "by", "at"}
DELETE /_sandbox/posts/{platform}/{id}  its author deletes it
POST   /_sandbox/faults                 {"platform", "fault", …}: the arguments of Sandbox.fail
DELETE /_sandbox/faults[?platform=x]    no fault waits any more
POST   /_sandbox/chaos                  {"seed", "rate", "platforms", "seconds", "faults"}
POST   /_sandbox/hide                   {"platform", "seconds", "looks"}
POST   /_sandbox/permissions            {"platform", "revoke" or "grant": name}
POST   /_sandbox/expire                 {"platform"}
POST   /_sandbox/server                 {"platform", "server"}: be like another server of its protocol ("gotosocial")
PUT    /_sandbox/pages/{path}           the body becomes a page of the newsletter's site (?status=200)
POST   /_sandbox/clear                  forget everything
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from crosspost.sandbox.base import StandIn
from crosspost.sandbox.exchange import Answer, Call, Route
from crosspost.sandbox.memory import Memory
from crosspost.sandbox.values import Fault, SandboxPost, SandboxRequest


class Page(StandIn):
    """The page and the control routes; not a platform."""

    name: ClassVar[str] = "page"

    def __init__(self, memory: Memory, sandbox: Any) -> None:
        """sandbox: the `Sandbox`, which imports this module and checks what it is asked for."""
        super().__init__(memory)
        self._sandbox = sandbox

    def routes(self) -> Sequence[Route]:
        def route(method: str, pattern: str, handle: Callable[[Call], Answer | None]) -> Route:
            return Route(method, pattern, "other", _understood(handle))

        sandbox, memory = self._sandbox, self.memory
        return (
            route("GET", "/", self._show),
            route("GET", "/_sandbox/count", self._count),
            route("GET", "/_sandbox/addresses", self._addresses),
            route("GET", "/_sandbox/posts", lambda call: _listed(memory.posts, call)),
            route("POST", "/_sandbox/posts", self._seed),
            route("DELETE", "/_sandbox/posts/{platform}/{id}", self._remove),
            route("GET", "/_sandbox/requests", lambda call: _listed(memory.requests, call)),
            route("POST", "/_sandbox/faults", self._fail),
            route(
                "DELETE", "/_sandbox/faults", lambda call: sandbox.clear_faults(call.query.get("platform"))
            ),
            route("POST", "/_sandbox/chaos", self._chaos),
            route("POST", "/_sandbox/hide", lambda call: sandbox.hide(**call.fields)),
            route("POST", "/_sandbox/permissions", self._permissions),
            route("POST", "/_sandbox/expire", lambda call: sandbox.expire(call.fields["platform"])),
            route("POST", "/_sandbox/server", self._speak_as),
            route("POST", "/_sandbox/clear", lambda _: sandbox.clear()),
            route("PUT", "/_sandbox/pages/{path:.*}", self._publish),
        )

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": f"{status}: the handles are listed in crosspost/sandbox/control.py"})

    def headers(self) -> Mapping[str, str]:
        return {"Cache-Control": "no-store"}

    # ── looking ──

    def _show(self, call: Call) -> Answer:  # noqa: ARG002 - a handler's form
        from crosspost.sandbox.page import page

        sandbox, memory = self._sandbox, self.memory
        return Answer(200, page(memory.posts(), memory.requests(), sandbox.addresses, sandbox.platforms))

    def _count(self, call: Call) -> Answer:  # noqa: ARG002 - a handler's form
        return Answer(200, {"posts": len(self.memory.posts()), "requests": len(self.memory.requests())})

    def _addresses(self, call: Call) -> Answer:  # noqa: ARG002 - a handler's form
        return Answer(200, {"addresses": self._sandbox.addresses, "credentials": self._sandbox.credentials})

    # ── ordering ──

    def _seed(self, call: Call) -> Answer:
        given = dict(call.fields)
        if "at" in given:
            given["at"] = datetime.fromisoformat(given["at"])
        return Answer(201, _as_json(self._sandbox.seed_post(given.pop("platform"), **given)))

    def _remove(self, call: Call) -> None:
        self._sandbox.remove_post(call.parts["platform"], call.parts["id"])

    def _fail(self, call: Call) -> None:
        given = dict(call.fields)
        self._sandbox.fail(given.pop("platform"), Fault(given.pop("fault")), **given)

    def _chaos(self, call: Call) -> None:
        given = dict(call.fields)
        if "faults" in given:
            given["faults"] = [Fault(name) for name in given["faults"]]
        self._sandbox.chaos(given.pop("seed"), given.pop("rate"), **given)

    def _permissions(self, call: Call) -> None:
        given = dict(call.fields)
        if "revoke" in given:
            self._sandbox.revoke(given["platform"], given["revoke"])
        else:
            self._sandbox.grant(given["platform"], given["grant"])

    def _speak_as(self, call: Call) -> None:
        self._sandbox.speak_as(call.fields["platform"], call.fields["server"])

    def _publish(self, call: Call) -> None:
        status = int(call.query.get("status", "200"))
        self._sandbox.publish_page(call.parts["path"], call.body.decode(), status)


def _understood(handle: Callable[[Call], Answer | None]) -> Callable[[Call], Answer]:
    """Answer what a person typed wrong with a sentence; an order that was carried out with 204."""

    def handled(call: Call) -> Answer:
        try:
            return handle(call) or Answer(204)
        except KeyError as missing:
            return Answer(400, {"error": f"{missing} is missing"})
        except (TypeError, ValueError) as wrong:
            return Answer(400, {"error": str(wrong)})

    return handled


def _listed(kept: Callable[[str | None], Sequence[SandboxPost | SandboxRequest]], call: Call) -> Answer:
    return Answer(200, [_as_json(each) for each in kept(call.query.get("platform"))])


def _as_json(value: SandboxPost | SandboxRequest) -> dict[str, Any]:
    """Return a value as JSON takes it; a picture with its size in place of its bytes."""
    plain = {**asdict(value), "at": value.at.isoformat()}
    if plain.get("picture"):
        plain["picture"] = {**plain["picture"], "data": len(plain["picture"]["data"])}
    return plain
