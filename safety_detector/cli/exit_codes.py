"""What each exit code of ``safety-detector`` means, and which error leads to which."""

from __future__ import annotations

from safety_detector.errors import (
    AnnotationsInvalid,
    CameraAddressRefused,
    ConfigurationInvalid,
    FontInvalid,
    ModelUnreachable,
    PictureUnsuitable,
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
STOPPED = 130  # 128 and the number of SIGINT, as shells say it: not everything was done
PROGRAM_FAULT = 70  # EX_SOFTWARE of sysexits.h; Python's own 1 would read as "hazards found"

# Errors that end a command before it has done anything; of single pictures they are results.
_WRONG_INPUT = (
    AnnotationsInvalid,
    CameraAddressRefused,
    ConfigurationInvalid,
    FontInvalid,
    PictureUnsuitable,
    SubmissionRefused,
    WeightsInvalid,
)


def exit_code_for(error: SafetyDetectorError) -> int:
    """The exit code of a command that this error ended."""
    if isinstance(error, ModelUnreachable | ServiceUnavailable):
        return UNREACHABLE
    if isinstance(error, _WRONG_INPUT):
        return WRONG_USAGE
    return PARTLY_FAILED
