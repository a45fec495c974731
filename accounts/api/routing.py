"""How every app routes its viewsets."""

from rest_framework.routers import SimpleRouter


class EitherSlash(SimpleRouter):
    """No trailing slash is needed; one is accepted, and nothing is redirected."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"
