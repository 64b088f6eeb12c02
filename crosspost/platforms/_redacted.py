"""A connected account whose words hold no secret: what a platform answers may repeat what it was asked with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from crosspost.log.redaction import Redaction
from crosspost.model import NeverArrived
from crosspost.platforms import CheckResult, Platform


def _calls(name: str, *, in_words: bool = True) -> Callable[..., Any]:
    """Return a method that calls the adapter's own, and cleans what that says `in_words`."""

    def method(self: Redacted, *args: Any) -> Any:
        said = getattr(self.platform, name)(*args)
        return self.clean(said) if in_words else said

    return method


class Redacted(Platform):
    """Any adapter, with the secrets hidden in everything that it says."""

    def __init__(self, platform: Platform, redaction: Redaction) -> None:
        self.platform = platform
        self._redaction = redaction

    find = _calls("find")
    send = _calls("send")
    verify = _calls("verify")
    fetch = _calls("fetch")
    delete = _calls("delete")
    edit = _calls("edit")

    limits = _calls("limits", in_words=False)
    hiring_thread = _calls("hiring_thread", in_words=False)
    key_lifetime = _calls("key_lifetime", in_words=False)
    cost = _calls("cost", in_words=False)
    close = _calls("close", in_words=False)

    def check(self) -> Sequence[CheckResult]:
        return [self.clean(result) for result in self.platform.check()]

    def clean(self, said: Any) -> Any:
        """Return the same value with its texts cleaned; an enumeration's member is none."""
        values = {field.name: getattr(said, field.name) for field in fields(said)}
        texts = {name: self._redaction.clean(value) for name, value in values.items() if type(value) is str}
        return replace(said, **texts) if texts else said


class ReadOnly(Redacted):
    """The account in shadow mode: reads pass, and every write answers that it never arrived."""

    def _refused(self, *_: object) -> NeverArrived:
        return NeverArrived("in shadow mode nothing is written")

    send = delete = edit = _refused
