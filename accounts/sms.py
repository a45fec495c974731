"""Sends a text message: through AWS SNS, onto the console of a demo, or into a list that tests read."""

from functools import cache
from typing import Any, NamedTuple, Protocol

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from accounts.refusals import Unavailable

log = structlog.get_logger("spendsense.sms")


class SmsAway(Unavailable):
    code = "SMS_UNAVAILABLE"
    sentence = "Text messages cannot be sent at the moment. Try again in a moment."


class Message(NamedTuple):
    phone: str
    text: str


class Sender(Protocol):
    def send(self, phone: str, text: str) -> None: ...

    def reach(self, phone: str) -> None: ...


def send(phone: str, text: str) -> None:
    SENDERS[settings.SMS_SENDER].send(phone, text)


def reach(phone: str) -> None:
    """The same way to the same service without a message: for a number that gets none but must not look so."""
    SENDERS[settings.SMS_SENDER].reach(phone)


class Sns:
    def send(self, phone: str, text: str) -> None:
        attributes = {"AWS.SNS.SMS.SMSType": "Transactional"}
        if settings.SMS_SENDER_ID:
            attributes["AWS.SNS.SMS.SenderID"] = settings.SMS_SENDER_ID
        self._ask(
            "publish",
            PhoneNumber=phone,
            Message=text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )

    def reach(self, phone: str) -> None:
        self._ask("check_if_phone_number_is_opted_out", phoneNumber=phone)

    def _ask(self, what: str, **asked: Any) -> None:
        try:
            getattr(_client(settings.SMS_REGION), what)(**asked)
        except (BotoCoreError, ClientError) as failed:
            answer = failed.response["Error"]["Code"] if isinstance(failed, ClientError) else type(failed).__name__
            log.warning("sms_failed", answer=answer)  # what the service says may quote the number
            raise SmsAway from None


class Console:
    def send(self, phone: str, text: str) -> None:
        print(f"SMS to {phone}: {text}", flush=True)

    def reach(self, phone: str) -> None:
        pass


class Outbox(list[Message]):
    def send(self, phone: str, text: str) -> None:
        self.append(Message(phone, text))

    def reach(self, phone: str) -> None:
        pass


outbox = Outbox()
SENDERS: dict[str, Sender] = {"sns": Sns(), "console": Console(), "outbox": outbox}


@cache  # building a client reads the service's description from disk
def _client(region: str | None) -> Any:
    patience = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.session.Session().client("sns", region_name=region, config=patience)
