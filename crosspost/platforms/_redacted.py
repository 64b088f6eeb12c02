"""Hides secrets in what an adapter returns: a platform's answer may repeat what it was asked with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from crosspost.log.redaction import Redaction
from crosspost.model import NeverArrived
from crosspost.platforms import CheckResult, Platform


def _redacting(name: str, *, has_text: bool = True) -> Callable[..., Any]:
    """Return a method that calls the adapter's own; `has_text`: hide the secrets in what it returns."""

    def method(self: RedactedPlatform, *args: Any) -> Any:
        result = getattr(self.platform, name)(*args)
        return self.clean(result) if has_text else result

    return method


class RedactedPlatform(Platform):
    """An adapter with the secrets hidden in every text that it returns."""

    def __init__(self, platform: Platform, redaction: Redaction) -> None:
        self.platform = platform
        self._redaction = redaction

    find = _redacting("find")
    send = _redacting("send")
    verify = _redacting("verify")
    fetch = _redacting("fetch")
    delete = _redacting("delete")
    edit = _redacting("edit")

    limits = _redacting("limits", has_text=False)
    find_hiring_thread = _redacting("find_hiring_thread", has_text=False)
    key_lifetime = _redacting("key_lifetime", has_text=False)
    cost = _redacting("cost", has_text=False)
    close = _redacting("close", has_text=False)

    def check(self) -> Sequence[CheckResult]:
        return [self.clean(result) for result in self.platform.check()]

    def clean(self, result: Any) -> Any:
        """Return the same value with the secrets in its texts hidden; a member of an enumeration is no text."""
        values = {field.name: getattr(result, field.name) for field in fields(result)}
        texts = {name: self._redaction.clean(value) for name, value in values.items() if type(value) is str}
        return replace(result, **texts)


class ReadOnlyPlatform(RedactedPlatform):
    """An adapter in shadow mode: it reads, and each write returns NeverArrived without a request."""

    def _refused(self, *_: object) -> NeverArrived:
        return NeverArrived("in shadow mode nothing is written")

    send = delete = edit = _refused
