"""What each exit code of ``safety-detector`` means, and which error leads to which."""

from __future__ import annotations

from safety_detector.errors import (
    ConfigurationInvalid,
    FontInvalid,
    ModelUnreachable,
    SafetyDetectorError,
    ServiceUnavailable,
    SubmissionRefused,
    WeightsInvalid,
)

DONE = 0
HAZARD_FOUND = 1  # only with --fail-on-hazard
WRONG_USAGE = 2
PARTLY_FAILED = 3
UNREACHABLE = 4


def exit_code_for(error: SafetyDetectorError) -> int:
    """The exit code of a command that this error ended."""
    if isinstance(error, ModelUnreachable | ServiceUnavailable):
        return UNREACHABLE
    if isinstance(error, ConfigurationInvalid | FontInvalid | SubmissionRefused | WeightsInvalid):
        return WRONG_USAGE
    return PARTLY_FAILED
