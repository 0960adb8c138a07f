"""The domain of the Task API: what a task is, who is calling, and how both go over the wire and into the table."""
