"""The configuration file: what is right becomes types, and everything wrong is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosspost import config, platforms
from crosspost.cli import execute
from crosspost.config import MissingConfigError
from crosspost.config.schema import AccountConfig, ChannelConfig, Config, SourceConfig
from crosspost.config.types import parse_duration
from crosspost.errors import ConfigError

MASTODON = """
[accounts.mastodon]
platform = "mastodon"
access_token = { env = "TOKEN_OF_MASTODON" }
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_MASTODON", "token-of-mastodon")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


GAZETTE = '[newsletter]\nname = "Gazette"\nsite = "https://gazette.example"'


def read(folder: Path, text: str, *, secrets: bool = True) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, platforms.settings_of, secrets=secrets)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read(folder, text)
    return list(refused.value.problems)


# ── What is right ────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_file_is_the_defaults_and_announces_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Config()


def test_a_table_becomes_its_values(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        [newsletter]
        name = "Another Week"
        site = "https://another.example"
        [gate]
        quiet_for = "1h30m"
        page_live = false
        [delivery]
        look_after = ["5s", "1m"]
        """,
    )

    assert found.newsletter.name == "Another Week"
    assert found.gate.quiet_for == timedelta(minutes=90)
    assert found.gate.page_live is False
    assert found.delivery.look_after == (timedelta(seconds=5), timedelta(minutes=1))


def test_an_account_has_its_platforms_settings(tmp_path: Path) -> None:
    (account,) = read(tmp_path, MASTODON + 'visibility = "unlisted"\nlook_after = ["1m"]').accounts

    assert (account.name, account.platform, account.mode) == ("mastodon", "mastodon", "auto")
    assert account.settings.visibility == "unlisted"
    assert account.settings.access_token.reveal() == "token-of-mastodon"
    assert account.look_after == (timedelta(minutes=1),)
    assert account.has_credentials


def test_one_source_or_several(tmp_path: Path) -> None:
    one = read(tmp_path, '[source]\nkind = "git"\nurl = "/srv/a.git"')
    several = read(
        tmp_path,
        """
        [[source]]
        kind = "git"
        url = "git@forge.example:a/b.git"
        [[source]]
        kind = "directory"
        path = "issues"
        [[source]]
        kind = "directory"
        path = "/srv/issues"
        name = "more"
        """,
    )

    assert [source.name for source in one.sources] == ["git"]
    assert [source.name for source in several.sources] == ["git", "directory", "more"]


def test_relative_paths_start_at_the_configuration_and_not_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = read(
        tmp_path,
        """
        [store]
        url = "sqlite:///data/x.db"
        [source]
        kind = "directory"
        path = "issues"
        [accounts.mastodon]
        platform = "mastodon"
        access_token = { file = "token" }
        """,
        secrets=False,
    )

    assert found.store.url == f"sqlite:///{tmp_path}/data/x.db"
    assert found.sources[0].path == tmp_path / "issues"
    assert config.secrets_of(found)[0].name == str(tmp_path / "token")


def test_a_manual_account_needs_no_credentials_and_with_them_can_be_read(tmp_path: Path) -> None:
    bare = '[accounts.m]\nplatform = "mastodon"\nmode = "manual"\n'
    named = bare + 'access_token = { env = "NOBODY_SET_THIS" }'
    present = bare + 'access_token = { env = "TOKEN_OF_MASTODON" }'

    assert [read(tmp_path, text).accounts[0].has_credentials for text in (bare, named, present)] == [
        False,
        False,
        True,
    ]


def test_secrets_that_are_missing_together_are_one_sentence_for_each_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    credentials = (f'{name} = {{ credential = "x-{name}" }}\n' for name in secrets)
    text = (
        '[accounts.x]\nplatform = "x"\n'
        + "".join(credentials)
        + '[accounts.mastodon]\nplatform = "mastodon"\n'
        'access_token = { env = "A" }\n[alerts]\nto = [{ env = "B" }, { env = "B" }, { file = "/nowhere/c" }]'
    )
    listed = ", ".join(f"x-{name}" for name in secrets)

    assert problems(tmp_path, text) == [
        f"config.toml:3: accounts.x.consumer_key: there are no credentials {listed}: "
        "$CREDENTIALS_DIRECTORY is not set; beside the service begin with sudo "
        "CREDENTIALS_DIRECTORY=/run/credentials/crosspost.service, elsewhere use { env = … } or { file = … }",
        "config.toml:9: accounts.mastodon.access_token: these environment variables are not set or are empty: A, B",
        "config.toml:11: alerts.to: the secret's file /nowhere/c does not exist",
    ]
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert (
        f"there are no credentials {listed}: they are not in {tmp_path}, or empty"
        in problems(tmp_path, text)[0]
    )


def test_without_secrets_nothing_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN_OF_MASTODON")

    assert read(tmp_path, MASTODON, secrets=False).accounts[0].name == "mastodon"


def test_every_named_secret_is_known_to_the_log(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        MASTODON
        + """
        [web]
        webhook_secret = { env = "A" }
        [alerts]
        to = [{ env = "B" }, { env = "C" }]
        [backfill]
        token = { env = "D" }
        """,
        secrets=False,
    )

    assert {secret.name for secret in config.secrets_of(found)} == {
        "A",
        "B",
        "C",
        "D",
        "TOKEN_OF_MASTODON",
    }


def test_the_databases_password_is_a_secret_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE", "p@ss/wörd")
    text = (
        '[store]\nurl = "postgresql+psycopg://crosspost@db.example:5433/x"\npassword = { env = "DATABASE" }'
    )
    store = read(tmp_path, text).store

    assert store.address() == "postgresql+psycopg://crosspost:p%40ss%2Fw%C3%B6rd@db.example:5433/x"
    assert "p%40ss" not in repr(store)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("7d", 604800), ("1w", 604800), ("0s", 0), ("0.5s", 0.5)],
)
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


REDDIT = """
[accounts.reddit]
platform = "reddit"
mode = "manual"
subreddit = "{}"
"""


@pytest.mark.parametrize(
    "text",
    ["rust", "r/rust", "/r/rust", "/r/rust/", "rust/", "https://www.reddit.com/r/rust/", " r/rust "],
)
def test_a_subreddit_as_people_write_it(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, REDDIT.format(text)).accounts[0].settings.subreddit == "rust"


@pytest.mark.parametrize("text", ["", "r/", "rust lang", "r/rust/new", "r/rust+cpp", "#rust", "../rust"])
def test_what_is_no_subreddit_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, REDDIT.format(text))

    assert problem.startswith("config.toml:5: accounts.reddit.subreddit: expected the name of a subreddit")


def test_the_default_hashtag_is_that_of_the_built_in_newsletter(tmp_path: Path) -> None:
    assert read(tmp_path, "").digest.hashtags == ("RustLang",)
    assert read(tmp_path, GAZETTE).digest.hashtags == ()
    own = read(tmp_path, f'{GAZETTE}\n[digest]\nhashtags = ["Gazette"]')
    assert own.digest.hashtags == ("Gazette",)


def test_a_pattern_that_does_not_work_is_refused_with_its_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[digest]\nroutine = ['weekly', '(monthly']")

    assert problem.startswith("config.toml:2: digest.routine.2: this regular expression does not work")


def test_a_hashtag_may_be_written_with_its_sign(tmp_path: Path) -> None:
    found = read(tmp_path, '[digest]\nhashtags = ["#RustLang", "Rust2027", "Ржавчина"]')

    assert found.digest.hashtags == ("RustLang", "Rust2027", "Ржавчина")


PLACE_OF_TEMPLATES = "[accounts.social]\nplatform = 'mastodon'\nmode = 'manual'\n"


def test_a_template_is_a_text_or_the_path_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "words.j2").write_text("{{ title }}\n{{ url }}")

    in_file = read(tmp_path, PLACE_OF_TEMPLATES + 'template = "words.j2"').accounts[0].template
    in_place = read(tmp_path, PLACE_OF_TEMPLATES + 'template = "{{ title }} {{ url }}"').accounts[0].template

    assert in_file is not None
    assert in_file.text == "{{ title }}\n{{ url }}"
    assert in_file.at(2) == f"config.toml:4: accounts.social.template, in {tmp_path}/words.j2, line 2"
    assert in_place is not None
    assert in_place.at(1) == "config.toml:4: accounts.social.template"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("nowhere.j2", "nowhere.j2 cannot be read (No such file or directory); expected a text with"),
        ("Read the news!", "cannot be read"),
        (".", "cannot be read (Is a directory)"),
        ("", "expected a text with {{ url }} in it"),
        ("binary.j2", "binary.j2 is not UTF-8 text"),
        ("large.j2", "large.j2 is larger than 64 KiB and so no template"),
        ("broken.j2", "broken.j2, line 2: Encountered unknown tag 'unless'"),
        ("{{ url }} {% if %}", "line 1 of it: Expected an expression"),
    ],
)
def test_a_template_that_is_none_is_refused_at_load_with_its_line(
    tmp_path: Path, template: str, says: str
) -> None:
    (tmp_path / "binary.j2").write_bytes(b"\xff\xfe")
    (tmp_path / "large.j2").write_text("x" * 70_000)
    (tmp_path / "broken.j2").write_text("{{ url }}\n{% unless a %}")

    (problem,) = problems(tmp_path, f'{PLACE_OF_TEMPLATES}template = "{template}"')

    assert problem.startswith("config.toml:4: accounts.social.template: ")
    assert says in problem


@pytest.mark.parametrize("text", ["", "#", "This Week", "##x", "2026", "rust-lang", "a#b", "x."])
def test_what_no_platform_takes_as_one_hashtag_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f'[digest]\nhashtags = ["RustLang", "{text}"]')

    assert problem.startswith("config.toml:2: digest.hashtags.2: ")
    assert "hashtag" in problem.rpartition("hashtags.2: ")[2]


def test_one_account_under_two_names_is_refused_whatever_its_token_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_SAME", "token-of-mastodon")
    twice = MASTODON + MASTODON.replace("[accounts.mastodon]", "[accounts.again]").replace(
        '{ env = "TOKEN_OF_MASTODON" }', '{ env = "THE_SAME" }\napi_base_url = "https://Mastodon.social/"'
    )

    (problem,) = problems(tmp_path, twice)

    assert 'accounts.again: this is the account of "mastodon" once more' in problem
    assert "token-of-mastodon" not in problem


def test_two_accounts_on_one_platform_are_welcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOTHER", "another-token")
    other_token = MASTODON.replace(".mastodon]", ".other]").replace("TOKEN_OF_MASTODON", "ANOTHER")
    other_server = MASTODON.replace(".mastodon]", ".server]") + 'api_base_url = "https://example.org"'
    bot = '[accounts.{0}]\nplatform = "discord"\nbot_token = {{ env = "ANOTHER" }}\nchannel_id = {1}\n'
    by_hand = REDDIT.format("rust") + REDDIT.format("rust").replace(".reddit]", ".editor]")

    found = read(
        tmp_path,
        "\n".join([MASTODON, other_token, other_server, bot.format("a", 1), bot.format("b", 2), by_hand]),
    )

    assert len(found.accounts) == 7


@given(st.text(alphabet="0123456789.smhdw -", max_size=12))
def test_a_duration_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        read = parse_duration(text)
    except ValueError as refused:
        read = None
        said = str(refused)

    assert "duration" in said if read is None else read >= timedelta()


# ── What is wrong ────────────────────────────────────────────────────────────────────────────────────


def test_every_problem_is_reported_at_once_with_its_line_and_a_suggestion(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
[newsletter]
name = 5
sit = "https://example.org"

[gate]
quiet_for = "10 minutes"
page_live = "yes"

[accounts.mastodon]
platform = "mastodon"
api_base_ur = "https://example.org"
visibility = "loud"
access_token = { env = "NOBODY_SET_THIS" }

[accounts.y]
platform = "twitter"

[accounts.x]
platform = "x"
mode = "manul"
""",
    )

    assert [problem.split(": ")[:2] for problem in found] == [
        ["config.toml:2", "newsletter.name"],
        ["config.toml:3", "newsletter.sit"],
        ["config.toml:6", "gate.quiet_for"],
        ["config.toml:7", "gate.page_live"],
        ["config.toml:11", "accounts.mastodon.api_base_ur"],
        ["config.toml:12", "accounts.mastodon.visibility"],
        ["config.toml:13", "accounts.mastodon.access_token"],
        ["config.toml:16", "accounts.y.platform"],
        ["config.toml:18", "accounts.x.consumer_key"],
        ["config.toml:18", "accounts.x.consumer_secret"],
        ["config.toml:18", "accounts.x.access_token"],
        ["config.toml:18", "accounts.x.access_token_secret"],
        ["config.toml:20", "accounts.x.mode"],
    ]
    said = "\n".join(found)
    for suggestion in (
        '"site"',
        '"api_base_url"',
        "public, unlisted",
        '"manual"',
        "NOBODY_SET_THIS",
        "discord",
    ):
        assert suggestion in said


