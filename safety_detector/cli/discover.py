"""``safety-detector cameras discover``: the ONVIF cameras of the local network."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.camera_sources.discovery.onvif import (
    DiscoveredCamera,
    OnvifLogin,
    ask_for_streams,
)
from safety_detector.camera_sources.discovery.probing import PORT, probe
from safety_detector.cli.camera_passwords import read_password
from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.errors import ConfigurationInvalid
from safety_detector.network.permitted import AllowedNetworks


def run_discover(
    addresses: Sequence[str],
    timeout_s: float,
    username: str | None,
    password_file: Path | None,
    *,
    as_json: bool,
) -> int:
    """Lists the cameras that answer; returns the exit code.

    Raises:
        ConfigurationInvalid: an address is none, or lies outside of the cameras' networks.
    """
    networks = AllowedNetworks(settings_with_warnings().camera_networks)
    targets = [_target(one, networks) for one in addresses]
    password = read_password(password_file, username)
    login = OnvifLogin(username, password or "") if username is not None else None
    found = ask_for_streams(probe(networks, timeout_s, targets), login)
    if as_json or not stdout_is_terminal():
        for one in found:
            print_json_line(_document(one))
    else:
        _print_table(found)
    _tell_what_next(found, username)
    return DONE


def _target(text: str, networks: AllowedNetworks) -> tuple[str, int]:
    host, _, port = text.strip().partition(":")
    try:
        address = ipaddress.IPv4Address(host)
        number = int(port) if port else PORT
    except ValueError as exc:
        raise ConfigurationInvalid("discover-address", address=text) from exc
    if not 0 < number < 65_536:
        raise ConfigurationInvalid("discover-address", address=text)
    if not networks.permits(address):
        raise ConfigurationInvalid("camera-network-not-allowed", address=address, networks=networks)
    return str(address), number


def _document(found: DiscoveredCamera) -> dict[str, Any]:
    device, fault = found.device, found.fault
    return {
        "address": device.address,
        "service": device.service,
        "name": device.name,
        "hardware": device.hardware,
        "location": device.location,
        "streams": [
            {
                "profile": one.profile,
                "url": one.url,
                "codec": one.codec,
                "width": one.width,
                "height": one.height,
            }
            for one in found.streams
        ],
        "problem": fault and {"code": fault.code, "reason": fault.message},
    }


def _print_table(found: Sequence[DiscoveredCamera]) -> None:
    table = Table("address", "name", "model", "stream", "picture")
    for one in found:
        device = one.device
        told = [Text(printable(text or "")) for text in (device.name, device.hardware)]
        rows = [
            (stream.url, f"{stream.width or '?'} x {stream.height or '?'} {stream.codec or ''}")
            for stream in one.streams
        ] or [(one.fault.message if one.fault else "", "")]
        for number, (stream_url, size) in enumerate(rows):
            first = [Text(device.address), *told] if number == 0 else [Text("")] * 3
            table.add_row(*first, Text(printable(stream_url)), Text(printable(size)))
    Console().print(table)


def _tell_what_next(found: Sequence[DiscoveredCamera], username: str | None) -> None:
    streams = [stream for one in found for stream in one.streams]
    if not found:
        stderr.print(
            "No ONVIF camera answered. They may be behind a router (ask them by --address), or "
            "ONVIF may be switched off in them; cameras add takes any address.",
            markup=False,
            soft_wrap=True,
        )
    elif streams:
        user = f" --username {printable(username)}" if username else ""
        stderr.print(
            f"Add one: safety-detector cameras add NAME '{printable(streams[0].url)}'{user}",
            markup=False,
            soft_wrap=True,
        )
    else:
        stderr.print(
            "With --username and --password-file they tell the addresses of their streams.",
            markup=False,
            soft_wrap=True,
        )
