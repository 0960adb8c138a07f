"""DynamoDB: keys, conditions, and items as tasks, catalogues and API keys."""
