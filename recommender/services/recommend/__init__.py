"""What to show to whom, and why: the feed, the rows above it, what is like an item.

A feed is read off the item graph: the rows of what somebody did lately, weighted, summed and mixed. Nothing
is worked out beforehand for anybody, so the next click counts at once, and visitors are served like members.
"""

from recommender.services.recommend.answers import forget_answers
from recommender.services.recommend.cards import Card, make_card
from recommender.services.recommend.feed import feed, front_page, rows
from recommender.services.recommend.preview import preview
from recommender.services.recommend.profile import forget_profiles, profile_of
from recommender.services.recommend.shelf import available_now, forget_items, items_now
from recommender.services.recommend.showing import FeedPage, FeedRow
from recommender.services.recommend.similar import similar, why
from recommender.services.recommend.world import forget_world

__all__ = [
    "Card",
    "FeedPage",
    "FeedRow",
    "available_now",
    "feed",
    "forget",
    "front_page",
    "items_now",
    "make_card",
    "preview",
    "profile_of",
    "rows",
    "similar",
    "why",
]


def forget() -> None:
    """Read everything that this process remembers anew at its next use."""
    for one in (forget_answers, forget_items, forget_profiles, forget_world):
        one()
