"""`sam local start-api`, with its Lambda authorizer, passes the HTTP tests of a deployed stack."""

from tests.stack import test_http

# SAM local serves no mock integrations, and so no preflight.
LEFT_OUT = {"test_a_browser_may_ask_first"}

globals().update(
    {name: test for name, test in vars(test_http).items() if name.startswith("test_") and name not in LEFT_OUT}
)
