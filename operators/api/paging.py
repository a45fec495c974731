"""Pages of the desk: up to 200 rows."""

from rest_framework import serializers

from accounts.api.paging import Page


class DeskPage(Page):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
