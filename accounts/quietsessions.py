"""The library's list of a person's sessions, without the signals by which it would write that list itself."""

from allauth.usersessions.apps import UserSessionsConfig


class Quiet(UserSessionsConfig):
    def ready(self) -> None:
        """Its receivers read a person's sessions one by one at every sign-in; `sessions.begin` reads none."""
