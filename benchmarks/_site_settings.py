"""The site's own settings with one address more: an empty view, as the peer of every latency."""

from mmsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks._site_urls"
