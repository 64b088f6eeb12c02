"""A process that stands still while it connects, for longer than its claim lasts, posts nothing afterwards."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from crosspost.config.schema import DeliveryConfig
from crosspost.config.secrets import Secret
from crosspost.delivery.account import Account
from crosspost.delivery.workers import deliver
from crosspost.model import DeliveryState
from crosspost.platforms import mastodon, x
from crosspost.platforms._settings import AccountSettings
from crosspost.store import Store, open_store
from tests.conftest import MovableClock
from tests.delivery.scripted_server import NEWSLETTER, planned
from tests.platforms.scripted_place import Place, Reply

pytest.importorskip("cryptography")
pytest_plugins = ("tests.platforms.scripted_place",)

ANSWERS: dict[str, dict[tuple[str, str], Any]] = {
    "mastodon": {
        ("GET", "/api/v1/accounts/verify_credentials"): {"id": "7", "acct": "twir", "username": "twir"},
        ("GET", "/api/v1/accounts/7/statuses"): [],
        ("POST", "/api/v1/statuses"): {"id": "1", "url": "https://m.example/@twir/1", "content": ""},
    },
    "x": {
        ("GET", "/2/users/me"): {"data": {"id": "7", "username": "twir"}},
        ("GET", "/2/users/7/tweets"): {"meta": {"result_count": 0}},
        ("POST", "/2/tweets"): {"data": {"id": "1"}},
    },
}


def a_certificate(folder: Path) -> Path:
    """A key and a certificate for localhost, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "localhost.pem"
    path.write_bytes(certificate.public_bytes(pem) + secret)
    return path


@pytest.fixture
def handshakes() -> list[Callable[[], object]]:
    """What happens during the first TLS handshake, the second, and so on."""
    return []


@pytest.fixture
def secure(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    handshakes: list[Callable[[], object]],
) -> Place:
    """The place, behind TLS."""
    pem = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def shake(_socket: object, _name: object, _context: object) -> None:
        if handshakes:
            handshakes.pop(0)()

    context.sni_callback = shake
    place.speak_tls(context)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    return place


@pytest.fixture
def store(tmp_path: Path, clock: MovableClock) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'crosspost.db'}", NEWSLETTER, clock)
    yield store
    store.close()


@pytest.mark.parametrize("name", ["mastodon", "x"])
def test_a_process_stopped_during_the_handshake_posts_nothing_afterwards(
    name: str,
    secure: Place,
    store: Store,
    clock: MovableClock,
    secret: Callable[[str], Secret],
    handshakes: list[Callable[[], object]],
) -> None:
    (publishes, found) = list(ANSWERS[name])[-1], list(ANSWERS[name])[1]
    for (method, path), answer in ANSWERS[name].items():
        secure.on(method, path, Reply(200, answer))
    account = an_account(name, secure, clock, secret)
    planned(store, clock(), name)

    def stand_still() -> None:
        if secure.count(*found):  # it has looked: this is the connection to publish on
            clock.advance(minutes=10)

    handshakes += [stand_still] * 5
    (changed,) = deliver(store, {name: account}, DeliveryConfig(), clock)

    assert secure.count(*publishes) == 0
    assert (changed.state, changed.attempts) == (DeliveryState.DUE, 1)
    assert "the attempt took too long before anything was sent" in changed.reason
    handshakes.clear()
    clock.advance(hours=1)
    (changed,) = deliver(store, {name: account}, DeliveryConfig(), clock)
    assert changed.state == DeliveryState.SENT
    assert secure.count(*publishes) == 1


def an_account(name: str, place: Place, clock: MovableClock, secret: Callable[[str], Secret]) -> Account:
    url, s = place.url.replace("http://127.0.0.1", "https://localhost"), secret("the-secret")
    made: dict[str, AccountSettings] = {
        "mastodon": mastodon.Settings(api_base_url=url, access_token=s),
        "x": x.Settings(url, s, s, s, s),
    }
    return Account(
        name=name,
        platform=name,
        mode="auto",
        look_after=(timedelta(minutes=1),),
        connect=lambda: made[name].connect(clock),
        image=lambda _post: None,
        settings=made[name],
    )
