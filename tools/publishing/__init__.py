"""The OpenAPI document, generated from the declarations that validate. The build makes the help page from it."""
