"""Utenza's own PostgreSQL: the binaries of a wheel under a small supervisor, so that there is nothing to install."""
