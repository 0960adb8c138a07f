"""Faults on the wire between the store and its database."""
