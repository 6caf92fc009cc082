"""One command per published number, its peers measured in the same run."""
