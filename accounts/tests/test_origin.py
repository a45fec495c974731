"""Whose address is believed."""

import pytest
from django.test import RequestFactory

from accounts import origin


@pytest.mark.parametrize(("proxies", "seen"), [(0, "10.0.0.3"), (1, "10.0.0.2"), (2, "10.0.0.1"), (9, "10.0.0.3")])
def test_the_address_is_counted_back_over_the_proxies_we_trust(settings, proxies, seen):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.0.0.1, 10.0.0.2", REMOTE_ADDR="10.0.0.3")
    assert origin.client_address(request) == seen


def test_a_word_in_place_of_an_address_is_no_address(settings):
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="unknown", HTTP_USER_AGENT="x\x00" + "y" * 300)
    assert origin.of(request) == origin.Origin(None, "x" + "y" * 254, "")
