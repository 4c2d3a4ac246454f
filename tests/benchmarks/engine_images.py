"""Images of four sizes, built from what this machine has: its system, its trees, its archives.

Each is a docker archive as docker writes it today, with gzip layers as registries hold them.
Folders are taken in the order given, whole subtrees one after the other, until an image is as
large as it shall be.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MIB: Final = 1024 * 1024
BLOBS: Final = "blobs/sha256"
"""Where docker keeps blobs in the archives that it writes today."""
SYSTEM: Final = (
    "/etc/os-release",
    "/usr/lib/os-release",
    "/var/lib/dpkg",
    "/lib/apk",
    "/var/lib/rpm",
)
HOME: Final = str(Path.home())
PYTHON_AND_NODE: Final = (
    *("/usr/lib/python3", "/usr/lib/node_modules", "/usr/local/lib"),
    *(f"{HOME}/.pyenv", f"{HOME}/.nvm", f"{HOME}/.local", "/usr/share", "/usr/lib"),
)
ALL: Final = (
    *("/usr/share", "/usr/lib", "/usr/bin", f"{HOME}/.pyenv", f"{HOME}/go", f"{HOME}/.rustup"),
    *(f"{HOME}/.cargo", f"{HOME}/.nvm", f"{HOME}/.npm", f"{HOME}/.m2", "/opt", "/usr/include"),
)
JAVA: Final = (
    "/usr/share/java",
    "/usr/share/maven",
    f"{HOME}/.m2",
    "/usr/lib",
    "/opt",
    ".cache/java",
)
JAVA_KINDS: Final = (".jar", ".war", ".ear")


class Plan(NamedTuple):
    """What an image shall have: bytes before compression and files at most, and layers.

    Files over ``largest`` bytes are left out; ``kinds`` are the ends of the names wanted.
    """

    name: str
    bytes: int
    files: int
    layers: int
    roots: tuple[str, ...]
    largest: int = 64 * MIB
    kinds: tuple[str, ...] = ("",)


PLANS: Final = (
    Plan("small", 8 * MIB, 3_500, 1, ("/usr/bin",), MIB),
    Plan("medium", 666 * MIB, 52_000, 4, PYTHON_AND_NODE, 8 * MIB),
    Plan("java", 600 * MIB, 20_000, 3, JAVA, kinds=JAVA_KINDS),
    Plan("large", 3300 * MIB, 230_000, 16, ALL, 4 * MIB),
)


class Written(NamedTuple):
    """A layer on disk."""

    path: Path
    digest: str
    diff_id: str
    size: int
    plain: int
    files: int


def build(plan: Plan, folder: Path) -> Path:
    """Return the archive of a plan, building it if it is not there yet."""
    archive = folder / f"{plan.name}.tar"
    if not archive.exists():
        shares = _shares(plan)
        with ProcessPoolExecutor() as pool:
            jobs = [
                pool.submit(_layer, folder / f"{plan.name}-{n}.tar.gz", share)
                for n, share in enumerate(shares)
            ]
            layers = [job.result() for job in jobs]
        _archive(archive, plan.name, layers)
        for layer in layers:
            layer.path.unlink()
    return archive


def with_one_more_layer(archive: Path, path: Path) -> Path:
    """Write an archive of the same layers and one small one more; return its path."""
    file = path.with_suffix(".txt")
    file.write_text("one more\n", encoding="utf-8")
    added = _layer(path.with_suffix(".gz"), [str(file)])
    with tarfile.open(archive) as old, tarfile.open(path, "w") as new:
        entry = json.loads(_member(old, "manifest.json"))[0]
        shared = frozenset(entry["Layers"])
        config = json.loads(_member(old, entry["Config"]))
        config["rootfs"]["diff_ids"].append(f"sha256:{added.diff_id}")
        config["history"].append({"created_by": "COPY one more"})
        entry["Layers"].append(f"{BLOBS}/{added.digest}")
        content = json.dumps(config).encode()
        entry["Config"] = f"{BLOBS}/{hashlib.sha256(content).hexdigest()}"
        _add(new, "manifest.json", json.dumps([entry]).encode())
        _add(new, entry["Config"], content)
        for member in old:
            if member.name in shared:
                new.addfile(member, old.extractfile(member))
        new.add(added.path, arcname=f"{BLOBS}/{added.digest}")
    return path


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


def _shares(plan: Plan) -> list[list[str]]:
    """Choose the files, and share them out to the layers: the system below, trees above."""
    chosen = dict.fromkeys(_under(SYSTEM))
    size = sum(os.lstat(path).st_size for path in chosen)
    for path in _under(plan.roots):
        if len(chosen) >= plan.files or size >= plan.bytes:
            break
        length = os.lstat(path).st_size
        if length <= plan.largest and path.endswith(plan.kinds) and path not in chosen:
            chosen[path] = None
            size += length
    each = -(-len(chosen) // plan.layers)
    paths = [*chosen]
    return [paths[at : at + each] for at in range(0, len(paths), each)]


def _under(roots: Iterable[str]) -> Iterator[str]:
    """Give every regular file that can be read, in a fixed order."""
    for root in roots:
        if Path(root).is_file():
            yield root
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = f"{folder}/{name}"
                if stat.S_ISREG(os.lstat(path).st_mode) and os.access(path, os.R_OK):
                    yield path


class _Gzip:
    """A file that compresses what is written, and hashes both sides."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._packer = zlib.compressobj(6, wbits=31)
        self.packed, self.plain = hashlib.sha256(), hashlib.sha256()
        self.size = self.plain_size = 0

    def write(self, data: bytes) -> int:
        self.plain.update(data)
        self.plain_size += len(data)
        self._keep(self._packer.compress(data))
        return len(data)

    def close(self) -> None:
        self._keep(self._packer.flush())
        self._file.close()

    def _keep(self, packed: bytes) -> None:
        self.packed.update(packed)
        self.size += len(packed)
        self._file.write(packed)


