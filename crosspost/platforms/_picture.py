"""A picture never keeps an announcement back: where it cannot go along, the post goes without it, and says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from crosspost.model import Cause, Image, Outcome, Rejected, Sent
from crosspost.platforms import Attempt
from crosspost.platforms._attempt import Judge

_T = TypeVar("_T")

SHARE = 1 / 3
"""The part of an attempt's time that an upload may take; the rest is the post's."""


class NotReadyError(RuntimeError):
    """The platform is still at work on the picture, longer than an announcement waits for it."""


def uploaded_in_time(
    transport: Any, attempt: Attempt, upload: Callable[[Image], _T], judge: Judge
) -> tuple[_T | None, str]:
    """Return what `upload` returned in its share of the time, or None and a note that says why there is no picture.

    Publishes nothing.
    """
    image = attempt.image
    if image is None:
        return None, ""
    try:
        with transport.reading(attempt.timeout * SHARE):
            return upload(image), ""
    except NotReadyError as error:
        return None, _note(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it was, the announcement is worth more than its picture
        try:
            reason = getattr(judge(error), "reason", "")
        except Exception:  # noqa: BLE001 - an answer so odd that even judging it fails
            reason = ""
        return None, _note(reason or type(error).__name__)


def sent_with_or_without(attempt: Attempt, send: Callable[[Attempt], Outcome]) -> Outcome:
    """Make one attempt. When the platform refuses the post with its picture, make one more without it.

    A refusal says that nothing was made, so this repeats no post. Both requests pass `before_write`.
    """
    began = time.monotonic()
    outcome = send(attempt)
    if attempt.image is None or not isinstance(outcome, Rejected) or outcome.fault is Cause.CREDIT:
        return outcome
    left = max(attempt.timeout - (time.monotonic() - began), 1.0)
    return noted(send(replace(attempt, image=None, timeout=left)), _note(outcome.reason))


def noted(outcome: Outcome, note: str) -> Outcome:
    """Return the outcome, with a note beside what it says already if the post is there."""
    if not note or not isinstance(outcome, Sent):
        return outcome
    return replace(outcome, note="; ".join(part for part in (outcome.note, note) if part))


def _note(reason: str) -> str:
    return f"sent without its picture: {reason}"
