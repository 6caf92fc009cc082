"""Whether the site is healthy: what its processes say of themselves, and what can be looked up."""
