"""Statistics of reports: intervals, tests, terms, charts."""
