"""Tests; each folder says in its first line what it is for."""
