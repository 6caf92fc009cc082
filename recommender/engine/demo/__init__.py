"""A small world generated from a seed: products, pictures, sounds, people, events and reviews."""

from recommender.engine.demo.files import write_world
from recommender.engine.demo.world import World, build_world

__all__ = ["World", "build_world", "write_world"]