def _layer(path: Path, files: Sequence[str]) -> Written:
    out = _Gzip(path)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]  # write() is all it needs
        for file in files:
            info = tar.gettarinfo(file, arcname=file.lstrip("/"))
            info.mtime = int(info.mtime)
            tar.format = _format(info)
            with Path(file).open("rb") as content:
                tar.addfile(info, content if info.isreg() else None)
    out.close()
    digest, diff_id = out.packed.hexdigest(), out.plain.hexdigest()
    return Written(path, digest, diff_id, out.size, out.plain_size, len(files))


def _format(info: tarfile.TarInfo) -> int:
    """Return the format of a header as image builders choose it: pax only where ustar is short."""
    try:
        info.tobuf(tarfile.USTAR_FORMAT, errors="surrogateescape")
    except ValueError:
        return tarfile.PAX_FORMAT
    return tarfile.USTAR_FORMAT


def _archive(path: Path, name: str, layers: Sequence[Written]) -> None:
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each.diff_id}" for each in layers]},
            "history": [{"created_by": f"COPY part {n}"} for n in range(len(layers))],
        }
    ).encode()
    number = hashlib.sha256(config).hexdigest()
    manifest = [
        {
            "Config": f"{BLOBS}/{number}",
            "RepoTags": [f"bench/{name}:1"],
            "Layers": [f"{BLOBS}/{each.digest}" for each in layers],
        }
    ]
    half = path.with_suffix(".half")
    with tarfile.open(half, "w") as tar:
        _add(tar, "manifest.json", json.dumps(manifest).encode())
        _add(tar, f"{BLOBS}/{number}", config)
        for each in layers:
            tar.add(each.path, arcname=f"{BLOBS}/{each.digest}")
    half.rename(path)
    total = sum(each.plain for each in layers)
    print(
        f"built {path.name}: {sum(each.files for each in layers):,} files, {len(layers)} layers, "
        f"{total / MIB:,.0f} MiB, {path.stat().st_size / MIB:,.0f} MiB packed",
        flush=True,
    )
