"""``manage.py serve``: the whole site in one command."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mmsite.serve import serve


class Command(BaseCommand):
    help = "Runs Redis (unless REDIS_URL is set), the web server, the workers and the scheduler until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo world, unless it is there")

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(serve(demo=options["demo"]))
