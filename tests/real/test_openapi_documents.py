"""What the platforms' own OpenAPI documents find wrong with our requests, and with the sandbox's answers.

No package brings the documents: $CROSSPOST_DISCORD_OPENAPI and $CROSSPOST_X_OPENAPI name the files
(specs/openapi.json of discord/discord-api-spec, and of xdevplatform/xdk, both on GitHub).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.real.cutting_proxy import CuttingProxy
from tests.real.desk import NUMBER, Desk
from tests.real.install import PARTS, node
from tests.real.process import ServerProcess, free_port, is_listening

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("process_as_it_was")]

DOCUMENTS = {"discord": "CROSSPOST_DISCORD_OPENAPI", "x": "CROSSPOST_X_OPENAPI"}
UNDER = {"discord": "/api/v10", "x": ""}
"""What the document's paths leave out."""
KNOWN = {
    "discord": {
        "query.with_counts: Request query parameter with_counts must be boolean"
    },  # discord.py sends 0
    "x": {": Invalid security scheme used"},  # prism does not know OAuth 1.0a
}
"""What is found in requests, and is not ours to mend."""


@dataclass(frozen=True)
class Checked:
    """A stand-in of the sandbox behind a proxy that holds all that passes against a document."""

    platform: str
    proxy: CuttingProxy
    options: Mapping[str, Any]
    secrets: Mapping[str, str]

    def found(self, side: str) -> set[str]:
        """Return what was found in all requests, or in all responses, but for what an answer leaves out."""
        return {
            f"{'.'.join(each['location'][1:])}: {each['message']}"
            for exchange in self.proxy.exchanges
            for each in json.loads(exchange.violations or "[]")
            if each["location"][0] == side and (side == "request" or each["code"] != "required")
        }


@pytest.fixture(params=DOCUMENTS)
def checked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Checked]:
    platform: str = request.param
    if DOCUMENTS[platform] not in os.environ:
        pytest.skip(f"no package brings {platform}'s document; ${DOCUMENTS[platform]} may name it")
    document = str(Path(os.environ[DOCUMENTS[platform]]).resolve(strict=True))
    if reason := PARTS["prism"].missing():
        pytest.skip(f"prism: {reason}")
    port = free_port()
    prism = str(PARTS["prism"].folder / "node_modules/.bin/prism")
    with Sandbox(stand_ins()) as sandbox:
        stand_in = sandbox.platforms[platform]
        upstream = sandbox.addresses[platform] + UNDER[platform]
        command = [node(), prism, "proxy", "-h", "127.0.0.1", "-p", str(port), document, upstream]
        process = ServerProcess(command, tmp_path, "prism")
        proxy = CuttingProxy(port, without=UNDER[platform])
        try:
            process.wait_until(lambda: is_listening(port))
            known = stand_in.credentials
            plain = {
                key: int(known[key]) if known[key].isdigit() else known[key] for key in stand_in.plain_keys
            }
            secrets = {key: value for key, value in known.items() if key not in plain}
            options = {"api_base_url": f"http://127.0.0.1:{proxy.port}", **plain}
            yield Checked(platform, proxy, options, secrets)
        finally:
            process.kill()
            proxy.close()


def test_a_post_with_its_picture_is_sent_and_taken_back_by_the_book(checked: Checked, tmp_path: Path) -> None:
    desk = Desk(tmp_path, checked.platform, checked, card=True)
    assert desk.run("check") == 0, desk.said
    desk.delivered()
    desk.publish(change="A tokenizer in fifty lines")
    desk.run("amend", str(NUMBER))
    assert desk.run("retract", str(NUMBER), "--yes") == 0, desk.said

    assert {each.method for each in checked.proxy.exchanges} >= {"GET", "POST", "DELETE"}
    assert checked.found("request") <= KNOWN[checked.platform]
    assert not checked.found("response")
