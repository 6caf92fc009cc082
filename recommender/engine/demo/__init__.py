"""A small world generated from a seed: products, pictures, sounds, people, events and reviews."""
