"""Which packages are parts of one product, and which have moved to another name; tables, pure.

Many advisories, and all entries of the National Vulnerability Database, speak of a product whose
parts are packages of their own with the product's version. What is said of the product holds for a
part only where nothing is said of the part itself for that vulnerability, and is marked as told *by
product*. ``docs/explanation/matching.md`` has the reasons.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.streams import CPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Product = tuple[str, str]
"""A row that speaks of a product: its stream and its name there."""


def _of(*maven: str, cpe: str = "") -> tuple[Product, ...]:
    return (
        *(("Maven", name) for name in maven),
        *((CPE, name) for name in cpe.split()),
    )


_TOMCAT: Final = _of(
    "org.apache.tomcat:tomcat",
    "org.apache.tomcat.embed:tomcat-embed-core",
    "org.apache.tomcat:tomcat-catalina",
    "org.apache.tomcat:tomcat-coyote",
    cpe="apache:tomcat",
)
_STRUTS_1: Final = _of("org.apache.struts:struts-core", "struts:struts", cpe="apache:struts")
_STRUTS_2: Final = _of("org.apache.struts:struts2-core", cpe="apache:struts")
_SPRING: Final = _of(
    "org.springframework:spring",
    cpe="vmware:spring_framework pivotal_software:spring_framework "
    "springsource:spring_framework pivotal:spring_framework",
)
_LOG4J: Final = _of(cpe="apache:log4j")
_MYSQL: Final = _of(cpe="oracle:mysql_connector/j oracle:mysql_connectors mysql:mysql_connector/j")

FAMILIES: Final[Mapping[str, tuple[tuple[str, tuple[Product, ...]], ...]]] = {
    # By group: beginnings of artifacts in order, the first that fits; empty fits all.
    "cn.hutool": (("hutool-", _of("cn.hutool:hutool-all", cpe="hutool:hutool")),),
    "com.alibaba": (
        ("druid", _of(cpe="alibaba:druid")),
        ("fastjson", _of(cpe="alibaba:fastjson")),
        ("dubbo", _of("org.apache.dubbo:dubbo", cpe="apache:dubbo")),
    ),
    "com.alibaba.nacos": (("nacos-", _of(cpe="alibaba:nacos")),),
    "com.fasterxml.jackson.core": (("jackson-databind", _of(cpe="fasterxml:jackson-databind")),),
    "com.h2database": (("h2", _of(cpe="h2database:h2")),),
    "com.mysql": (("mysql-connector-j", _MYSQL),),
    "com.thoughtworks.xstream": (("xstream", _of(cpe="xstream:xstream xstream_project:xstream")),),
    "io.netty": (
        ("netty-tcnative", ()),
        ("netty-incubator", ()),
        ("netty-", _of("io.netty:netty-all", "io.netty:netty-parent", cpe="netty:netty")),
    ),
    "io.undertow": (("undertow-", _of("io.undertow:undertow-core", cpe="redhat:undertow")),),
    "log4j": (("log4j", _LOG4J),),
    "mysql": (("mysql-connector-java", _MYSQL),),
    "org.apache.activemq": (("activemq-", _of(cpe="apache:activemq")),),
    "org.apache.cxf": (("cxf-", _of("org.apache.cxf:cxf", cpe="apache:cxf")),),
    "org.apache.dubbo": (("dubbo", _of("org.apache.dubbo:dubbo", cpe="apache:dubbo")),),
    "org.apache.hadoop": (("hadoop-", _of(cpe="apache:hadoop")),),
    "org.apache.kafka": (("kafka", _of(cpe="apache:kafka")),),
    "org.apache.logging.log4j": (
        ("log4j-api-", ()),
        ("log4j-", _LOG4J),
    ),
    "org.apache.pdfbox": (("pdfbox", _of("org.apache.pdfbox:pdfbox", cpe="apache:pdfbox")),),
    "org.apache.poi": (("poi", _of(cpe="apache:poi")),),
    "org.apache.shiro": (
        (
            "shiro-",
            _of("org.apache.shiro:shiro-root", "org.apache.shiro:shiro-all", cpe="apache:shiro"),
        ),
    ),
    "org.apache.solr": (("solr-", _of("org.apache.solr:solr", cpe="apache:solr")),),
    "org.apache.spark": (("spark-", _of(cpe="apache:spark")),),
    "org.apache.struts": (
        ("struts2-", _STRUTS_2),
        ("struts-", _STRUTS_1),
    ),
    "org.apache.struts.xwork": (("xwork-core", _STRUTS_2),),
    "org.apache.tika": (("tika-", _of("org.apache.tika:tika", cpe="apache:tika")),),
    "org.apache.tomcat": (
        ("tomcat-native", ()),
        ("tomcat-maven", ()),
        ("", _TOMCAT),
    ),
    "org.apache.tomcat.embed": (("", _TOMCAT),),
    "org.apache.xmlgraphics": (("batik-", _of(cpe="apache:batik")),),
    "org.apache.zookeeper": (("zookeeper", _of(cpe="apache:zookeeper")),),
    "org.codehaus.groovy": (("groovy", _of(cpe="apache:groovy")),),
    "org.eclipse.jetty": (("", _of(cpe="eclipse:jetty")),),
    "org.eclipse.jetty.http2": (("", _of(cpe="eclipse:jetty")),),
    "org.elasticsearch": (("elasticsearch", _of(cpe="elastic:elasticsearch")),),
    "org.json": (("json", _of(cpe="json-java_project:json-java stleary:json-java")),),
    "org.mortbay.jetty": (("jetty", _of(cpe="mortbay:jetty eclipse:jetty")),),
    "org.springframework": (
        # Once in this group, these are products of their own.
        ("spring-security", ()),
        ("spring-hibernate", ()),
        ("", _SPRING),
    ),
    "org.springframework.boot": (("", _of(cpe="vmware:spring_boot pivotal_software:spring_boot")),),
    "org.springframework.security": (
        ("spring-security-oauth", ()),
        ("", _of(cpe="vmware:spring_security pivotal_software:spring_security")),
    ),
    "org.yaml": (("snakeyaml", _of(cpe="snakeyaml_project:snakeyaml")),),
    "struts": (("struts", _STRUTS_1),),
    "tomcat": (("", _TOMCAT),),
}
"""Products in Maven by group."""

_COMMONS: Final = frozenset(
    (
        *("beanutils", "collections", "compress", "configuration", "email", "exec", "fileupload"),
        *("httpclient", "io", "jxpath", "lang", "lang3", "net", "text", "validator", "vfs2"),
        *("collections4", "configuration2", "fileupload2", "logging", "codec", "bcel"),
    )
)
_COMMONS_LINES: Final = {
    "collections4": "collections",
    "configuration2": "configuration",
    "fileupload2": "fileupload",
    "lang3": "lang",
    "vfs2": "vfs",
}
"""Artifacts whose name has a major version that the product's has not."""

