"""What the second factor asks beyond django-allauth: secrets unreadable at rest, keys bound to our domain."""

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


class SecondFactorAdapter(DefaultMFAAdapter):
    """The first key of the list encrypts, each of them decrypts: a new key goes in front, an old one stays behind."""

    def encrypt(self, text: str) -> str:
        return _ring(settings.SECOND_FACTOR_KEYS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _ring(settings.SECOND_FACTOR_KEYS).decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Of the domain, not of the host that was asked: a key works on every host below it, and nowhere else."""
        return {"id": settings.WEBAUTHN_RP_ID, "name": settings.MFA_TOTP_ISSUER}


def keys_are_sound(keys: list[str]) -> bool:
    try:
        return bool(keys) and bool(_ring(keys))
    except ValueError:
        return False


def _ring(keys: list[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
