"""Groups of widely used artifacts whose archives carry no ``pom.properties``.

Ant and Gradle builds leave none, and their manifests name no group or a wrong one; without the
right group no advisory would match them.
"""

from __future__ import annotations

from typing import Final

_EXACT: Final[dict[bytes, frozenset[bytes]]] = {
    b"org.springframework": frozenset(
        b"spring-" + module
        for module in (
            *(b"aop", b"aspects", b"beans", b"context", b"context-support", b"core", b"expression"),
            *(b"instrument", b"jcl", b"jdbc", b"jms", b"messaging", b"orm", b"oxm", b"r2dbc"),
            *(b"test", b"tx", b"web", b"webflux", b"webmvc", b"websocket"),
        )
    ),
    b"org.apache.kafka": frozenset(
        {b"connect-api", b"connect-json", b"connect-runtime", b"connect-transforms"}
    ),
    b"org.apache.tomcat": frozenset(
        b"tomcat-" + module
        for module in (
            *(b"annotations-api", b"api", b"catalina", b"catalina-ha", b"coyote", b"dbcp"),
            *(b"el-api", b"jasper", b"jaspic-api", b"jdbc", b"jni", b"jsp-api", b"juli"),
            *(b"servlet-api", b"tribes", b"util", b"util-scan", b"websocket", b"websocket-api"),
        )
    ),
    b"org.apache.velocity": frozenset({b"velocity"}),
}
_BY_ARTIFACT: Final = {
    artifact: group for group, artifacts in _EXACT.items() for artifact in artifacts
}
_BY_PREFIX: Final = (
    (b"spring-boot", b"org.springframework.boot"),
    (b"spring-security-", b"org.springframework.security"),
    (b"spring-data-", b"org.springframework.data"),
    (b"spring-cloud-", b"org.springframework.cloud"),
    (b"spring-session-", b"org.springframework.session"),
    (b"kafka-", b"org.apache.kafka"),
    (b"kafka_", b"org.apache.kafka"),
    (b"tomcat-embed-", b"org.apache.tomcat.embed"),
)
_OWN_GROUP: Final = frozenset(
    b"commons-" + name
    for name in (
        *(b"beanutils", b"cli", b"codec", b"collections", b"configuration", b"dbcp", b"digester"),
        *(b"discovery", b"fileupload", b"httpclient", b"io", b"jxpath", b"lang", b"logging"),
        *(b"net", b"pool", b"validator"),
    )
)


def known_group(artifact: bytes) -> bytes:
    """Return the group of an artifact that is known by its name, else nothing."""
    if artifact in _OWN_GROUP:
        return artifact
    known = _BY_ARTIFACT.get(artifact)
    return known or next((g for prefix, g in _BY_PREFIX if artifact.startswith(prefix)), b"")
