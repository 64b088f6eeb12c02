"""A platform's folder that somebody has just begun."""
