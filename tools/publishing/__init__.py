"""What is published of the API: the OpenAPI document and the help page, made from the declarations that validate."""
