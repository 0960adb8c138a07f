"""What the functions of the Task API share, in three rooms.

``domain`` knows what a task, a catalogue and an API key are. ``wire`` turns API Gateway events into requests, and
answers into JSON and XML. ``store`` keeps tasks, catalogues and keys in DynamoDB. Functions import from all three;
``wire`` and ``store`` import from ``domain``, which imports from neither.
"""
