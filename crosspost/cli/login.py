"""Carry out `login`: get a token, try it, and store it where the configuration says.

A platform's folder may have a module `login` with a function `obtain`. Without one the maintainer is asked for the
secrets that its `Settings` require: enough where a token is made on a page and copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from crosspost import platforms
from crosspost.config.schema import AccountConfig, Config
from crosspost.config.secrets import Secret, SecretError, is_secret
from crosspost.errors import CrosspostError, UsageError
from crosspost.log.redaction import Redaction
from crosspost.model import utcnow
from crosspost.platforms import Level
from crosspost.platforms._login import Prompts, SecretFiles, terminal_prompts
from crosspost.platforms._redacted import RedactedPlatform


@dataclass(frozen=True, slots=True, repr=False)
class ObtainedSecret(Secret):
    """A secret that is not stored yet."""

    value: str = ""

    def reveal(self) -> str:
        return self.value


def login(
    config: Config, account: str, prompts: Prompts | None = None, *, redaction: Redaction | None = None
) -> None:
    """Obtain an account's secrets, try them, and store them where the configuration names them.

    They are stored when the platform accepts them, or the maintainer says so. Raises UsageError when the configuration
    does not say where they go, CrosspostError when the platform refuses. `redaction` learns them: a platform may repeat
    what it refuses.
    """
    redaction = redaction or Redaction()
    prompts = _hide_answers(prompts or terminal_prompts(), redaction)
    chosen = config.account(account)
    options = _secret_options(chosen)
    module = platforms.part(chosen.platform, "login")
    obtained: Mapping[str, str] = (
        module.obtain(chosen.settings, prompts)
        if module is not None
        else {option: prompts.ask_secret(option.replace("_", " ")) for option in options}
    )
    redaction.add_secrets(obtained.values())
    results = _check_secrets(chosen, obtained, redaction)
    for result in results:
        prompts.show(f"  {result.level:4} {result.what}: {result.sentence}")
    failed = any(result.level is Level.FAIL for result in results)
    if failed and not prompts.confirm("A check failed. Store it anyway?"):
        raise CrosspostError(f"nothing was stored for {account}; fix what is marked FAIL and run this again")
    for option, value in obtained.items():
        secret: Secret = getattr(chosen.settings, option)
        with suppress(SecretError):
            if secret.reveal() == value:
                prompts.show(f"{option} is there already: {secret}")
                continue
        SecretFiles().keep(secret, value, prompts)
    prompts.show(f"Done. To check everything once more: crosspost check (account {account})")


def _hide_answers(prompts: Prompts, redaction: Redaction) -> Prompts:
    """Return the same prompts; each answer is added to the redaction."""

    def hide(ask: Callable[[str], str], question: str) -> str:
        answer = ask(question)
        redaction.add_secrets([answer])
        return answer

    return replace(prompts, ask=partial(hide, prompts.ask), ask_secret=partial(hide, prompts.ask_secret))


def _secret_options(account: AccountConfig) -> Sequence[str]:
    """Return the required options of an account that are secrets.

    Raises UsageError unless the configuration says where each goes.
    """
    options = [option for option in account.settings.required if is_secret(account.settings, option)]
    missing = [
        f'{option} = {{ file = "{account.name}-{option.replace("_", "-")}" }}'
        for option in options
        if getattr(account.settings, option) is None
    ]
    if missing:
        raise UsageError(
            f"[accounts.{account.name}] does not say where to keep its secrets; "
            f"add, for example: {'; '.join(missing)}"
        )
    return options


def _check_secrets(
    account: AccountConfig, obtained: Mapping[str, str], redaction: Redaction
) -> Sequence[platforms.CheckResult]:
    """Connect with the new secrets and return what `check` says."""
    obtained_secrets: dict[str, Any] = {
        option: ObtainedSecret(secret.kind, secret.name, value)
        for option, value in obtained.items()
        for secret in [getattr(account.settings, option)]
    }
    try:
        settings = replace(account.settings, **obtained_secrets)
        connected = RedactedPlatform(settings.connect(utcnow, redaction.add_token), redaction)
    except SecretError as error:
        raise CrosspostError(f"{account.name} cannot be tried: {error}") from error
    with closing(connected):
        results: Sequence[platforms.CheckResult] = connected.check()
        return results
