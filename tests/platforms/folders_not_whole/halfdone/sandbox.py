"""A stand-in that is not written yet."""
