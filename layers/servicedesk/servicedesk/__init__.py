"""The domain of the Task API: what a task is, who is calling, and how both go over the wire and into the table."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Hundreds of modules follow, and nothing of them is garbage, yet the collector would look at all of it again and
    # again. It is turned on when the function stands: see ``telemetry.observed``.
    gc.disable()
