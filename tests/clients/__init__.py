"""Clients that others wrote, or would write: what they send, and what they make of the answers."""
