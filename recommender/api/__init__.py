"""The REST interface: permission first, one service call or query, one schema."""
