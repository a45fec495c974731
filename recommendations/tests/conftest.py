"""Who calls the cards API: a desk of staff, somebody of another institution, services with a key."""

import pytest

from accounts import keys, rowsecurity
from accounts.tests import factories as people
from recommendations.tests.carding import authorised


@pytest.fixture
def desk(omar, calling):
    return calling(omar)


@pytest.fixture
def elsewhere(db):
    return people.TenantFactory(slug="elsewhere")


@pytest.fixture
def stranger(elsewhere, calling):
    return calling(people.UserFactory(role="admin", tenant=elsewhere))


@pytest.fixture
def with_key(ada, now):
    def client(*scopes):
        with rowsecurity.viewing(rowsecurity.of(ada)):
            made = keys.make(by=ada, name="Service", scopes=scopes, expires_at=None, now=now)
        return authorised(made.secret)

    return client
