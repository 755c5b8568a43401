"""What the refusals and ends of an MQTT broker are called, and what is refused before it is asked."""

from pathlib import Path

import pytest
import structlog
from aiomqtt import MqttCodeError, MqttError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from monitor.errors import ConfigError
from monitor.runtime.mqtt_broker import MqttBroker, code_of, explain, is_fatal, tls_context
from tests.real.certificates import server_certificate


def refusal(code: int, kind: int = PacketTypes.CONNACK) -> MqttCodeError:
    return MqttCodeError(ReasonCode(kind, identifier=code))


@pytest.mark.parametrize(("code", "fatal"), [(134, True), (135, True), (133, True), (136, False), (128, False)])
def test_only_what_a_person_must_change_is_fatal(code: int, fatal: bool) -> None:
    """A wrong password stays wrong; a broker that is busy, or says nothing that MQTT knows, may think again."""
    assert is_fatal(refusal(code)) is fatal


def test_the_reason_behind_the_end_of_an_iteration_counts() -> None:
    """aiomqtt wraps it: a client that came with the same id is told apart from a lost connection."""
    ended = MqttError("Disconnected during message iteration")
    ended.__cause__ = refusal(142, PacketTypes.DISCONNECT)

    assert code_of(ended) == 142
    assert "same client id" in explain(ended, connected=True)


def test_one_code_means_two_things() -> None:
    """paho calls both an unknown CONNACK code and an end without a reason unspecified."""
    assert "Webull" in explain(refusal(128), connected=False)
    assert explain(refusal(128), connected=True) == "the broker closed the connection"
    lost = MqttCodeError(4, "Could not publish message")  # what a call says that comes when the connection is gone
    lost.__cause__ = refusal(128)
    assert explain(lost, connected=True) == "the broker closed the connection"


def test_errors_without_a_code_say_what_they_say() -> None:
    assert explain(MqttError("[Errno 111] Connection refused"), connected=False) == "[Errno 111] Connection refused"
    assert explain(OSError(), connected=False) == "OSError"
    assert "set ca_file" in explain(MqttError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), connected=False)


@pytest.mark.parametrize("client_id", ["", "desk-{rand}"])
def test_a_session_is_kept_for_a_name_that_stays(client_id: str) -> None:
    """A broker would keep one more session for every start, and hand it to nobody."""
    with pytest.raises(ConfigError, match="clean_start"):
        MqttBroker("127.0.0.1", where="feeds.mqtt", client_id=client_id, clean_start=False)


def test_a_client_certificate_must_be_there_with_its_key(tmp_path: Path) -> None:
    """Files that cannot be used are refused before anybody is asked, by the table and key that name them."""
    certificate, key = server_certificate(tmp_path)

    assert tls_context("127.0.0.1", cert_file=str(certificate), key_file=str(key), where="publish")
    with pytest.raises(ConfigError, match=r"publish: cert_file"):
        tls_context("127.0.0.1", key_file=str(key), where="publish")
    with pytest.raises(ConfigError, match=r"publish: cert_file"):
        tls_context("127.0.0.1", cert_file=str(certificate), where="publish")
    with pytest.raises(ConfigError, match=r"publish: cert_file"):
        tls_context("127.0.0.1", cert_file=str(tmp_path / "none.pem"), key_file=str(key), where="publish")


def test_the_address_for_people_holds_no_secret() -> None:
    broker = MqttBroker("h", 8883, tls=True, username="me", password="s3cret", transport="websockets", path="/q")

    assert broker.address == "wss://h:8883/q"
    assert "s3cret" not in repr(broker)


async def test_a_password_that_would_travel_in_clear_is_warned_about() -> None:
    """Outside this machine a login without TLS can be read by others; the warning comes once and does not repeat it."""
    login = {"username": "me", "password": "s3cret"}
    brokers = [MqttBroker("127.0.0.1", **login), MqttBroker("broker.test", tls=True, **login)]
    open_one = MqttBroker("broker.test", **login)
    with structlog.testing.capture_logs() as logs:
        for broker in [*brokers, open_one, open_one]:
            broker.client()

    assert [entry["event"] for entry in logs] == ["mqtt_password_in_clear"]
    assert "s3cret" not in str(logs)
