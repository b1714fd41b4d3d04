"""The number by which people file an incident."""

from __future__ import annotations

_SHOWN = 12


def incident_number(incident_id: str) -> str:
    """The incident's number: the same in every report, at every time and in both languages.

    The last characters of its id, which is made of what opened it; 60 bits, by which a million
    incidents hardly share one.
    """
    code = incident_id[-_SHOWN:]
    return f"SI-{code[:4]}-{code[4:8]}-{code[8:]}"
