"""`sam local start-api`, with its Lambda authorizer, passes the HTTP tests of a deployed stack."""

from tests.stack import test_http, test_published

# SAM local serves no mock integrations, and so no preflight.
LEFT_OUT = {"test_a_browser_may_ask_first"}

globals().update(
    {name: test for name, test in vars(test_http).items() if name.startswith("test_") and name not in LEFT_OUT}
)

# The samples are the stack tests' concern; what is published has to be served here, too.
globals().update({name: test for name, test in vars(test_published).items() if name.startswith("test_11_")})
