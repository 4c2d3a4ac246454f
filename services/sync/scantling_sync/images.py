"""From a manifest and its config to the record of an image: pure.

What the image's author wrote (history, labels, annotations, environment, commands) has passed
the escape when it arrives here, and passes the secret redactor before it is stored. What that masks
in one place is masked in all.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers.escape import escape, unescape
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import Image
from scantling_common.telemetry.known_secrets import mask_values, masked_values
from scantling_common.telemetry.redaction import (
    MASK,
    redact_environment,
    redact_history,
    redact_mapping,
    redact_shown,
    redact_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_common.images.models import ImageManifest, LayerDescriptor, RuntimeConfig

LARGE: Final = 1024**3
"""Images over so many bytes, compressed, are large."""

UNKNOWN_PLATFORM: Final = "unknown"
"""The platform of an image whose manifest or config can't be read."""

_LONGEST_REASON: Final = 500
_HEALTHCHECK: Final = "CMD"
"""What a health check has in front of its program."""

_PROBE: Final = "x:x"
"""What would be masked behind a flag that takes a password, or a user with one."""


def image_of(manifest: ImageManifest, now: int) -> Image:
    """Return the record of an image whose manifest and config were verified.

    ``now`` is in milliseconds since the epoch. An image that is not for Linux is listed, and
    ``unsupported``.
    """
    platform = manifest.platform
    size = manifest.layers_size + manifest.config_size
    steps = _masked_steps(manifest)
    known = _known_secrets(manifest, steps)
    return Image(
        id=manifest.digest,
        media_type=manifest.media_type,
        config_digest=manifest.config_digest,
        os=platform.os,
        architecture=platform.architecture,
        variant=platform.variant,
        size=size,
        large=size > LARGE,
        unsupported="" if platform.os == "linux" else f"not_linux: the image is for {platform}",
        image_created_at=manifest.created_at or 0,
        first_seen_at=now,
        body=ImageBody(
            layers=tuple(_layer(layer, known, steps) for layer in manifest.layers),
            labels=_mapping(manifest.labels, known),
            annotations=_mapping(manifest.annotations, known),
            config=_config(manifest.config, known),
            history=tuple(_shown(steps[step.created_by], known) for step in manifest.history),
        ),
    )


def unreadable_image(digest: str, media_type: str, code: str, reason: str, now: int) -> Image:
    """Return the record of an image whose manifest or config says nothing that can be used.

    It is listed all the same: what can't be scanned must not look as if it weren't there.
    """
    return Image(
        id=digest,
        media_type=media_type,
        config_digest="",
        os=UNKNOWN_PLATFORM,
        architecture=UNKNOWN_PLATFORM,
        size=0,
        unsupported=f"{code}: {redact_text(reason)}"[:_LONGEST_REASON],
        first_seen_at=now,
        body=ImageBody(layers=()),
    )


def platform_of(image: Image) -> str:
    """Return ``os/arch[/variant]``, or ``unknown`` where the image could not be read."""
    if not image.config_digest:
        return UNKNOWN_PLATFORM
    return "/".join(filter(None, (image.os, image.architecture, image.variant)))


def _masked_steps(manifest: ImageManifest) -> dict[str, str]:
    """Return each build step masked, by its escaped text: layers have those of the history."""
    history = (step.created_by for step in manifest.history)
    steps = list(dict.fromkeys(chain(history, (layer.created_by for layer in manifest.layers))))
    return dict(zip(steps, map(redact_history, _written(steps)), strict=True))


def _known_secrets(manifest: ImageManifest, steps: Mapping[str, str]) -> tuple[str, ...]:
    mappings = (_as_written(manifest.labels), _as_written(manifest.annotations))
    env = _written(manifest.config.env)
    return masked_values(
        chain(
            zip(_written(steps), steps.values(), strict=True),
            *(zip(each.values(), redact_mapping(each).values(), strict=True) for each in mappings),
            zip(env, redact_environment(env), strict=True),
            *(zip(words, _commands(words), strict=True) for words in _words(manifest.config)),
        )
    )


def _written(texts: Iterable[str]) -> list[str]:
    """Return texts as the image has them: what is masked depends on quotes and line ends."""
    return [unescape(text).decode("utf-8", "surrogateescape") for text in texts]


def _as_written(values: Mapping[str, str]) -> dict[str, str]:
    return dict(zip(values, _written(values.values()), strict=True))


def _shown(text: str, known: Sequence[str]) -> str:
    """Return a masked text with what is known of secrets masked, too, as text that is safe."""
    return escape(mask_values(text, known).encode("utf-8", "surrogateescape"))


def _words(runtime: RuntimeConfig) -> tuple[Sequence[str], ...]:
    return tuple(
        map(
            _written,
            (
                *(runtime.entrypoint, runtime.cmd, runtime.shell),
                *(runtime.on_build, runtime.healthcheck),
            ),
        )
    )


def _layer(layer: LayerDescriptor, known: Sequence[str], steps: Mapping[str, str]) -> Layer:
    return Layer(
        digest=layer.digest,
        size=layer.size,
        media_type=layer.media_type,
        claimed_diff_id=layer.claimed_diff_id,
        created_by=_shown(steps[layer.created_by], known),
        foreign=layer.foreign,
    )


def _mapping(values: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    masked = redact_mapping(_as_written(values))
    return {name: _shown(text, known) for name, text in masked.items()}


def _config(runtime: RuntimeConfig, known: Sequence[str]) -> dict[str, str]:
    entrypoint, cmd, shell, on_build, healthcheck = map(_commands, _words(runtime))
    lists: dict[str, Sequence[str]] = {
        "env": redact_environment(_written(runtime.env)),
        "entrypoint": entrypoint,
        "cmd": cmd,
        "shell": shell,
        "on_build": on_build,
        "healthcheck": healthcheck,
        "exposed_ports": _written(runtime.exposed_ports),
        "volumes": _written(runtime.volumes),
    }
    texts = {
        "user": redact_shown(*_written([runtime.user])),
        "working_dir": redact_shown(*_written([runtime.working_dir])),
        "stop_signal": _written([runtime.stop_signal])[0],
    }
    encoded = {
        name: msgspec.json.encode([_shown(text, known) for text in value]).decode()
        for name, value in lists.items()
        if value
    }
    return encoded | {name: _shown(text, known) for name, text in texts.items() if text}


def _commands(words: Sequence[str]) -> list[str]:
    """Return a command's words: what follows a flag such as ``--password`` is masked, too."""
    before = ("", *words)[: len(words)]
    start = 1 if tuple(words[:1]) == (_HEALTHCHECK,) else 0
    program = " ".join(words[start : start + 2])
    return [
        _argument(program, previous, word) for previous, word in zip(before, words, strict=True)
    ]


def _argument(program: str, previous: str, word: str) -> str:
    """Return one word; what a flag means depends on the program."""
    is_value = previous.startswith("-")
    if is_value and not redact_text(f"{program} {previous} {_PROBE}").endswith(f" {_PROBE}"):
        return MASK
    lead = f"{program.partition(' ')[0]} "
    if word.startswith("-") and (line := redact_text(lead + word)).startswith(lead):
        word = line.removeprefix(lead)
    return redact_shown(word, previous.lstrip("-") if is_value else "")
