"""`make docs`: no warning, every link within the site leads somewhere, and nothing comes from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.docs.pages import DOCS

pytest.importorskip("sphinx")
pytestmark = pytest.mark.slow

LOADED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, BeautifulSoup]:
    """Every page of the site, by its path."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {
        page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for page in folder.rglob("*.html")
    }


def test_every_link_and_anchor_within_the_site_is_there(site: dict[Path, BeautifulSoup]) -> None:
    anchors = {page: {str(tag["id"]) for tag in soup.find_all(id=True)} for page, soup in site.items()}
    lost = [
        f"{page.name}: {link['href']}"
        for page, soup in site.items()
        for link in soup.find_all("a", href=True)
        if not urlsplit(str(link["href"])).scheme
        for path, anchor in [urldefrag(unquote(str(link["href"])))]
        for target in [(page.parent / path).resolve() if path else page]
        if not target.exists() or (anchor and anchor not in anchors.get(target, {anchor}))
    ]

    assert len(site) > 20
    assert lost == []


def test_the_site_loads_nothing_from_elsewhere(site: dict[Path, BeautifulSoup]) -> None:
    for page, soup in site.items():
        for tag, attribute in LOADED.items():
            for found in soup.find_all(tag, attrs={attribute: True}):
                target = urlsplit(str(found[attribute]))
                assert not target.netloc, f"{page.name}: {found}"
                assert not target.path or (page.parent / target.path).exists(), f"{page.name}: {found}"
