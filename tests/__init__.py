"""Tests; the first line of each folder describes it."""
