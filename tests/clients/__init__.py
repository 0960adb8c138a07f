"""Clients of other authors, or like theirs: their requests, and their reading of the answers."""
