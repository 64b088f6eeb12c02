"""A post that an editor is to make by hand: one value for the page, the alerts, the log and the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from crosspost.delivery.account import Account
from crosspost.model import Post


@dataclass(frozen=True, slots=True)
class ManualPost:
    """A post that an editor is to make by hand. Each text can be pasted as it is."""

    number: int
    account: str
    platform: str
    title: str
    """The post's own title; empty where the platform has none."""
    address: str
    """The address that a link post links to; empty for any other post."""
    text: str
    """The text to paste; empty for a post of title and address alone."""
    link: str | None
    """The platform's page to compose the post on, filled in; None: it has none."""

    @property
    def filled_in(self) -> str:
        """Return the name of what the link fills in; empty without a link."""
        if self.link is None:
            return ""
        return "title and address" if self.title else "the text"

    @property
    def to_do(self) -> str:
        """Return the sentence that tells the editor what to do with the text."""
        if not self.text:
            return "Nothing has to be pasted."
        if self.title:
            return (
                "Paste the text below it; where the form has no place for one, add it as the first comment."
            )
        if self.link:
            return "Nothing has to be pasted; if the form comes up empty, paste the text."
        return "Paste the text."

    @property
    def record(self) -> str:
        """Return the command that records the post's address."""
        return f"crosspost record {self.number} {self.account} URL"

    @property
    def raw(self) -> str:
        """Return the command that prints the text and nothing else."""
        return f"crosspost preview {self.number} --to {self.account} --raw"

    def __str__(self) -> str:
        """Return the instructions, then the text between two marks: for a message or a terminal."""
        todo = f"{self.account}: to be posted by hand"
        if self.link:
            todo += f": {self.link}\nThe link fills in {self.filled_in}. {self.to_do}"
        else:
            todo += f". {self.to_do}"
        text = f"\n\n── begin of the text ──\n{self.text}\n── end of the text ──" if self.text else ""
        return f"{todo}\nThen: {self.record}{text}"


def manual_post(account: Account, post: Post) -> ManualPost:
    """Return what the editor of an account needs to make this post."""
    from crosspost.compose.post_text import pasteable_body

    return ManualPost(
        number=post.number,
        account=account.name,
        platform=account.platform,
        title=post.title if post.is_link else "",
        address=post.url if post.is_link else "",
        text=post.text if post.is_link else pasteable_body(post),
        link=account.settings.compose_link(post),
    )
