"""The OpenAPI document, made from the declarations that validate. The help page is made from it by the build."""
