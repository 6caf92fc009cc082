"""Pages of those who run the site."""
