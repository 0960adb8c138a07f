"""The floor: what the interpreter, the runtime client and the emulator cost without any work."""

from typing import Any


def lambda_handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return {"statusCode": 201, "headers": {"Content-Type": "application/json"}, "body": '{"message": "hello"}'}
