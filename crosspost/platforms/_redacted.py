"""Hide secrets in what an adapter returns: a platform's answer may repeat parts of the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from crosspost.log.redaction import Redaction
from crosspost.model import NeverArrived
from crosspost.platforms import Platform


def _redacting(name: str) -> Callable[..., Any]:
    """Return a method that calls the adapter's own and hides the secrets in what it returns."""

    def method(self: RedactedPlatform, *args: Any) -> Any:
        return self.clean(getattr(self.platform, name)(*args))

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
    check = _redacting("check")
    limits = _redacting("limits")
    find_hiring_thread = _redacting("find_hiring_thread")
    key_lifetime = _redacting("key_lifetime")
    take_cost = _redacting("take_cost")
    close = _redacting("close")

    def clean(self, result: Any) -> Any:
        """Return the same value with the secrets in its texts hidden; a member of an enumeration is no text."""
        if isinstance(result, list | tuple):
            return [self.clean(each) for each in result]
        if not is_dataclass(result) or isinstance(result, type):
            return result
        values = {field.name: getattr(result, field.name) for field in fields(result)}
        texts = {name: self._redaction.clean(value) for name, value in values.items() if type(value) is str}
        return replace(result, **texts)


class ReadOnlyPlatform(RedactedPlatform):
    """An adapter in shadow mode: it reads, and each write returns NeverArrived without a request."""

    def _refused(self, *_: object) -> NeverArrived:
        return NeverArrived("in shadow mode nothing is written")

    send = delete = edit = _refused
