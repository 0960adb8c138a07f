"""SAM local runs the functions in Lambda's containers. These tests need Docker."""
