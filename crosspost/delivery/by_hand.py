"""What an editor needs to make one post by hand: one value for the page, the alerts, the log and the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from crosspost.delivery.account import Account
from crosspost.model import Post


@dataclass(frozen=True, slots=True)
class ByHand:
    """A post that waits for its editor. Everything here can be pasted as it is."""

    number: int
    account: str
    platform: str
    title: str
    """The post's own title; empty where the platform has none."""
    address: str
    """What a link post leads to; empty for any other."""
    text: str
    """What to paste; empty where nothing is said beside title and address."""
    link: str | None
    """A page on which the post can be sent; None: the platform has none."""

    @property
    def filled_in(self) -> str:
        """What the link fills in, in words; empty without a link."""
        if self.link is None:
            return ""
        return "title and address" if self.title else "the text"

    @property
    def to_do(self) -> str:
        """What the editor is to do with the text, in a sentence."""
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
        """The command that says where the post is."""
        return f"crosspost record {self.number} {self.account} URL"

    @property
    def raw(self) -> str:
        """The command that prints what is pasted and nothing else."""
        return raw_command(self.number, self.account)

    def __str__(self) -> str:
        """Return it for a message or a terminal: what to do, then the text, once, with its begin and end."""
        todo = f"{self.account}: to be posted by hand"
        if self.link:
            todo += f": {self.link}\nThe link fills in {self.filled_in}. {self.to_do}"
        else:
            todo += f". {self.to_do}"
        text = f"\n\n── begin of the text ──\n{self.text}\n── end of the text ──" if self.text else ""
        return f"{todo}\nThen: {self.record}{text}"


def by_hand(account: Account, post: Post) -> ByHand:
    """Return what the editor of an account needs to make this post."""
    from crosspost.compose.embed_text import as_pasted

    return ByHand(
        number=post.number,
        account=account.name,
        platform=account.kind,
        title=post.title if post.is_link else "",
        address=post.url if post.is_link else "",
        text=post.text if post.is_link else as_pasted(post),
        link=account.settings.compose_link(post),
    )


def raw_command(number: int, account: str) -> str:
    """Return the command that prints what a person pastes, and nothing else."""
    return f"crosspost preview {number} --to {account} --raw"
