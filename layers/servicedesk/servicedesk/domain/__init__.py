"""What a task, a catalogue, a company and an API key are. Knows nothing of HTTP, AWS or JSON."""
