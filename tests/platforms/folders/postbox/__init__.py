"""A sixth platform, in one folder: posts of plain text, each under the key that its sender chose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from crosspost.config.secrets import Secret
from crosspost.model import Post
from crosspost.platforms._address import CanonicalAddress
from crosspost.platforms._settings import AccountSettings


@dataclass(frozen=True, slots=True)
class Settings(AccountSettings):
    look_schedule = (timedelta(seconds=5), timedelta(seconds=20))
    rate_limit_window = timedelta(minutes=1)
    required = ("token",)

    api_base_url: str = "https://postbox.example"
    token: Secret | None = None

    def compose_link(self, post: Post) -> str:
        return f"{self.api_base_url}/new?about={post.number}"

    def canonical_address(self, url: str) -> CanonicalAddress:
        found = re.fullmatch(rf"{re.escape(self.api_base_url)}/posts/[\w-]+", url)
        return CanonicalAddress(url, is_post=found is not None)
