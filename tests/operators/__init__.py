"""Operators: onboarding, keys, isolation between companies, signals."""
