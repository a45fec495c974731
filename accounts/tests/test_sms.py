"""Text messages: through the service, its bad days, and the fakes."""

import pytest
import structlog
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from accounts import sms

PHONE = "+14155550123"


@pytest.fixture
def sns(settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    settings.SMS_SENDER, settings.SMS_REGION = "sns", "eu-central-1"
    with mock_aws():
        sms._client.cache_clear()
        yield sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"]
    sms._client.cache_clear()


def test_a_message_reaches_the_service(sns):
    sms.send(PHONE, "123456 is your code.")
    assert [(phone, text) for phone, text, *_ in sns.sms_messages.values()] == [(PHONE, "123456 is your code.")]


def test_reaching_the_service_sends_nothing(sns):
    sms.reach(PHONE)
    assert not sns.sms_messages


@pytest.mark.parametrize("answer", ["Throttling", "InternalError", "AuthorizationError", "InvalidParameter"])
@pytest.mark.parametrize("ask", [sms.send, sms.reach])
def test_a_service_that_fails_is_a_sentence_without_the_number(sns, answer, ask):
    client = sms._client("eu-central-1")
    what = "publish" if ask is sms.send else "check_if_phone_number_is_opted_out"
    with (
        Stubber(client) as stub,
        structlog.testing.capture_logs() as logged,
        pytest.raises(sms.SmsAway) as away,
    ):
        stub.add_client_error(what, answer, f"cannot reach {PHONE}", http_status_code=400)
        ask(*([PHONE, "123456"] if ask is sms.send else [PHONE]))
    assert (away.value.status, away.value.code) == (503, "SMS_UNAVAILABLE")
    assert logged == [{"event": "sms_failed", "answer": answer, "log_level": "warning"}]
    assert PHONE not in str(away.value) and away.value.__suppress_context__


def test_a_service_that_is_not_there_is_a_sentence(settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:1")
    settings.SMS_SENDER, settings.SMS_REGION = "sns", "eu-central-1"
    sms._client.cache_clear()
    with structlog.testing.capture_logs() as logged, pytest.raises(sms.SmsAway):
        sms.send(PHONE, "123456")
    assert logged[0]["answer"] == "EndpointConnectionError"
    sms._client.cache_clear()


def test_the_console_shows_the_message(settings, capsys):
    settings.SMS_SENDER = "console"
    sms.send(PHONE, "123456 is your code.")
    sms.reach(PHONE)
    assert capsys.readouterr().out == f"SMS to {PHONE}: 123456 is your code.\n"


def test_the_outbox_keeps_the_message(outbox):
    sms.send(PHONE, "123456 is your code.")
    sms.reach(PHONE)
    assert outbox == [(PHONE, "123456 is your code.")]
