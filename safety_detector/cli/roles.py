"""``safety-detector api`` and ``worker``: the roles apart, for several machines."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import NoReturn

from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.serve import is_loopback, refuse_open_door
from safety_detector.cli.startup import (
    keep_data_private,
    read_tls,
    refuse_unusable_weights,
    settings_with_warnings,
)
from safety_detector.console.app import install_console
from safety_detector.console.sign_in.elsewhere import SignInElsewhere
from safety_detector.console.sign_in.provider import OpenIdProvider, ProviderOptions
from safety_detector.datasets.people_finder import PeopleFinder
from safety_detector.errors import BrokerUnavailable
from safety_detector.host.local_time import local_time_zone
from safety_detector.ingest.trust import trusted_authorities
from safety_detector.job_queue import JobQueue, WakeUps, create_celery
from safety_detector.mcp_server.http import install_mcp
from safety_detector.network.permitted import LOOPBACK_NETWORKS, AllowedNetworks
from safety_detector.notifications.senders import SendingOptions
from safety_detector.observability.logs import configure_logging
from safety_detector.service.access.keys import Keys
from safety_detector.service.access.people import People
from safety_detector.service.core import now_utc
from safety_detector.settings import Settings
from safety_detector.single_machine.serving import check_port
from safety_detector.web.app import WebOptions, create_app
from safety_detector.web.bodies.uploads import UploadLimits
from safety_detector.web.connection.forwarding import ProxyOptions
from safety_detector.web.operation.settings import setting_documents
from safety_detector.web.server import run
from safety_detector.wiring import (
    broker_url,
    build_embedded_detector,
    build_source_test,
    fetch_policy,
    find_configured_fonts,
    fine_tuning_options,
    open_migrated_database,
    open_service,
    picture_limits,
    read_server_statuses,
    site_rules,
)


def run_api(host: str, port: int) -> int:
    """Serves the REST API until it is asked to stop; returns the exit code.

    Raises:
        ConfigurationInvalid: there is no broker, the port is taken, the address needs a key and
            there is none, or the certificate cannot be used.
        DatabaseUnavailable, StorageUnavailable: what it stands on is away.
    """
    settings = settings_with_warnings()
    configure_logging(settings.log_format, settings.log_level)
    tls = read_tls(settings)
    check_port(host, port)
    keep_data_private(settings)
    with closing(open_migrated_database(settings)) as database:
        if not settings.signs_in_elsewhere:
            refuse_open_door(host, Keys(database, now_utc), People(database, now_utc))
    with closing(JobQueue(create_celery(broker_url(settings)))) as job_queue:
        rules = site_rules(settings)
        wake_ups = WakeUps(job_queue)
        wake_ups.start()
        try:
            service = open_service(settings, wake_ups.notify)
            service.retention.age_clock.begin()
            service.incidents.site_rules.keep(rules)
            app = create_app(
                service,
                _web_options(settings, host),
                find_fonts=lambda: find_configured_fonts(settings),
                broker_problem=lambda: _broker_problem(job_queue),
                model_servers=lambda: read_server_statuses(settings),
                test_source=build_source_test(settings),
                find_people=lambda: PeopleFinder(build_embedded_detector(settings)),
                asked_model=lambda: fine_tuning_options(settings),
            )
            install_console(app, _sign_in_elsewhere(settings))
            install_mcp(app)
            run(app, host, port, tls)
        finally:
            wake_ups.stop()
    return DONE


def run_worker(queue: str | None) -> NoReturn:
    """Becomes the worker of a queue; this process is replaced.

    Raises:
        ConfigurationInvalid: there is no broker.
        WeightsInvalid: the embedded detector's weights cannot be used.
    """
    settings = settings_with_warnings()
    broker_url(settings)
    keep_data_private(settings)
    queue = queue or settings.effective_backend
    if queue == "embedded":
        refuse_unusable_weights(settings)
    # A process of Celery alone, without what the commands have imported.
    program = [sys.executable, "-P", "-m", "safety_detector.worker", "--queue", queue]
    os.execv(program[0], program)  # noqa: S606 (our own program)


def _web_options(settings: Settings, host: str) -> WebOptions:
    return WebOptions(
        # Beside the pictures: the system's folder for temporary files may be small, or memory.
        limits=UploadLimits(
            picture=picture_limits(settings),
            max_files=settings.max_request_files,
            max_request_bytes=settings.max_request_bytes,
            spool_dir=settings.data_dir.absolute(),
            zip_encoding=settings.zip_encoding,
        ),
        fetch=fetch_policy(settings),
        language=settings.language,
        time_zone=local_time_zone(),
        open_without_keys=is_loopback(host) and not settings.signs_in_elsewhere,
        requests_per_second=settings.requests_per_second,
        burst=settings.request_burst,
        batch_folders=settings.batch_folders,
        batch_backlog=settings.batch_backlog,
        proxies=ProxyOptions(
            settings.root_path,
            settings.trusted_proxies,
            tuple(
                one
                for one in (settings.proxy_user_header, settings.proxy_groups_header)
                if one is not None
            ),
        ),
        cors_origins=settings.cors_origins,
        sending=SendingOptions(
            allow=(*settings.notify_networks, *(LOOPBACK_NETWORKS if is_loopback(host) else ())),
            public_url=settings.public_url,
            zone=local_time_zone(),
            ca_file=settings.notify_ca_file,
        ),
        camera_networks=AllowedNetworks(settings.camera_networks),
        settings=setting_documents(settings),
    )


def _sign_in_elsewhere(settings: Settings) -> SignInElsewhere:
    provider = None
    if settings.oidc_issuer is not None:
        secret = settings.oidc_client_secret
        provider = OpenIdProvider(
            ProviderOptions(
                issuer=settings.oidc_issuer,
                client_id=settings.oidc_client_id or "",
                client_secret=secret.get_secret_value() if secret else None,
                redirect_uri=f"{settings.public_url}/sign-in/openid/callback",
                scopes=settings.oidc_scopes,
                name_claim=settings.oidc_name_claim,
                groups_claim=settings.oidc_groups_claim,
                context=trusted_authorities(settings.oidc_ca_file).context,
            )
        )
    return SignInElsewhere(
        provider, settings.proxy_user_header, settings.proxy_groups_header, settings.group_roles
    )


def _broker_problem(job_queue: JobQueue) -> str | None:
    try:
        job_queue.check()
    except BrokerUnavailable as exc:
        return exc.message
    return None
