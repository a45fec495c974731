"""The wire to the mailbox of new staff: the link by which they set a password, and the mail that brings it."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User

SUBJECT = "Your SpendSense account"
TITLES = {"junior": "junior operator", "senior": "senior operator", "admin": "administrator"}


def link(user: User) -> str:
    """Works until a password is set or its time is over; made with the eyes of sign-in, whose tables it seals."""
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.SITE_URL}{path}"


def send(*, user: User, institution: str, link: str) -> None:
    said = {
        "institution": institution,
        "position": TITLES[user.position],
        "link": link,
        "site": settings.SITE_URL,
    }
    send_mail(SUBJECT, render_to_string("mail/invitation.txt", said), None, [str(user.email)])
