"""An editor posts from the issue's page on a phone: one block for each thing to paste, one button, one command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from crosspost import platforms
from crosspost.alerts import send_alerts
from crosspost.alerts.conditions import alerts_of
from crosspost.app import App
from crosspost.cli import execute
from crosspost.config.schema import WebConfig
from crosspost.delivery.manual import manual_post
from crosspost.model import DeliveryState
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.status import status
from crosspost.web import Health, pages
from crosspost.web.server import serving
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal, issue_text
from tests.web import browser

ADDRESS = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        rehearsal = Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))
        text = rehearsal.path.read_text()
        rehearsal.path.write_text(
            re.sub(r'^(platform = "\w+")$', r'\1\nmode = "manual"', text, flags=re.MULTILINE)
        )
        yield rehearsal


@pytest.fixture
def app(rehearsal: Rehearsal) -> Iterator[App]:
    every = dict.fromkeys(platforms.names(), "manual")
    config = rehearsal.configured(modes=every)  # type: ignore[arg-type]  # each is a Literal
    with rehearsal.app(replace(config, web=WebConfig(listen="127.0.0.1:0"))) as app:
        run_pass(app)
        rehearsal.publish(665, issue_text(665).replace("Announcing something", 'A <b> & "quotes" 🦀'))
        run_pass(app)
        yield app


def page_of(app: App) -> str:
    return pages.issue(app, 665) or ""


def part_of(page: str, account: str) -> str:
    return page.partition(f'id="by-hand-{account}"')[2].partition("</section>")[0]


def blocks(part: str) -> list[str]:
    return [unescape(block) for block in re.findall(r"<pre>(.*?)</pre>", part, flags=re.DOTALL)]


@pytest.mark.parametrize("name", platforms.names())
def test_each_manual_account_has_its_text_as_one_block_exactly_as_it_is_pasted(app: App, name: str) -> None:
    (row,) = (row for row in app.store.deliveries(665) if row.account == name)
    part = part_of(page_of(app), name)

    text, *_, command = blocks(part)
    assert row.post.text in text
    assert command == f"crosspost record 665 {name} URL"
    assert part.count("from here") == part.count("to here") == len(blocks(part))
    assert f"crosspost preview 665 --to {name} --raw" in part


def test_the_button_says_what_it_fills_in_and_what_is_to_be_pasted(app: App) -> None:
    page = page_of(app)
    link = unescape(re.findall(r'class="button" href="([^"]+)"', part_of(page, "x"))[0])
    (row,) = (row for row in app.store.deliveries(665) if row.account == "x")

    assert parse_qs(urlsplit(link).query)["text"] == [row.post.text]
    assert "The button fills in the text. Nothing has to be pasted" in part_of(page, "x")
    assert 'class="button"' not in part_of(page, "discord")
    assert "Paste the text." in part_of(page, "discord")


def test_on_reddit_the_link_fills_in_the_title_and_the_body_is_offered_as_a_comment(app: App) -> None:
    part = part_of(page_of(app), "reddit")
    link = unescape(re.findall(r'class="button" href="([^"]+)"', part)[0])
    text, title, address, _command = blocks(part)

    assert parse_qs(urlsplit(link).query)["title"] == [title] == ["This Week in Rust 665"]
    assert parse_qs(urlsplit(link).query)["url"] == [address] == [ADDRESS]
    assert "title and address" in part
    assert "where the form has no place for one, add it as the first comment" in part
    assert title not in text.splitlines()[0]


def test_what_is_settled_waits_for_nobody_any_more(app: App) -> None:
    (row,) = (row for row in app.store.deliveries(665) if row.account == "reddit")
    app.store.move(row, DeliveryState.SKIPPED, now=NIGHT, reason="skipped by a person", settled_at=NIGHT)

    page = page_of(app)
    assert 'id="by-hand-reddit"' not in page
    assert 'id="by-hand-discord"' in page


def test_the_log_and_the_status_name_the_command_that_prints_the_text(
    app: App, rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "crosspost preview 665 --to reddit --raw"
    (row,) = (row for row in app.store.deliveries(665) if row.account == "reddit")
    assert command in row.reason

    assert execute(["-c", str(rehearsal.path), "status", "665"]) == 0
    assert command in " ".join(capsys.readouterr().out.split())


def test_an_alert_has_each_text_once_and_it_can_be_pasted(app: App) -> None:
    rows = app.store.deliveries(665)
    texts = {(665, row.account): str(manual_post(app.accounts[row.account], row.post)) for row in rows}
    told: list[str] = []

    def send(_title: str, body: str) -> bool:
        told.append(body)
        return True

    send_alerts(
        app.store, alerts_of(status(app.store), app.config, NIGHT, texts), app.config.alerts, app.clock, send
    )

    (body,) = told
    assert body.count("── begin of the text ──\n") == body.count("\n── end of the text ──") == len(rows)
    for row in rows:
        assert f"── begin of the text ──\n{row.post.text}" in body, row.account
        assert body.count(f"crosspost record 665 {row.account} URL") == 1


@pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here")
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_and_asks_nobody_for_anything(app: App, tmp_path: Path, dark: bool) -> None:
    health = Health(True, "", None, None)
    with serving(app, lambda: health, lambda: None) as address:
        seen = browser.look(f"{address.rstrip('/')}/issues/665", tmp_path, width=360, dark=dark)
        overview = requests.get(address, timeout=10).text
        assert requests.get(f"{address.rstrip('/')}/issues/665", timeout=10).text.count("<script") == 0

    assert '<a href="issues/665#by-hand-reddit">reddit</a>' in overview
    assert seen.content_width <= 360
    assert seen.complaints == ()
    assert len(seen.requests) == 1