@pytest.mark.parametrize(
    "text",
    ['"hunter2hunter2"', '["hunter2hunter2"]', '{ value = "hunter2hunter2" }', '{ env = "hunter2 hunter2" }'],
)
def test_a_secret_written_in_plain_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f'[accounts.m]\nplatform = "mastodon"\naccess_token = {text}')

    assert problem.startswith("config.toml:3: accounts.m.access_token: ")
    assert "{ credential = " in problem
    assert "hunter2" not in problem


def every_option() -> Iterator[tuple[str, str]]:
    """Yield the header of each table, with what it cannot be without, and each option that it may have."""
    tables: list[tuple[str, Any]] = [
        (f"[{f.name}]\n", f.default) for f in fields(Config) if is_dataclass(f.default)
    ]
    tables += [("[source]\n", SourceConfig), ("[[channels]]\n", ChannelConfig)]
    for name in platforms.names():
        header = f'[accounts.a]\nplatform = "{name}"\nmode = "manual"\n'
        tables += [(header, AccountConfig), (header, platforms.settings_of(name))]
    for header, table in tables:
        for option in fields(table):
            yield header.replace(f"\n{option.name} = ", "\nlanguage = "), option.name


@pytest.mark.parametrize(
    "address",
    [
        "https://editor:hunter2@far.example/feed",
        "https://hunter2hunter2@far.example/feed",
        "postgresql://editor:hunter2/hunter2@far.example/db",
        "https://a-long-name-of-an-editor:hunter2-of-the-editor@far.example",
    ],
)
def test_a_password_in_an_address_is_repeated_for_no_option(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = 0
    for header, option in every_option():
        for value in (
            f'"{address}"',
            f'["{address}"]',
            f'{{ file = "{address}" }}',
            f'{{ "{address}" = 1 }}',
        ):
            path = tmp_path / "config.toml"
            path.write_text(f"{header}{option} = {value}\n")
            refused += execute(["-c", str(path), "config", "show"]) == 2
            printed = "".join(capsys.readouterr())
            assert "hunter2" not in printed, (header, option, value)
    assert refused > 100


def test_a_password_in_an_address_that_names_a_table_is_not_repeated(tmp_path: Path) -> None:
    address = "https://editor:hunter2@far.example"

    for text in (f'["{address}"]', f'[accounts."{address}"]', f'[accounts.a]\n"{address}" = 1'):
        assert "hunter2" not in " ".join(problems(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("channels = 1", "[[channels]]"),
        ("channels = [1]", "[[channels]]"),
        ('channels = "https://a.example"', "[[channels]]"),
        ("source = 1", "[[source]]"),
        ("source = [1]", "[[source]]"),
        ("accounts = 1", "[accounts.NAME]"),
        ("accounts = []", "[accounts.NAME]"),
        ("[[accounts]]", "[accounts.NAME]"),
        ("accounts.x = 1", "[accounts.x]"),
        ("[[accounts.x]]", "[accounts.x]"),
        ('alerts = "x"', "[alerts]"),
        ("[[alerts]]", "[alerts]"),
        ("gate = true", "[gate]"),
    ],
)
def test_a_value_in_place_of_a_table_is_answered_with_the_tables_header(
    tmp_path: Path, text: str, form: str
) -> None:
    (problem,) = problems(tmp_path, text)

    assert re.search(rf"expected .* {re.escape(form)}$", problem)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("accounts = 1", "accounts"),
        ("newsletter = 1", "newsletter"),
        ("source = [1]", "source.1"),
        ("[accounts]\nx = 1", "accounts.x"),
        ('[accounts."A b"]\nplatform = "mastodon"\nmode = "manual"', "accounts.A b"),
        ('[accounts.a]\nmode = "manual"', "accounts.a.platform"),
        ("[accounts.a]\nplatform = 7", "accounts.a.platform"),
        ("[sources]", "sources"),
        ('[source]\nkind = "git"', "source.url"),
        ('[source]\nkind = "directory"', "source.path"),
        ('[source]\nkind = "feed"', "source.url"),
        ('[source]\nkind = "feed"\nurl = "feed.xml"', "source.url"),
        ('[source]\nkind = "svn"', "source.kind"),
        ('[source]\nurl = "https://name:word@forge.example/a.git"', "source.url"),
        ('[source]\nurl = "https://token@forge.example/a.git"', "source.url"),
        ('[source]\nurl = "/x"\nevery = 60', "source.every"),
        ('[source]\nurl = "/x"\nevery = "0s"', "source.every"),
        ('[source]\nurl = "/x"\nwindow = "Wednesday"', "source.window"),
        ('[source]\nurl = "/x"\nevery_in_window = "5s"', "source.window"),
        ('[[source]]\nurl = "/x"\nname = "a"\n[[source]]\nurl = "/y"\nname = "a"', "source.2.name"),
        ('[store]\nurl = "mysql://x"', "store.url"),
        ('[store]\npassword = { env = "TOKEN_OF_MASTODON" }', "store.password"),
        ('[store]\nurl = "/var/lib/x.db"', "store.url"),
        ('[store]\nurl = "sqlite://var/x.db"', "store.url"),
        ('[newsletter]\nsite = "this-week-in-rust.org"', "newsletter.site"),
        ("[gate]\nlargest_step = 0", "gate.largest_step"),
        ("[gate]\nlargest_step = true", "gate.largest_step"),
        ('[gate]\nmax_age = "0s"', "gate.max_age"),
        ("[delivery]\nlook_after = []", "delivery.look_after"),
        ('[delivery]\nlook_after = "30s"', "delivery.look_after"),
        ('[delivery]\nlook_after = ["30s", "soon"]', "delivery.look_after.2"),
        ('[delivery]\nfirst_retry = "2h"', "delivery.longest_retry"),
        ('[backfill]\nmode = "pull-request"\ntoken = { env = "TOKEN_OF_MASTODON" }', "backfill.repository"),
        ('[backfill]\nmode = "pull-request"\nrepository = "a/b"', "backfill.token"),
        ('[backfill]\nauthor = "nobody"', "backfill.author"),
        ('[backfill]\nmessage = "link for {issue}"', "backfill.message"),
        ('[backfill]\napi_base_url = "http://forge.example"', "backfill.api_base_url"),
        ('[newsletter]\nname = "Snake Weekly"', "newsletter.site"),
        ('[web]\nlisten = "8593"', "web.listen"),
        ('[web]\nwebhook_secret = "plain"', "web.webhook_secret"),
        ('[alerts]\nto = ["json://plain"]', "alerts.to.1"),
        ('[alerts]\nto = [{ env = "NOBODY_SET_THIS" }]', "alerts.to"),
        ('[alerts]\nno_issue_by = "Thursday noon"', "alerts.no_issue_by"),
        (MASTODON + 'api_base_url = "http://mastodon.example"', "accounts.mastodon.api_base_url"),
        ('[[channels]]\nkind = "feed"', "channels.1.url"),
        ('[[channels]]\nurl = "https://a.example"', "channels.1.kind"),
        ('[[channels]]\nkind = "page"\nurl = "a.example"', "channels.1.url"),
        ('[[channels]]\nkind = "account"\nplatform = "mastodon"', "channels.1.address"),
        ('[[channels]]\nkind = "feed"\nurl = "https://a.example"\naddress = "@a@b.example"', "channels.1.address"),
        ('[[channels]]\nkind = "feed"\nurl = "https://a.example"\nalert_after = "0s"', "channels.1.alert_after"),
        (
            '[[channels]]\nkind = "feed"\nurl = "https://a.example"\n'
            '[[channels]]\nkind = "page"\nurl = "https://a.example/b"',
            "channels.2.name",
        ),
        ('[channels]\nkind = "feed"', "channels.url"),
        ("channels = 1", "channels"),
        ('[accounts.x]\nplatform = "x"\nmode = "manual"\nbudget = 5', "accounts.x.budget"),
        ('[accounts.x]\nplatform = "x"\nmode = "manual"\nbudget = "-1.00"', "accounts.x.budget"),
        (MASTODON + 'api_base_url = "https://a:b@mastodon.example"', "accounts.mastodon.api_base_url"),
        (MASTODON + 'api_base_url = "mastodon.example"', "accounts.mastodon.api_base_url"),
        (MASTODON + 'language = "english language"', "accounts.mastodon.language"),
        (MASTODON + 'card = "yes"', "accounts.mastodon.card"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    (problem,) = problems(tmp_path, text)

    assert f": {place}: " in problem


@pytest.mark.parametrize(
    "address",
    [
        "https://forge.example/a/b.git",
        "ssh://git@forge.example:2222/a.git",
        "git@forge.example:a/b.git",
        "forge.example:a.git",
        "git://forge.example/a.git",
        "file:///srv/a.git",
        "/srv/a.git",
        "http://127.0.0.1:8591/a.git",
    ],
)
def test_git_is_reached_by_its_own_transports(tmp_path: Path, address: str) -> None:
    assert read(tmp_path, f'[source]\nurl = "{address}"').sources[0].url == address


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% /tmp/x",
        "ssh://-oProxyCommand=touch/x",
        "ssh://-l@example.org/x.git",
        "-l@example.org:x.git",
        "fd::3",
        "codecommit::eu-west-1://repo",
        "http://forge.example/a.git",
        "ftp://forge.example/a.git",
        "https://[",
        "https:///a.git",
        "../a.git",
        "-oProxyCommand=x:a.git",
    ],
)
def test_a_transport_that_runs_what_the_address_says_is_refused_at_load(tmp_path: Path, address: str) -> None:
    (problem,) = problems(tmp_path, f'[source]\nurl = "{address}"')

    assert ": source.url: git takes https://, ssh://" in problem


