"""The domain: tasks, catalogues, companies and API keys. It knows nothing of HTTP, AWS or JSON."""
