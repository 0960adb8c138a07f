"""The published documents of the API, and their agreement with the service."""