BY_NAME: Final[Mapping[Product, tuple[Product, ...]]] = {
    ("npm", "bootstrap"): ((CPE, "getbootstrap:bootstrap"),),
    **{
        ("PyPI", f"tensorflow-{build}"): (("PyPI", "tensorflow"), (CPE, "google:tensorflow"))
        for build in ("aarch64", "cpu", "cpu-aws", "gpu", "intel", "macos", "rocm")
    },
    ("PyPI", "tensorflow"): ((CPE, "google:tensorflow"),),
    ("PyPI", "opencv-contrib-python"): (("PyPI", "opencv-python"),),
    ("PyPI", "opencv-contrib-python-headless"): (("PyPI", "opencv-python"),),
    ("PyPI", "opencv-python-headless"): (("PyPI", "opencv-python"),),
    ("PyPI", "psycopg2-binary"): (("PyPI", "psycopg2"),),
}
"""Products of other ecosystems: builds of one version under names of their own."""

MOVED: Final[tuple[tuple[str, str], ...]] = (
    ("axis:axis", "org.apache.axis:axis"),
    ("c3p0:c3p0", "com.mchange:c3p0"),
    ("com.alibaba:dubbo", "org.apache.dubbo:dubbo"),
    ("com.mysql:mysql-connector-java", "com.mysql:mysql-connector-j"),
    ("dom4j:dom4j", "org.dom4j:dom4j"),
    ("freemarker:freemarker", "org.freemarker:freemarker"),
    ("hsqldb:hsqldb", "org.hsqldb:hsqldb"),
    ("jasperreports:jasperreports", "net.sf.jasperreports:jasperreports"),
    ("javax.mail:mail", "com.sun.mail:javax.mail"),
    ("mysql:mysql-connector-java", "com.mysql:mysql-connector-j"),
    ("org.apache.commons:commons-io", "commons-io:commons-io"),
    ("org.bouncycastle:bcprov-jdk15on", "org.bouncycastle:bcprov-jdk18on"),
    ("org.bouncycastle:bcpkix-jdk15on", "org.bouncycastle:bcpkix-jdk18on"),
    ("org.hibernate:hibernate-core", "org.hibernate.orm:hibernate-core"),
    ("org.hibernate:hibernate-validator", "org.hibernate.validator:hibernate-validator"),
    ("org.jboss.netty:netty", "io.netty:netty"),
    ("postgresql:postgresql", "org.postgresql:postgresql"),
    ("quartz:quartz", "org.quartz-scheduler:quartz"),
    ("struts:struts", "org.apache.struts:struts-core"),
    ("velocity:velocity", "org.apache.velocity:velocity"),
    ("xstream:xstream", "com.thoughtworks.xstream:xstream"),
)
"""Old and new coordinates of what is one artifact, as its publisher relocated it (Maven, POM
reference, *Relocation*) or announced; versions go on from the old one to the new one. A fork, and a
rewrite that begins anew (``log4j:log4j``, ``commons-lang``), is none.
"""


@lru_cache(maxsize=4096)
def products_of(stream: str, name: str) -> tuple[Product, ...]:
    """Return the products that a package is a part of, none for most."""
    if stream != "Maven":
        return BY_NAME.get((stream, name.lower()), ())
    group, _, artifact = name.rpartition(":")
    for start, products in FAMILIES.get(group, ()):
        if artifact.startswith(start):
            return products
    return tuple(_commons(group, artifact))


def _commons(group: str, artifact: str) -> Iterator[Product]:
    """Yield the name in the NVD of a component of Apache Commons."""
    part = artifact.removeprefix("commons-")
    if part != artifact and part in _COMMONS and group in {artifact, "org.apache.commons"}:
        yield CPE, f"apache:commons_{_COMMONS_LINES.get(part, part)}"


_OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {}
for _old, _new in MOVED:
    _OTHER_NAMES[_old] = (*_OTHER_NAMES.get(_old, ()), _new)
    _OTHER_NAMES[_new] = (*_OTHER_NAMES.get(_new, ()), _old)


def relocations_of(stream: str, name: str) -> tuple[str, ...]:
    """Return the other names under which advisories may speak of the same artifact."""
    return _OTHER_NAMES.get(name, ()) if stream == "Maven" else ()
