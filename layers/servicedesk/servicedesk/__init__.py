"""The package that the functions of the Task API share.

``domain`` knows what a task, a catalogue and an API key are. ``wire`` turns API Gateway events into requests, and
answers into JSON and XML. ``store`` keeps tasks, catalogues and keys in DynamoDB. ``operations`` has a module for each
operation of the API. Imports go from operations to wire and store, and from those to domain.
"""
