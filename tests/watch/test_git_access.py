"""The right to read and push from the configuration: it reaches the remote, and nobody and nothing else."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crosspost.cli import execute
from crosspost.config.secrets import PrivateKey, Secret, SecretError
from crosspost.watch._access import Access
from crosspost.watch.git import GitSource
from tests.newsroom import PUBLISHED, Checkout, issue_text, name_of, reddit
from tests.web_server import Asked, Reply, serving

FILE = f"content/{name_of()}"
TOKEN = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2"

WRAPPER = """#!/bin/sh
{ printf '%s\\n' "$@"; env; } >> "$RECORD"
exec "$REAL_GIT" "$@"
"""
"""Stands before git: all that a look at the process list, or at what its hooks inherit, could show."""

FAKE_SSH = """#!/bin/sh
printf '%s\\n' "$@" >> "$RECORD"
while [ $# -gt 1 ]; do
    [ "$1" = -i ] && { stat -c 'mode %a' "$2"; cat "$2"; } >> "$RECORD.key"
    shift
done
exec sh -c "$1"
"""
"""Takes every key, and runs what it is asked to run."""


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit({FILE: issue_text()})
    checkout.git("config", "--file", f"{checkout.remote}/config", "http.receivepack", "true")
    return checkout


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What git was called with, and in which environment; so is every hook of this user."""
    real = shutil.which("git")
    assert real
    hooks = tmp_path / "hooks"
    for file, text in (
        (tmp_path / "bin" / "git", WRAPPER),
        (hooks / "pre-push", "#!/bin/sh\nenv >> $RECORD\n"),
    ):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    settings = tmp_path / "gitconfig"
    kept = tmp_path / "kept-by-a-helper"
    settings.write_text(
        f"[core]\nhooksPath = {hooks}\n[credential]\nhelper = store --file={kept}\n"
        f'[credential "http://127.0.0.1"]\nhelper = store --file={kept}\n'
    )
    record = tmp_path / "record"
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("REAL_GIT", real)
    monkeypatch.setenv("RECORD", str(record))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    return record


def configured(folder: Path, url: str, access: str) -> Path:
    path = folder / "config.toml"
    path.write_text(
        f'[store]\nurl = "sqlite:///state/crosspost.db"\n[source]\nkind = "git"\nurl = "{url}"\n{access}\n'
        '[gate]\npage_live = false\n[backfill]\nmode = "push"\n'
    )
    return path


def private(file: Path, text: str) -> Path:
    file.write_text(text)
    file.chmod(0o600)
    return file


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# ── over https, with a token ─────────────────────────────────────────────────────────────────────────


def backend(remote: Path, *, wants: str) -> Callable[[Asked], Reply]:
    """git's own server, behind Basic authentication if it `wants` a name and a password."""

    def answer(asked: Asked) -> Reply:
        shown = asked.headers.get("authorization")
        if wants and shown != "Basic " + base64.b64encode(wants.encode()).decode():
            return Reply(401, "who are you?", {"WWW-Authenticate": 'Basic realm="git"'})
        address = urlsplit(asked.path)
        variables = {
            "GIT_PROJECT_ROOT": str(remote.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": asked.method,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "CONTENT_TYPE": asked.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(asked.body)),
            "HTTP_CONTENT_ENCODING": asked.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": asked.headers.get("git-protocol", ""),
            "REMOTE_USER": "editor",
        }
        done = subprocess.run(
            [os.environ["REAL_GIT"], "http-backend"],
            input=asked.body,
            env={"PATH": os.environ["PATH"], "HOME": str(remote.parent), **variables},
            capture_output=True,
            check=True,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return Reply(int(headers.pop("Status", "200").split()[0]), body, headers)

    return answer


@pytest.mark.parametrize(
    ("value", "wants"),
    [(TOKEN, f"x-access-token:{TOKEN}"), (f"bot:{TOKEN}", f"bot:{TOKEN}")],
    ids=["a token", "with a name"],  # a test's name is in the environment
)
def test_a_token_fetches_and_pushes_and_is_seen_by_the_remote_alone(
    editor: Checkout, record: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], value: str, wants: str
) -> None:
    private(tmp_path / "token", value)
    with serving() as forge:
        forge.answer = backend(editor.remote, wants=wants)
        path = configured(tmp_path, f"{forge.url}/newsletter.git", 'token = { file = "token" }')

        assert execute(["-c", str(path), "backfill", "665", "--url", reddit()]) == 0
        execute(["-c", str(path), "check"])

    assert reddit().encode() in editor.shared(FILE)
    said = "".join(capfd.readouterr())
    assert "it answers, to the file" in said
    assert "would accept a push to main by the file" in said
    told = base64.b64encode(wants.encode()).decode()
    for place in (record.read_bytes(), everything_below(tmp_path / "state"), said.encode()):
        assert TOKEN.encode() not in place
        assert told.encode() not in place
    assert (
        b"\nGIT_PUSH_OPTION_COUNT" in record.read_bytes() or b"\nGIT_EXEC_PATH" in record.read_bytes()
    )  # the hook
    assert not (tmp_path / "kept-by-a-helper").exists()


@pytest.mark.parametrize("other_asks", [True, False], ids=["that asks for one", "that is open"])
def test_a_redirect_to_another_host_does_not_carry_the_token_along(
    editor: Checkout, record: Path, tmp_path: Path, other_asks: bool
) -> None:
    private(tmp_path / "token", TOKEN)
    with serving() as forge, serving() as other:
        known = backend(editor.remote, wants=f"x-access-token:{TOKEN}")

        def moved(asked: Asked) -> Reply:
            first = known(asked)
            return first if first.status == 401 else Reply(302, "", {"Location": f"{other.url}{asked.path}"})

        forge.answer = moved
        other.answer = backend(editor.remote, wants="somebody:else" if other_asks else "")
        path = configured(tmp_path, f"{forge.url}/newsletter.git", 'token = { file = "token" }')

        execute(["-c", str(path), "once"])

        assert any("authorization" in asked.headers for asked in forge.asked)
        assert other.asked
        assert not [asked for asked in other.asked if "authorization" in asked.headers]


def test_older_history_is_asked_for_with_the_token_too(
    editor: Checkout, record: Path, tmp_path: Path
) -> None:
    private(tmp_path / "token", TOKEN)
    editor.commit({"README.md": "Hello"}, at=PUBLISHED + timedelta(days=3))
    with serving() as forge:
        forge.answer = backend(editor.remote, wants=f"x-access-token:{TOKEN}")
        access = Access(forge.url, token=Secret("file", str(tmp_path / "token")))
        address = f"{forge.url}/newsletter.git"
        source = GitSource(
            "git", address, branch="main", folder="content", cache=tmp_path / "cache", access=access
        )
        source.poll(None)

        assert source.unchanged_since(FILE, PUBLISHED - timedelta(days=9)) == PUBLISHED


def test_a_token_that_the_remote_refuses_is_a_sentence_without_it(
    editor: Checkout, record: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    private(tmp_path / "token", TOKEN)
    with serving() as forge:
        forge.answer = lambda asked: Reply(
            401, f"{TOKEN} is over", {"WWW-Authenticate": 'Basic realm="git"', "Content-Type": "text/plain"}
        )
        path = configured(tmp_path, f"{forge.url}/newsletter.git", 'token = { file = "token" }')

        assert execute(["-c", str(path), "once"]) == 1

    said = "".join(capfd.readouterr())
    assert "Authentication failed" in said
    assert "is it still valid?" in said
    assert TOKEN not in said
    assert TOKEN.encode() not in everything_below(tmp_path / "state")


# ── over ssh, with a key ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A deploy key; its credential has lost its last newline, as when it is pasted."""
    file = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "crosspost deploy", "-f", file], check=True
    )
    file.write_text(file.read_text().rstrip("\n"))
    return file


def test_ssh_gets_the_key_in_a_file_of_its_own_and_believes_the_named_hosts_only(
    editor: Checkout, record: Path, key: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "bin" / "ssh"
    program.write_text(FAKE_SSH)
    program.chmod(0o755)
    (tmp_path / "known hosts").write_text("forge.example ssh-ed25519 AAAA\n")
    path = configured(
        tmp_path,
        f"git@forge.example:{editor.remote}",
        'ssh_key = { file = "key" }\nknown_hosts = "known hosts"',
    )

    assert execute(["-c", str(path), "backfill", "665", "--url", reddit()]) == 0
    execute(["-c", str(path), "check"])

    assert reddit().encode() in editor.shared(FILE)
    said = "".join(capfd.readouterr())
    fingerprint = subprocess.run(
        ["ssh-keygen", "-lf", f"{key}.pub"], capture_output=True, text=True, check=True
    )
    assert f"it answers, to the key {fingerprint.stdout.split()[1]} crosspost deploy (ED25519)" in " ".join(
        said.split()
    )
    shown = record.read_text()
    for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"):
        assert f"\n{option}\n" in shown
    assert f'\nUserKnownHostsFile="{tmp_path}/known hosts"\n' in shown
    used = record.with_name("record.key").read_text()
    assert set(re.findall("mode .*", used)) == {"mode 600"}
    assert key.read_text() + "\n" in used
    body = key.read_text().splitlines()[2]
    for place in (shown, said, everything_below(tmp_path / "state").decode("latin-1")):
        assert body not in place
    for file in re.findall(r"^-i\n(.+)$", shown, re.MULTILINE):
        assert not Path(file).exists()


@contextmanager
def a_real_sshd(folder: Path, key: Path) -> Iterator[int]:
    """OpenSSH's own server on loopback; yields its port."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        pytest.skip("openssh-server is not installed")
    host = folder / "host"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = private(
        folder / "sshd_config",
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {key}.pub\nStrictModes no\n"
        f"UsePAM no\nPidFile none\nPermitRootLogin yes\nPasswordAuthentication no\nSetEnv PATH={os.environ['PATH']}\n",
    )
    server = subprocess.Popen(
        [program, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stderr
        said = server.stderr.readline()
        if "privilege separation" in said.lower():
            pytest.skip(said.strip())
        assert "listening" in said, said + server.stderr.read()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host.with_suffix('.pub').read_text()}")
        yield port
    finally:
        server.terminate()
        server.communicate()


def test_a_key_fetches_and_pushes_at_a_real_sshd(
    editor: Checkout,
    key: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEPLOY_KEY", key.read_text())
    with a_real_sshd(tmp_path, key) as port:
        address = f"ssh://127.0.0.1:{port}{editor.remote}"
        access = 'ssh_key = { env = "DEPLOY_KEY" }\nknown_hosts = "known_hosts"'
        path = configured(tmp_path, address, access)

        assert execute(["-c", str(path), "backfill", "665", "--url", reddit()]) == 0
        assert reddit().encode() in editor.shared(FILE)

        (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} ssh-ed25519 {'A' * 68}\n")
        assert execute(["-c", str(path), "check"]) == 1

    assert "Host key verification failed; put the host's key into the file" in capfd.readouterr().out


# ── what is refused when the configuration is read ───────────────────────────────────────────────────


def test_a_key_that_nobody_could_use_is_refused_without_repeating_it(key: Path, tmp_path: Path) -> None:
    for arguments in (["-m", "PEM", "-t", "rsa", "-b", "2048"], ["-t", "ed25519"]):
        locked = tmp_path / f"locked-{arguments[-1]}"
        subprocess.run(["ssh-keygen", "-q", "-N", "a passphrase", "-f", locked, *arguments], check=True)
        with pytest.raises(SecretError, match="has a passphrase"):
            PrivateKey("file", str(locked)).reveal()
    with pytest.raises(SecretError, match="is no private key; expected the file that ssh-keygen"):
        PrivateKey("file", f"{key}.pub").reveal()
    assert PrivateKey("file", str(key)).reveal() == key.read_text() + "\n"


@pytest.mark.parametrize(
    ("url", "access", "words"),
    [
        (
            "https://forge.example/a.git",
            'ssh_key = { file = "K" }',
            "source.ssh_key: is for an address that begins",
        ),
        ("/srv/a.git", 'known_hosts = "hosts"', "source.known_hosts: is for an address that begins"),
        (
            "git@forge.example:a.git",
            'token = { file = "K" }',
            "source.token: is for an address that begins with https",
        ),
        ("https://forge.example/a.git", 'token = { env = "NOT_SET" }', "variable NOT_SET is not set"),
        ("https://forge.example/a.git", 'token = "ghp_123"', "a secret does not belong here"),
        ("https://ghp_123@forge.example/a.git", "", "name it beside the address: token = {"),
    ],
)
def test_what_does_not_fit_the_address_is_refused_with_its_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    access: str,
    words: str,
) -> None:
    monkeypatch.setenv("K", "value")

    assert execute(["-c", str(configured(tmp_path, url, access)), "once"]) == 2

    said = capsys.readouterr().err
    assert re.search(r"config\.toml:\d", said)
    assert words in said
    assert "ghp_123" not in said
