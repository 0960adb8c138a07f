"""Structured logs and metrics (embedded metric format); neither ever holds what a client wrote in a task."""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics

logger = Logger()
"""Named by ``POWERTOOLS_SERVICE_NAME``, as verbose as ``POWERTOOLS_LOG_LEVEL`` says."""

metrics = Metrics()
"""In the namespace ``POWERTOOLS_METRICS_NAMESPACE``."""
