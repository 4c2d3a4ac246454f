"""A process of `scantling up`: ``python -m scantling.embedded ORDER``; the supervisor starts it."""

from __future__ import annotations

import sys

from scantling.embedded.orders import Order, decode_order


def main(order: Order) -> int:
    """Run the process that is ordered; each imports only what it needs."""
    if order.name == "control":
        from scantling.embedded.control import run_control  # noqa: PLC0415

        return run_control(order)
    if order.name == "analysis":
        from scantling.embedded.analysis import run_analysis  # noqa: PLC0415

        return run_analysis(order)
    from scantling.sample.process import run_sample  # noqa: PLC0415

    return run_sample(order)


if __name__ == "__main__":
    sys.exit(main(decode_order(sys.argv[1])))