@pytest.mark.parametrize("address", ["http://127.0.0.1:8591", "http://localhost:8591/api", "http://[::1]:1"])
def test_plain_http_is_for_this_machine(tmp_path: Path, address: str) -> None:
    assert (
        read(tmp_path, MASTODON + f'api_base_url = "{address}"').accounts[0].settings.api_base_url == address
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[gate\n", ("line 1", "not valid TOML")),
        (b"[gate]\n[gate]\n", ("line 2", "not valid TOML")),
        (b"a = 1\nb = \xff", ("line 2", "UTF-8")),
        (b"a = '''", ("not valid TOML",)),
        (b"a" * 100_000, ("not valid TOML",)),
    ],
)
def test_what_is_no_toml_is_one_sentence(tmp_path: Path, data: bytes, words: tuple[str, ...]) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(data)

    with pytest.raises(ConfigError) as refused:
        config.load(path, platforms.settings_of)

    assert len(refused.value.problems) == 1
    for word in words:
        assert word in str(refused.value)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(
        b"\xef\xbb\xbf[newsletter]\nname = 'A'\nsite = 'https://a.example'\n"
    )

    found = config.load(tmp_path / "config.toml", platforms.settings_of)

    assert found.newsletter.name == "A"


def test_no_file_and_a_folder_are_sentences(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none.toml", "no such file"), (tmp_path, "folder")):
        with pytest.raises(ConfigError, match=words):
            config.load(path, platforms.settings_of)


def test_the_lines_survive_texts_of_several_lines(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path,
        MASTODON
        + 'template = """\n[gate]\nquiet_for = {{ x }}\n"""\n'
        + 'look_after = [\n  "30s",\n]\n\n[gate]\nquiet_for = 1\n',
    )

    assert problem.startswith("config.toml:14: gate.quiet_for")


VALUES = [
    "1",
    "-1",
    "1.5",
    "true",
    '""',
    '"x"',
    "[]",
    "[1, 'x']",
    "{}",
    "{ env = 1 }",
    "1979-05-27",
    "[[[]]]",
    '"http://["',
]
EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text(encoding="utf-8").splitlines()
OPTIONS = [number for number, line in enumerate(EXAMPLE) if re.match(r"[a-z_]+ = (?!\[ *#)", line)]
"""Options on one line."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(OPTIONS), st.sampled_from(VALUES), min_size=1, max_size=6))
def test_whatever_stands_in_the_file_is_read_or_refused_with_sentences(
    tmp_path: Path, changes: dict[int, str]
) -> None:
    lines = list(EXAMPLE)
    for number, value in changes.items():
        lines[number] = f"{lines[number].partition(' = ')[0]} = {value}"

    try:
        read(tmp_path, "\n".join(lines), secrets=False)
        found: tuple[str, ...] = ()
    except ConfigError as refused:
        found = refused.problems

    assert all(re.match(r"config\.toml:\d+: [a-z_0-9.]+: .*[^\s]$", problem) for problem in found)
    assert not any("None" in problem or "Error" in problem for problem in found)


# ── Where it is ──────────────────────────────────────────────────────────────────────────────────────


def test_the_configuration_is_named_or_in_its_usual_place_and_never_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text("")
    Path("crosspost.toml").write_text("")
    home = tmp_path / "home"
    usual = home / ".config" / "crosspost" / "config.toml"
    nowhere = {"HOME": str(home)}

    with pytest.raises(MissingConfigError):
        config.find(None, nowhere)
    usual.parent.mkdir(parents=True)
    usual.write_text("")

    assert config.find(None, nowhere) == usual
    assert config.find(None, {**nowhere, "CROSSPOST_CONFIG": "/named"}) == Path("/named")
    assert config.find("/explicit", {**nowhere, "CROSSPOST_CONFIG": "/named"}) == Path("/explicit")


def test_another_newsletter_has_none_of_the_words_of_this_week_in_rust(tmp_path: Path) -> None:
    other = read(tmp_path, f'{GAZETTE}\n[digest]\nofficial = ["Company news"]')

    assert (other.newsletter.sections, other.newsletter.page_pattern) == ("plain", None)
    assert (other.digest.official, other.digest.inside, other.digest.releases) == (("Company news",), (), ())
    own = read(tmp_path, "")
    assert (own.newsletter.sections, own.newsletter.page_pattern) == (
        "twir",
        "{site}/blog/{date:%Y/%m/%d}/{slug}/",
    )


@pytest.mark.parametrize(
    "page", ["{site}/{name}/", "{site", "{}", "no address", "{site}/a b", "{date.nothing}", "{number:%Q}"]
)
def test_a_page_pattern_that_makes_no_address_is_refused(tmp_path: Path, page: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, f'{GAZETTE}\npage = "{page}"')
    assert "only {site}, {date:%Y/%m/%d}, {slug}, {file} and {number} are replaced" in str(refused.value)
