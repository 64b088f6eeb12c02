"""`crosspost login ACCOUNT`: get a token, try it, and store it where the configuration says.

A platform's folder may have a module `login` with a function `obtain`. For a platform without one the
maintainer is asked for what its `Settings` require: enough where a token is made on a page and copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from crosspost import platforms
from crosspost.config.schema import AccountConfig, Config
from crosspost.config.secrets import Secret, SecretError
from crosspost.errors import CrosspostError, UsageError
from crosspost.log.redaction import Redaction
from crosspost.model import Clock, utcnow
from crosspost.platforms import Level
from crosspost.platforms._prompts import Prompts, at_the_terminal
from crosspost.platforms._redacted import Redacted
from crosspost.platforms._secret_files import SecretFiles


@dataclass(frozen=True, slots=True, repr=False)
class Fresh(Secret):
    """A secret that was just obtained and is not yet where its name says."""

    value: str = ""

    def reveal(self) -> str:
        return self.value


def login(
    config: Config,
    account: str,
    prompts: Prompts | None = None,
    *,
    secret_files: SecretFiles | None = None,
    clock: Clock = utcnow,
    redaction: Redaction | None = None,
) -> None:
    """Obtain an account's secrets, try them, and store them where the configuration names them.

    Nothing is stored unless the platform took them or the maintainer wants it anyway. Raises UsageError
    when the configuration does not say where they go, CrosspostError when the platform refuses. What is asked for and
    obtained becomes known to `redaction`: a platform may repeat it when it refuses.
    """
    redaction = redaction or Redaction()
    prompts = _noting(prompts or at_the_terminal(), redaction)
    chosen = config.account(account)
    _has_places(chosen)
    obtained = _obtained(chosen, prompts)
    redaction.know(obtained.values())
    results = _tried(chosen, obtained, clock, redaction)
    _agree_on(results, chosen, prompts)
    for option, value in obtained.items():
        secret: Secret = getattr(chosen.settings, option)
        if _is_there(secret, value):
            prompts.show(f"{option} is there already: {secret}")
        else:
            (secret_files or SecretFiles()).keep(secret, value, prompts)
    prompts.show(f"Done. To check everything once more: crosspost check (account {account})")


def _noting(prompts: Prompts, redaction: Redaction) -> Prompts:
    """Return the same prompts; every answer is a secret from then on."""

    def noted(ask: Callable[[str], str]) -> Callable[[str], str]:
        def asked(question: str) -> str:
            answer = ask(question)
            redaction.know([answer])
            return answer

        return asked

    return replace(prompts, ask=noted(prompts.ask), ask_secret=noted(prompts.ask_secret))


def _has_places(account: AccountConfig) -> None:
    """Raise UsageError unless the configuration says where each secret goes."""
    missing = [
        f'{option} = {{ file = "{account.name}-{option.replace("_", "-")}" }}'
        for option in _secret_options(account)
        if getattr(account.settings, option) is None
    ]
    if missing:
        raise UsageError(
            f"[accounts.{account.name}] does not say where to keep its secrets; "
            f"add, for example: {'; '.join(missing)}"
        )


def _secret_options(account: AccountConfig) -> tuple[str, ...]:
    """Return the options of an account that are secrets, by their declared type."""
    declared = type(account.settings).__annotations__
    return tuple(option for option in account.settings.required if "Secret" in str(declared.get(option)))


def _obtained(account: AccountConfig, prompts: Prompts) -> Mapping[str, str]:
    module = platforms.part(account.platform, "login")
    if module is not None:
        given: Mapping[str, str] = module.obtain(account.settings, prompts)
        return given
    return {option: prompts.ask_secret(option.replace("_", " ")) for option in _secret_options(account)}


def _is_there(secret: Secret, value: str) -> bool:
    try:
        return secret.reveal() == value
    except SecretError:
        return False


def _tried(
    account: AccountConfig, obtained: Mapping[str, str], clock: Clock, redaction: Redaction
) -> Sequence[platforms.CheckResult]:
    """Connect with the new secrets and return what `check` says."""
    fresh: dict[str, Any] = {
        option: Fresh(secret.kind, secret.name, value)
        for option, value in obtained.items()
        for secret in [getattr(account.settings, option)]
    }
    try:
        connected = Redacted(replace(account.settings, **fresh).connect(clock, redaction.hide), redaction)
    except SecretError as error:
        raise CrosspostError(f"{account.name} cannot be tried: {error}") from error
    with closing(connected):
        return connected.check()


def _agree_on(results: Sequence[platforms.CheckResult], account: AccountConfig, prompts: Prompts) -> None:
    """Show what the platform said. Raises CrosspostError when a check failed and the maintainer does not go on."""
    for result in results:
        prompts.show(f"  {result.level:4} {result.what}: {result.sentence}")
    if any(result.level is Level.FAIL for result in results) and not prompts.confirm(
        "A check failed. Store it anyway?"
    ):
        raise CrosspostError(
            f"nothing was stored for {account.name}; fix what is marked FAIL and run this again"
        )
