"""``safety-detector serve``: the whole service on this machine."""

from __future__ import annotations

import ipaddress
from contextlib import closing

from safety_detector.cli.console import stderr
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.first_key import adopt_first_key
from safety_detector.cli.startup import (
    keep_data_private,
    refuse_unusable_tls,
    refuse_unusable_weights,
    settings_with_warnings,
)
from safety_detector.errors import ConfigurationInvalid
from safety_detector.observability.logs import configure_logging
from safety_detector.service.access.keys import Keys
from safety_detector.service.access.people import People
from safety_detector.service.core import now_utc
from safety_detector.service.reports.records import RENDER_QUEUE
from safety_detector.settings import Settings
from safety_detector.single_machine.data_folder_lock import locked_data_folder
from safety_detector.single_machine.serving import Deployment, check_port, serve
from safety_detector.wiring import open_migrated_database


def run_serve(host: str, port: int) -> int:
    """Runs everything until it is asked to stop; returns the exit code.

    Raises:
        ConfigurationInvalid: the data folder is in use, the port is taken, the address needs a
            key and there is none, or the certificate cannot be used.
        WeightsInvalid: the embedded detector's weights cannot be used.
    """
    settings = settings_with_warnings()
    configure_logging(settings.log_format, settings.log_level)
    refuse_unusable_weights(settings)
    refuse_unusable_tls(settings)
    if not settings.data_dir.exists():
        check_port(host, port)  # nothing is made by a service that cannot run
    with locked_data_folder(settings.data_dir):
        check_port(host, port)  # taken by a service on this same folder, that one was named by now
        deployment = Deployment(
            host=host,
            port=port,
            queues=(*(["qwen"] if settings.qwen_urls else []), "embedded", RENDER_QUEUE),
            data_dir=settings.data_dir,
            own_broker=settings.redis_url is None,
            tls=settings.tls_cert is not None,
        )
        stderr.print(
            f"Starting; the console will be at {deployment.url}", markup=False, soft_wrap=True
        )
        keep_data_private(settings)
        with closing(open_migrated_database(settings)) as database:
            keys = Keys(database, now_utc)
            adopt_first_key(settings, keys)
            if not settings.signs_in_elsewhere:
                refuse_open_door(host, keys, People(database, now_utc))
        serve(deployment, on_ready=lambda url: _announce(url, settings))
    stderr.print("Stopped.")
    return DONE


def refuse_open_door(host: str, keys: Keys, people: People) -> None:
    """Without keys and accounts the service stays on this machine.

    Raises:
        ConfigurationInvalid: others could reach the address, and nothing is needed to use it.
    """
    if is_loopback(host) or keys.any_active() or people.any_active():
        return
    raise ConfigurationInvalid("open-without-key", host=host)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _announce(url: str, settings: Settings) -> None:
    stderr.print(
        f"Ready: {url} is the console; open it in a browser. The API's pages are at {url}/docs, "
        f"data in {settings.data_dir.absolute()}",
        markup=False,
        soft_wrap=True,
    )
    trust = f"--cacert {settings.tls_cert} " if settings.tls_cert else ""
    stderr.print(
        f'Try: curl {trust}--data-binary @picture.jpg -H "Content-Type: image/jpeg" '
        f'-H "Prefer: wait=10" {url}/v1/inspections',
        markup=False,
        soft_wrap=True,
    )
    stderr.print("Stop with Ctrl-C.")
