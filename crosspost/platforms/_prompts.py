"""Ask a maintainer and show them what to do. Passed in, so that a test can answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crosspost.config.secrets import Secret, SecretError


@dataclass(frozen=True, slots=True)
class Prompts:
    """The four ways to talk."""

    show: Callable[[str], None]
    ask: Callable[[str], str]
    """A question whose answer may be seen; the answer is stripped."""
    ask_secret: Callable[[str], str]
    """A question whose answer must not be seen."""
    confirm: Callable[[str], bool]
    """A question for yes or no; no is what Enter means."""

    def have_or_ask(self, secret: Secret | None, what: str) -> str:
        """Return the value if it is already where its name says, else the maintainer's answer."""
        try:
            if secret is not None:
                value = secret.reveal()
                self.show(f"Using the {what} that is there: {secret}")
                return value
        except SecretError:
            pass
        return self.ask_secret(what)


def at_the_terminal() -> Prompts:
    """Return the maintainer at the terminal this program was started from."""
    import click

    return Prompts(
        show=click.echo,
        ask=lambda question: str(click.prompt(question, type=str)).strip(),
        ask_secret=lambda question: str(click.prompt(question, type=str, hide_input=True)).strip(),
        confirm=lambda question: click.confirm(question, default=False),
    )
