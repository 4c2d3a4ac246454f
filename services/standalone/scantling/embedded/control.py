"""The process *control*: sync, dispatcher and reporter behind one HTTP API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.embedded.data_directory import ADMIN_TOKEN, CREDENTIAL_KEY
from scantling.embedded.joined_metrics import fetch_metrics, joined
from scantling.embedded.lifeline import stop_with
from scantling.embedded.listening import serve_order
from scantling.hosting.adapters import make_adapters
from scantling.hosting.dispatcher import dispatcher_part
from scantling.hosting.host import Host
from scantling.hosting.process import run_process
from scantling.hosting.reporter import reporter_part
from scantling.hosting.settings import loaded
from scantling.hosting.sync import sync_part
from scantling_dispatcher.settings import DispatcherSettings
from scantling_reporter.settings import ReporterSettings
from scantling_reporter.tokens import token_of_file
from scantling_sync.settings import SyncSettings

if TYPE_CHECKING:
    from scantling.embedded.orders import Order
    from scantling.hosting.parts import Part

INSTANCE: Final = "up"


def run_control(order: Order) -> int:
    """Run until asked to stop; return the exit status."""
    data = Path(order.data)
    given = {
        "data": data,
        "kafka": None,
        "mongodb": None,
        "instance": INSTANCE,
        "listen": order.url.removeprefix("http://"),
    }
    settings = loaded(SyncSettings, credential_key_file=data / CREDENTIAL_KEY, **given)

    async def main() -> None:
        stop_with(order.lifeline)
        adapters = make_adapters(settings, "control")
        token = token_of_file(data / ADMIN_TOKEN)

        async def build() -> list[Part]:
            return [
                await reporter_part(adapters, loaded(ReporterSettings, admin_token=token, **given)),
                await sync_part(adapters, settings),
                await dispatcher_part(adapters, loaded(DispatcherSettings, **given)),
            ]

        def exposition() -> bytes:
            texts = {"control": adapters.metrics.exposition()}
            return joined({**texts, "analysis": fetch_metrics(order.analysis_url)})

        await Host(
            adapters, build, lambda app: serve_order(app, order), exposition=exposition
        ).run()

    return run_process("control", settings, main)
