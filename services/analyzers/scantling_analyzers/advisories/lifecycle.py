"""Until when the publishers of distributions mend them, as far as that is public.

The date is the last day on which a stream's own publisher says something new of it without a
contract: what became known later is not told. Sources: the distributions' own pages, named in
``docs/explanation/matching.md``. A stream that is not listed is kept, or nothing is known of it.
Publishers move such days, and what comes out later is not here: so the table says of when it is.
"""

from __future__ import annotations

from datetime import date
from typing import Final

KNOWN_ON: Final = "2026-04-30"
"""The day of which the table is: what was decided later is not in it."""
GOOD_FOR: Final = 365
"""For how many days after it that a release is not told as past its end means something."""

END_OF_LIFE: Final[dict[str, str]] = {
    # Debian: the end of long-term support, which the security tracker covers.
    "debian:4": "2010-02-15",
    "debian:5": "2012-02-06",
    "debian:6": "2016-02-29",
    "debian:7": "2018-05-31",
    "debian:8": "2020-06-30",
    "debian:9": "2022-06-30",
    "debian:10": "2024-06-30",
    "debian:11": "2026-08-31",
    "debian:12": "2028-06-30",
    "debian:13": "2030-06-30",
    # Ubuntu: the end of standard support; what comes after is Ubuntu Pro.
    "ubuntu:12.04": "2017-04-28",
    "ubuntu:14.04": "2019-04-25",
    "ubuntu:16.04": "2021-04-30",
    "ubuntu:16.10": "2017-07-20",
    "ubuntu:17.04": "2018-01-13",
    "ubuntu:17.10": "2018-07-19",
    "ubuntu:18.04": "2023-05-31",
    "ubuntu:18.10": "2019-07-18",
    "ubuntu:19.04": "2020-01-23",
    "ubuntu:19.10": "2020-07-17",
    "ubuntu:20.04": "2025-05-29",
    "ubuntu:20.10": "2021-07-22",
    "ubuntu:21.04": "2022-01-20",
    "ubuntu:21.10": "2022-07-14",
    "ubuntu:22.04": "2027-06-01",
    "ubuntu:22.10": "2023-07-20",
    "ubuntu:23.04": "2024-01-25",
    "ubuntu:23.10": "2024-07-11",
    "ubuntu:24.04": "2029-05-31",
    "ubuntu:24.10": "2025-07-10",
    "ubuntu:25.04": "2026-01-15",
    "ubuntu:25.10": "2026-07-09",
    "ubuntu:26.04": "2031-05-29",
    # Alpine.
    "alpine:3.0": "2016-05-01",
    "alpine:3.1": "2016-11-01",
    "alpine:3.2": "2017-05-01",
    "alpine:3.3": "2017-11-01",
    "alpine:3.4": "2018-05-01",
    "alpine:3.5": "2018-11-01",
    "alpine:3.6": "2019-05-01",
    "alpine:3.7": "2019-11-01",
    "alpine:3.8": "2020-05-01",
    "alpine:3.9": "2020-11-01",
    "alpine:3.10": "2021-05-01",
    "alpine:3.11": "2021-11-01",
    "alpine:3.12": "2022-05-01",
    "alpine:3.13": "2022-11-01",
    "alpine:3.14": "2023-05-01",
    "alpine:3.15": "2023-11-01",
    "alpine:3.16": "2024-05-23",
    "alpine:3.17": "2024-11-22",
    "alpine:3.18": "2025-05-09",
    "alpine:3.19": "2025-11-01",
    "alpine:3.20": "2026-04-01",
    "alpine:3.21": "2026-11-01",
    "alpine:3.22": "2027-05-01",
    "alpine:3.23": "2027-11-01",
    # Red Hat Enterprise Linux: the end of maintenance support.
    "rhel:5": "2017-03-31",
    "rhel:6": "2020-11-30",
    "rhel:7": "2024-06-30",
    "rhel:8": "2029-05-31",
    "rhel:9": "2032-05-31",
    "rhel:10": "2035-05-31",
    # Rebuilds have dates of their own.
    "centos:5": "2017-03-31",
    "centos:6": "2020-11-30",
    "centos:7": "2024-06-30",
    "centos:8": "2021-12-31",
    "centos-stream:8": "2024-05-31",
    "centos-stream:9": "2027-05-31",
    "centos-stream:10": "2030-01-01",
    "almalinux:8": "2029-03-01",
    "almalinux:9": "2032-05-31",
    "almalinux:10": "2035-05-31",
    "rocky:8": "2029-05-31",
    "rocky:9": "2032-05-31",
    "rocky:10": "2035-05-31",
    "ol:5": "2017-06-30",
    "ol:6": "2021-03-31",
    "ol:7": "2024-12-31",
    "ol:8": "2029-07-31",
    "ol:9": "2032-06-30",
    "ol:10": "2035-06-30",
    # Amazon Linux.
    "amzn:1": "2023-12-31",
    "amzn:2": "2026-06-30",
    "amzn:2023": "2029-06-30",
    # Fedora.
    "fedora:34": "2022-06-07",
    "fedora:35": "2022-12-13",
    "fedora:36": "2023-05-16",
    "fedora:37": "2023-12-05",
    "fedora:38": "2024-05-21",
    "fedora:39": "2024-11-26",
    "fedora:40": "2025-05-13",
    "fedora:41": "2025-12-15",
    "fedora:42": "2026-05-13",
    # SUSE Linux Enterprise Server: the end of general support; what comes after is LTSS.
    "sles:11.4": "2019-03-31",
    "sles:12": "2016-06-30",
    "sles:12.1": "2017-05-31",
    "sles:12.2": "2018-03-31",
    "sles:12.3": "2019-06-30",
    "sles:12.4": "2020-06-30",
    "sles:12.5": "2024-10-31",
    "sles:15": "2019-12-31",
    "sles:15.1": "2021-01-31",
    "sles:15.2": "2021-12-31",
    "sles:15.3": "2022-12-31",
    "sles:15.4": "2023-12-31",
    "sles:15.5": "2024-12-31",
    "sles:15.6": "2025-12-31",
    "sles:15.7": "2031-07-31",
    # openSUSE Leap.
    "opensuse-leap:42.1": "2017-05-17",
    "opensuse-leap:42.2": "2018-01-26",
    "opensuse-leap:42.3": "2019-06-30",
    "opensuse-leap:15.0": "2019-12-03",
    "opensuse-leap:15.1": "2021-02-02",
    "opensuse-leap:15.2": "2022-01-04",
    "opensuse-leap:15.3": "2022-12-31",
    "opensuse-leap:15.4": "2023-12-07",
    "opensuse-leap:15.5": "2024-12-31",
    "opensuse-leap:15.6": "2026-04-30",
    # Photon OS and CBL-Mariner.
    "photon:1.0": "2022-02-28",
    "photon:2.0": "2022-12-31",
    "photon:3.0": "2024-03-01",
    "mariner:1.0": "2023-07-31",
    "mariner:2.0": "2025-07-31",
    # Mageia.
    "mageia:7": "2021-06-30",
    "mageia:8": "2023-11-30",
}
"""By stream, or by the key of a rebuild that has no stream of its own; dates are inclusive."""


def ended(release: str, today: str) -> str:
    """Return the last day of support where it lies before ``today``, else an empty string.

    ``today`` is a date or an RFC 3339 time: the newest that an advisory database knows.
    """
    last = END_OF_LIFE.get(release, "")
    return last if last and last < today[:10] else ""


def unsure(release: str, today: str) -> bool:
    """Tell whether ``today`` is so long after the table was made that a release may have ended.

    One that is past its end is so for good, and one without a number has none.
    """
    if ":" not in release or ended(release, today):
        return False
    try:
        day = date.fromisoformat(today[:10])
    except ValueError:
        return False
    return (day - date.fromisoformat(KNOWN_ON)).days > GOOD_FOR
