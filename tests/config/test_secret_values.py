"""Secrets: read when used, from a place nobody else can read, never shown."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from crosspost.config.secrets import LARGEST, MissingSecretError, Secret, SecretError
from crosspost.errors import ConfigError

VALUE = "hunter2-ä-{{}}"


def write(path: Path, data: str | bytes, mode: int = 0o600) -> Secret:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(mode)
    return Secret("file", str(path))


def test_a_secret_shows_its_name_only(tmp_path: Path) -> None:
    secret = write(tmp_path / "token", VALUE)

    for shown in (str(secret), repr(secret), f"{secret}", str([secret]), str(vars(SecretError(str(secret))))):
        assert VALUE not in shown
        assert "token" in shown
    assert VALUE.encode() not in pickle.dumps(secret)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_final_newline_does_not_belong_to_it(tmp_path: Path, end: str) -> None:
    assert write(tmp_path / "token", VALUE + end).reveal() == VALUE


def test_an_environment_variable_and_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "token", VALUE + "\n", mode=0o444)
    monkeypatch.setenv("A_TOKEN", VALUE)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert Secret("env", "A_TOKEN").reveal() == VALUE
    assert Secret("credential", "token").reveal() == VALUE


def test_a_rotated_file_is_seen_at_the_next_use(tmp_path: Path) -> None:
    secret = write(tmp_path / "token", "old")

    assert secret.reveal() == "old"
    write(tmp_path / "token", "new")
    assert secret.reveal() == "new"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o777])
def test_a_file_that_others_may_read_is_used_and_named_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    secret = write(tmp_path / "token", VALUE, mode)

    assert secret.reveal() == VALUE
    assert f"chmod 600 {tmp_path}/token" in str(secret.permission_warning())
    assert VALUE not in str(secret.permission_warning())


def test_a_file_of_its_owners_alone_is_worth_no_word(tmp_path: Path) -> None:
    assert write(tmp_path / "token", VALUE).permission_warning() is None
    assert Secret("file", str(tmp_path / "absent")).permission_warning() is None
    assert Secret("env", "NAME").permission_warning() is None


def test_what_systemd_hands_over_may_have_systemds_permissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = write(tmp_path / "token", VALUE, 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert secret.reveal() == VALUE
    assert secret.permission_warning() is None


@pytest.mark.parametrize("text", ["", "\n", " \n", "\r\n"])
def test_an_empty_secret_is_a_missing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("EMPTY", text)

    for secret in (write(tmp_path / "token", text), Secret("env", "EMPTY")):
        with pytest.raises(MissingSecretError, match="is empty"):
            secret.reveal()


def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    with pytest.raises(MissingSecretError, match="LoadCredential=x-token"):
        Secret("credential", "x-token").reveal()
    with pytest.raises(MissingSecretError, match="environment variable NOT_SET_ANYWHERE"):
        Secret("env", "NOT_SET_ANYWHERE").reveal()
    with pytest.raises(MissingSecretError, match="nothing-here does not exist"):
        Secret("file", str(tmp_path / "nothing-here")).reveal()


@pytest.mark.parametrize(
    "data", [b"first\nsecond", b"nul\0byte", b"esc\x1b[0m", b"\xff\xfe", b"x" * (LARGEST + 1)]
)
def test_what_can_be_no_secret_is_refused_without_repeating_it(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SecretError) as refused:
        write(tmp_path / "token", data).reveal()

    assert isinstance(refused.value, ConfigError)
    assert data.decode("latin-1")[:3] not in str(refused.value).replace(str(tmp_path), "")
    assert "\n" not in str(refused.value)


def test_a_folder_and_a_pipe_are_no_secrets_and_do_not_hold_the_start_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    for name in ("pipe", "."):
        with pytest.raises(SecretError):
            Secret("file", str(tmp_path / name)).reveal()
