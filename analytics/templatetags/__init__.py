"""Filters of the report's templates."""
