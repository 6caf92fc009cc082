"""Whether what came in lately is like what came before: vectors, mixes of values, confidence."""
