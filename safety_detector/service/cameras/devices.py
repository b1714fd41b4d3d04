"""By what the receivers know a camera: its device's MAC address, IP address, channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import RowMapping, delete, insert, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import camera_devices, cameras
from safety_detector.service.cameras.cameras import find_camera
from safety_detector.vendor_payloads.events import Make, as_address
from safety_detector.vendor_payloads.hikvision import possible_channels


class Acknowledgement(StrEnum):
    """What a push is answered with; models differ in what they take for received."""

    EMPTY = "empty"
    OK = "ok"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Device:
    """What sends a camera's pushes.

    Attributes:
        mac: its MAC address, as ``vendor_payloads.events.as_mac`` writes it.
        address: its IP address, likewise.
        channel: the camera's of a recorder, from 1.
        acknowledgement: what its pushes are answered with.
    """

    mac: str | None = None
    address: str | None = None
    channel: int | None = None
    acknowledgement: Acknowledgement = Acknowledgement.EMPTY


@dataclass(frozen=True, slots=True)
class Signs:
    """What a push says of its device.

    Attributes:
        make: whose form it has.
        mac: None where it says nothing.
        addresses: what it says of itself, then where it came from.
        channel: the vendor's number.
    """

    make: Make
    mac: str | None
    addresses: Sequence[str]
    channel: int | None


_KNOWN = select(
    cameras.c.id,
    cameras.c.source,
    camera_devices.c.mac,
    camera_devices.c.address,
    camera_devices.c.channel,
).join_from(cameras, camera_devices, camera_devices.c.camera_id == cameras.c.id, isouter=True)


class Devices:
    """Keeps the devices of cameras, and finds a camera by what a push says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, camera_id: str) -> Device:
        """The device of a camera.

        Raises:
            UnknownCamera: there is no such camera.
        """
        query = select(camera_devices).where(camera_devices.c.camera_id == camera_id)
        with self._database.read() as connection:
            find_camera(connection, camera_id)
            row = connection.execute(query).mappings().one_or_none()
        return Device() if row is None else _to_device(row)

    def time_zone(self, camera_id: str) -> str | None:
        """The zone of a camera's clock, where the operator says so."""
        with self._database.read() as connection:
            zone: str | None = find_camera(connection, camera_id)["timezone"]
        return zone

    def set(self, camera_id: str, device: Device) -> Device:
        """Says by what a camera is known.

        Raises:
            UnknownCamera: there is no such camera.
        """
        values = {
            "camera_id": camera_id,
            "mac": device.mac,
            "address": device.address,
            "channel": device.channel,
            "acknowledgement": device.acknowledgement.value,
        }
        with self._database.write() as connection:
            find_camera(connection, camera_id, lock=True)
            gone = delete(camera_devices).where(camera_devices.c.camera_id == camera_id)
            connection.execute(gone)
            connection.execute(insert(camera_devices), values)
        return device

    def find(self, signs: Signs) -> str | None:
        """The camera that a push is from, by MAC address, else IP address; then by channel.

        None where there is none, or where several would do: a picture must not be filed under
        another camera's name.
        """
        with self._database.read() as connection:
            known = connection.execute(_KNOWN).mappings().all()
        by_mac = [row for row in known if signs.mac is not None and row["mac"] == signs.mac]
        if by_mac:
            return _of_channel(by_mac, signs)
        for address in signs.addresses:
            found = [row for row in known if address in _addresses(row)]
            if found:
                return _of_channel(found, signs)
        return None


def _of_channel(found: Sequence[RowMapping], signs: Signs) -> str | None:
    """Of the cameras behind one device the one that is meant."""
    if signs.channel is not None:
        channels: Callable[[int], Sequence[int]] = (
            possible_channels if signs.make is Make.HIKVISION else lambda one: (one,)
        )
        for channel in channels(signs.channel):
            meant = [row for row in found if row["channel"] == channel]
            if meant:
                return meant[0]["id"] if len(meant) == 1 else None
    # A device with one camera has no channel to be told by.
    whole = [row for row in found if row["channel"] is None or signs.channel is None]
    return whole[0]["id"] if len(whole) == 1 else None


def _addresses(row: RowMapping) -> tuple[str | None, ...]:
    """Where a camera is: as was said for the receivers, or where it is pulled from."""
    if row["mac"] is not None or row["address"] is not None:
        return (row["address"],)
    try:
        host = urlsplit(str(row["source"].get("url", ""))).hostname or ""
    except ValueError:
        return ()
    return (as_address(host),)


def _to_device(row: RowMapping) -> Device:
    return Device(
        row["mac"], row["address"], row["channel"], Acknowledgement(row["acknowledgement"])
    )
