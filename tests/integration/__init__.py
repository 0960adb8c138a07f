"""The functions over moto: a task from end to end, and every fixture of `events/`."""
