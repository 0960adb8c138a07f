"""Lists of tasks on DynamoDB Local: pages, cursors, the feed of changes, and what concurrent writes do to them."""
