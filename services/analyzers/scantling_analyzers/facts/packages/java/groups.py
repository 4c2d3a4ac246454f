"""Groups of widely used artifacts whose archives often carry no ``pom.properties``.

Ant, sbt and Gradle builds leave none, distributions strip them, and manifests name no group or
a wrong one; without the right group no advisory would match. The coordinates are those under
which Maven's central repository publishes the artifacts.
"""

from __future__ import annotations

import re
from typing import Final

_MODULES: Final[dict[bytes, tuple[tuple[bytes, bytes], ...]]] = {
    b"org.springframework": (
        (b"spring", b""),
        (
            b"spring-",
            (
                b"aop aspects beans context context-indexer context-support core expression "
                b"instrument jcl jdbc jms messaging orm oxm r2dbc test tx web webflux webmvc "
                b"webmvc-portlet websocket"
            ),
        ),
    ),
    b"org.apache.kafka": ((b"connect-", b"api file json mirror runtime transforms"),),
    b"org.apache.tomcat": (
        (
            b"tomcat-",
            (
                b"annotations-api api catalina catalina-ant catalina-ha catalina-ws coyote dbcp "
                b"el-api i18n-de i18n-es i18n-fr i18n-ja i18n-ru jasper jasper-el jaspic-api jdbc "
                b"jni jsp-api juli servlet-api ssi storeconfig tribes util util-scan websocket "
                b"websocket-api websocket-client-api"
            ),
        ),
    ),
    b"org.apache.velocity": ((b"velocity", b""), (b"velocity-", b"engine-core")),
    b"org.apache.struts": (
        (b"struts-", b"core el extras faces mailreader-dao scripting taglib tiles"),
    ),
    b"struts": ((b"struts", b""),),
    b"mysql": ((b"mysql-connector-java", b""),),
    b"com.mysql": ((b"mysql-connector-j", b""),),
    b"org.postgresql": ((b"postgresql", b""),),
    b"com.oracle.database.jdbc": ((b"ojdbc", b"6 8 10 11 17"), (b"ucp", b"")),
    b"com.microsoft.sqlserver": ((b"mssql-jdbc", b""),),
    b"com.h2database": ((b"h2", b""),),
    b"org.hsqldb": ((b"hsqldb", b""),),
    b"org.apache.derby": ((b"derby", b""), (b"derby", b"client net shared tools")),
    b"com.mchange": ((b"c3p0", b""), (b"mchange-commons-java", b"")),
    b"com.alibaba": ((b"fastjson", b""), (b"druid", b""), (b"druid-", b"spring-boot-starter")),
    b"com.alibaba.fastjson2": ((b"fastjson2", b""),),
    b"org.json": ((b"json", b""),),
    b"org.webjars": ((b"bootstrap", b""), (b"jquery", b"")),
    b"org.tensorflow": ((b"tensorflow", b""), (b"libtensorflow", b""), (b"libtensorflow_jni", b"")),
    b"org.apache.shiro": (
        (
            b"shiro-",
            (
                b"aspectj cache config-core core crypto-core ehcache guice jaxrs lang "
                b"spring spring-boot-starter web"
            ),
        ),
    ),
    b"org.apache.logging.log4j": (
        (b"log4j-", b"1.2-api api core jcl jul slf4j-impl slf4j2-impl to-slf4j web"),
    ),
    b"log4j": ((b"log4j", b""),),
    b"ch.qos.reload4j": ((b"reload4j", b""),),
    b"ch.qos.logback": ((b"logback-", b"access classic core"),),
    b"org.slf4j": (
        (b"slf4j-", b"api ext jcl jdk14 log4j12 nop reload4j simple"),
        (b"jcl-over-slf4j", b""),
        (b"jul-to-slf4j", b""),
        (b"log4j-over-slf4j", b""),
    ),
    b"com.squareup.okhttp3": (
        (b"okhttp", b""),
        (b"okhttp-", b"jvm sse tls urlconnection"),
        (b"logging-interceptor", b""),
    ),
    b"com.squareup.okio": ((b"okio", b""), (b"okio-", b"jvm")),
    b"com.squareup.retrofit2": ((b"retrofit", b""),),
    b"com.linecorp.armeria": ((b"armeria", b""),),
    b"io.zipkin.brave": ((b"brave", b""),),
    b"io.zipkin": ((b"zipkin-", b"lens server"),),
    b"io.zipkin.zipkin2": ((b"zipkin", b""),),
    b"io.zipkin.reporter2": ((b"zipkin-", b"reporter reporter-brave"),),
    b"io.projectreactor": ((b"reactor-", b"core test tools"),),
    b"io.projectreactor.netty": ((b"reactor-netty", b""), (b"reactor-netty-", b"core http")),
    b"org.bouncycastle": (
        *(
            (name, b"-jdk15on -jdk15to18 -jdk18on -jdk14 -jdk16")
            for name in (
                b"bcprov",
                b"bcpkix",
                b"bcutil",
                b"bcpg",
                b"bcmail",
                b"bctls",
                b"bcprov-ext",
            )
        ),
        (b"bc-fips", b""),
    ),
    b"org.ow2.asm": ((b"asm", b""), (b"asm-", b"analysis commons tree util")),
    b"org.scala-lang": ((b"scala-", b"compiler library reflect"), (b"scalap", b"")),
    b"org.apache.ant": (
        (b"ant", b""),
        (
            b"ant-",
            (
                b"antlr apache-bcel apache-log4j apache-oro apache-regexp apache-resolver "
                b"apache-xalan2 commons-logging commons-net imageio jai jdepend jmf jsch junit "
                b"junit4 junitlauncher launcher netrexx swing testutil xz"
            ),
        ),
    ),
    b"net.java.dev.jna": ((b"jna", b""), (b"jna-", b"jpms platform"), (b"platform-jna", b"")),
    b"org.eclipse.jdt": ((b"ecj", b""),),
    b"org.elasticsearch": (
        (b"elasticsearch", b""),
        (
            b"elasticsearch-",
            b"cli core geo launchers logging lz4 plugin-classloader secure-sm ssl-config x-content",
        ),
    ),
    b"org.opensearch": ((b"opensearch", b""), (b"opensearch-", b"cli core x-content")),
    b"org.apache.solr": ((b"solr-", b"core solrj"),),
    b"org.apache.xmlbeans": ((b"xmlbeans", b""),),
    b"org.apache.poi": (
        (b"poi", b""),
        (b"poi-", b"ooxml ooxml-full ooxml-lite ooxml-schemas scratchpad"),
    ),
    b"xerces": ((b"xercesImpl", b""),),
    b"xalan": ((b"xalan", b""), (b"serializer", b"")),
    b"xml-apis": ((b"xml-apis", b""),),
    b"dom4j": ((b"dom4j", b""),),
    b"javax.servlet": ((b"servlet-api", b""), (b"javax.servlet-api", b""), (b"jstl", b"")),
    b"javax.servlet.jsp": ((b"jsp-api", b""),),
    b"com.github.jnr": ((b"jffi", b""),),
    b"net.sf.ehcache": ((b"ehcache-core", b""),),
    b"com.thoughtworks.xstream": ((b"xstream", b""),),
    b"org.yaml": ((b"snakeyaml", b""),),
    b"commons-httpclient": ((b"commons-httpclient", b""),),
    b"org.apache.commons": (
        (
            b"commons-",
            (
                b"collections4 compress configuration2 csv dbcp2 email exec fileupload2 "
                b"jexl3 jcs3-core lang3 math3 pool2 text"
            ),
        ),
    ),
    b"com.google.guava": ((b"guava", b""), (b"failureaccess", b"")),
    b"com.google.code.gson": ((b"gson", b""),),
    b"com.fasterxml.jackson.core": ((b"jackson-", b"annotations core databind"),),
    b"io.undertow": ((b"undertow-", b"core servlet websockets-jsr"),),
}
_BY_ARTIFACT: Final = {
    start + end: group
    for group, families in _MODULES.items()
    for start, ends in families
    for end in (ends.split() or [b""])
}
_BY_PREFIX: Final = (
    (b"spring-boot", b"org.springframework.boot"),
    (b"spring-security-", b"org.springframework.security"),
    (b"spring-data-", b"org.springframework.data"),
    (b"spring-cloud-", b"org.springframework.cloud"),
    (b"spring-session-", b"org.springframework.session"),
    (b"spring-integration-", b"org.springframework.integration"),
    (b"spring-batch-", b"org.springframework.batch"),
    (b"kafka-", b"org.apache.kafka"),
    (b"kafka_", b"org.apache.kafka"),
    (b"tomcat-embed-", b"org.apache.tomcat.embed"),
    (b"struts2-", b"org.apache.struts"),
    (b"lucene-", b"org.apache.lucene"),
    (b"armeria-", b"com.linecorp.armeria"),
    (b"brave-", b"io.zipkin.brave"),
    (b"zipkin-", b"io.zipkin.zipkin2"),
    (b"hadoop-", b"org.apache.hadoop"),
    (b"spark-", b"org.apache.spark"),
    (b"flink-", b"org.apache.flink"),
    (b"grpc-", b"io.grpc"),
    (b"micrometer-", b"io.micrometer"),
    (b"kotlin-", b"org.jetbrains.kotlin"),
    (b"kotlinx-", b"org.jetbrains.kotlinx"),
    (b"akka-", b"com.typesafe.akka"),
    (b"opentelemetry-", b"io.opentelemetry"),
    (b"netty-", b"io.netty"),
    (b"jetty-", b"org.eclipse.jetty"),
)
_OWN_GROUP: Final = frozenset(
    {
        *(b"antlr", b"junit", b"ognl", b"aopalliance", b"cglib", b"oro", b"jaxen"),
        *(
            b"commons-" + name
            for name in (
                *(b"beanutils", b"cli", b"codec", b"collections", b"configuration", b"dbcp"),
                *(b"digester", b"discovery", b"fileupload", b"httpclient", b"io", b"jxpath"),
                *(b"lang", b"logging", b"net", b"pool", b"validator"),
            )
        ),
    }
)
_MOVED: Final = (
    # From a major version on an artifact has another group.
    (b"groovy", b"org.codehaus.groovy", 4, b"org.apache.groovy"),
    (b"hibernate", b"org.hibernate", 6, b"org.hibernate.orm"),
)
_MAJOR: Final = re.compile(rb"\d{1,4}")


def known_group(artifact: bytes, version: bytes) -> bytes:
    """Return the group of an artifact that is known by its name, else nothing."""
    if artifact in _OWN_GROUP:
        return artifact
    if known := _BY_ARTIFACT.get(artifact):
        return known
    for name, before, moved, after in _MOVED:
        if artifact == name or artifact.startswith(name + b"-"):
            major = _MAJOR.match(version)
            return after if major and int(major[0]) >= moved else before
    return next((group for start, group in _BY_PREFIX if artifact.startswith(start)), b"")
