"""``manage.py api_token USERNAME --name NAME``: tokens that programs show to the programming interface."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import ApiToken
from recommender.services import tokens


class Command(BaseCommand):
    help = "Make a token for the REST interface and print it once; list or revoke those that exist."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="whose rights the token carries")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--name", help="the program that will use the new token")
        what.add_argument("--list", action="store_true", help="show this person's tokens")
        what.add_argument("--revoke", metavar="NAME", help="make the token of this name useless")
        parser.add_argument("--days", type=int, help="days until the new token expires (default: never)")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody is named {options['username']}. Check the spelling.")
        try:
            if options["list"]:
                self._list(user)
            elif options["revoke"]:
                tokens.revoke(user, options["revoke"])
                self.stderr.write(f"{options['revoke']} opens nothing any more.")
            else:
                self._issue(user, options["name"], options["days"])
        except RecommenderError as error:
            raise CommandError(str(error)) from error

    def _issue(self, user: Any, name: str, days: int | None) -> None:
        if days is not None and not 0 < days <= 36_500:
            raise CommandError(f"--days {days}: a number from 1 to 36500.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        token = tokens.issue(user, name, expires_at=expires_at)
        # The token alone goes to the standard output, so that a script can take it.
        self.stdout.write(token)
        self.stderr.write("Keep it safe: it is shown this once. Send it as 'Authorization: Bearer TOKEN'.")

    def _list(self, user: Any) -> None:
        for one in ApiToken.objects.filter(user=user):
            used = f"last used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
            ends = f"expires {one.expires_at:%Y-%m-%d}" if one.expires_at else "does not expire"
            self.stdout.write(f"{one.name}: made {one.created_at:%Y-%m-%d}, {used}, {ends}")
