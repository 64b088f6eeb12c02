"""Answer the push webhook: a call with the right secret means "poll the sources now", whatever its body says.

GitHub, Forgejo and Gitea sign the body; the last two also send GitHub's header, and all of theirs are empty where the
webhook has no secret. GitLab sends the secret itself. Facts:

    docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    github.com/go-gitea/gitea: services/webhook/deliver.go (a form is not signed as it is sent)
    docs.gitlab.com/user/project/integrations/webhooks: delivery headers            (all read 2026-11)
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable
from enum import Enum

from aiohttp import web

from crosspost.config.secrets import Secret
from crosspost.log import event

log = logging.getLogger(__name__)

LARGEST_BODY = 1_000_000
"""Bytes. A forge's push may be larger (25 MB); the sources are then polled by their timers."""

REPEATED = 60.0
"""Seconds within which the same body is answered and ignored: who has seen one call could repeat it."""

REPORT_EVERY = 3600.0
"""Seconds between two lines in the log on the same refusal."""

SIGNATURES = {"X-Hub-Signature-256": "sha256=", "X-Forgejo-Signature": "", "X-Gitea-Signature": ""}
"""The headers with the body's HMAC-SHA256 in hexadecimal, and the prefix before it."""

GITLAB = "X-Gitlab-Token"
"""The header with the secret itself."""


class PushResult(Enum):
    """The result of a call: the status and the sentence of its answer."""

    ACCEPTED = 202, "Polling now."
    REPEATED = 202, "Polled already."
    UNSIGNED = (
        403,
        "The call has no signature: give the webhook the secret of [web] webhook_secret on the forge, "
        f"and let the proxy pass on {', '.join(SIGNATURES)} or {GITLAB}.",
    )
    WRONG = (
        403,
        "The webhook's secret on the forge is not the one of [web] webhook_secret, or the body was changed on its "
        "way (on Forgejo and Gitea choose the content type application/json).",
    )
    TOO_LARGE = 413, f"The body is larger than {LARGEST_BODY:,} bytes and was not read."


class PushHook:
    """The handler of `POST /hooks/push`. `poll_now` is called on the server's thread."""

    def __init__(self, secret: Secret, poll_now: Callable[[], None]) -> None:
        self._secret = secret
        self._poll_now = poll_now
        self._accepted: dict[bytes, float] = {}
        self._reported: dict[PushResult, float] = {}
        self.counts: dict[str, int] = {each.name.lower(): 0 for each in PushResult}
        """Calls by outcome, since the start of the process."""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one call. Raises SecretError when the secret cannot be read."""
        now = asyncio.get_running_loop().time()
        outcome = await self._verify(request, now)
        self.counts[outcome.name.lower()] += 1
        status, sentence = outcome.value
        if outcome is PushResult.ACCEPTED:
            self._poll_now()
        elif status >= 400 and now - self._reported.get(outcome, -REPORT_EVERY) >= REPORT_EVERY:
            self._reported[outcome] = now
            event(log, "push refused", level=logging.WARNING, why=sentence)
        return web.Response(status=status, text=f"{sentence}\n")

    async def _verify(self, request: web.Request, now: float) -> PushResult:
        proofs = {name: request.headers.get(name, "") for name in (*SIGNATURES, GITLAB)}
        proofs = {name: value for name, value in proofs.items() if value not in ("", SIGNATURES.get(name))}
        if not proofs:
            return PushResult.UNSIGNED
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return PushResult.TOO_LARGE
        secret = self._secret.reveal()
        if not is_genuine(proofs, body, secret):
            return PushResult.WRONG
        self._accepted = {each: at for each, at in self._accepted.items() if now - at < REPEATED}
        digest = hashlib.sha256(body).digest()
        if digest in self._accepted:
            return PushResult.REPEATED
        self._accepted[digest] = now
        return PushResult.ACCEPTED


def is_genuine(proofs: dict[str, str], body: bytes, secret: str) -> bool:
    """Return whether one of these headers proves that the sender has the secret. Compares all in constant time."""
    code = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    expected = {**{name: prefix + code for name, prefix in SIGNATURES.items()}, GITLAB: secret}
    matches = [
        hmac.compare_digest(expected[name].encode(), value.encode("utf-8", "surrogateescape"))
        for name, value in proofs.items()
    ]
    return any(matches)
