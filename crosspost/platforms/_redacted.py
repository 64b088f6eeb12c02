"""A connected account whose words hold no secret: what a platform answers may repeat what it was asked with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from crosspost.log.redaction import Redaction
from crosspost.model import NeverArrived
from crosspost.platforms import CheckResult, Platform


def _redacting(name: str, *, in_words: bool = True) -> Callable[..., Any]:
    """Return a method that calls the adapter's own, and cleans what that says `in_words`."""

    def method(self: RedactedPlatform, *args: Any) -> Any:
        said = getattr(self.platform, name)(*args)
        return self.clean(said) if in_words else said

    return method


class RedactedPlatform(Platform):
    """Any adapter, with the secrets hidden in everything that it says."""

    def __init__(self, platform: Platform, redaction: Redaction) -> None:
        self.platform = platform
        self._redaction = redaction

    find = _redacting("find")
    send = _redacting("send")
    verify = _redacting("verify")
    fetch = _redacting("fetch")
    delete = _redacting("delete")
    edit = _redacting("edit")

    limits = _redacting("limits", in_words=False)
    find_hiring_thread = _redacting("find_hiring_thread", in_words=False)
    key_lifetime = _redacting("key_lifetime", in_words=False)
    cost = _redacting("cost", in_words=False)
    close = _redacting("close", in_words=False)

    def check(self) -> Sequence[CheckResult]:
        return [self.clean(result) for result in self.platform.check()]

    def clean(self, said: Any) -> Any:
        """Return the same value with its texts cleaned; an enumeration's member is none."""
        values = {field.name: getattr(said, field.name) for field in fields(said)}
        texts = {name: self._redaction.clean(value) for name, value in values.items() if type(value) is str}
        return replace(said, **texts) if texts else said


class ReadOnlyPlatform(RedactedPlatform):
    """The account in shadow mode: reads pass, and every write answers that it never arrived."""

    def _refused(self, *_: object) -> NeverArrived:
        return NeverArrived("in shadow mode nothing is written")

    send = delete = edit = _refused
