"""What the name of a setting says about its value: a password, a token, or just where one is."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

NameClass = Literal[
    "password", "secret", "token", "api-key", "key", "credential", "auth", "salt", "none"
]
"""What kind of value a name promises; ``none`` where it promises no secret."""

_BREAK: Final = re.compile(
    rb"[A-Z]{2,}(?![a-z])|[A-Z]{1,20}(?=[A-Z][a-z])|[A-Z][a-z]{1,40}|[a-z]{1,40}|[A-Z]|\d{1,20}"
)

_PASSWORD: Final = frozenset(
    b"password passwords passwd passwds passphrase passphrases passcode passcodes pwd pwds pass "
    b"passwort kennwort contrasena senha motdepasse pw psw pswd requirepass masterauth "
    b"userpassword dbpassword rootpassword adminpassword userpass dbpass storepass keypass "
    b"rootpass sudopass smtppass psk identified pin pincode passwrd pssword userpwd "
    b"dbpasswd rootpw mysqlpwd pgpassword sshpass".split()
)
_SECRET: Final = frozenset(
    b"secret secrets clientsecret appsecret secretkey sharedsecret jwtsecret secretkeybase "
    b"secretaccesskey".split()
)
_TOKEN: Final = frozenset(
    b"token tokens authtoken accesstoken apitoken bearer refreshtoken bottoken jwt pat nkey "
    b"oauthtoken sessiontoken csrftoken sastoken".split()
)
_KEY: Final = frozenset(
    b"key keys apikey apikeys accesskey authkey privatekey licensekey masterkey "
    b"encryptionkey skey accountkey signingkey appkey sshkey hmackey sharedkey seed "
    b"mnemonic".split()
)
_CREDENTIAL: Final = frozenset(b"credential credentials cred creds".split())
_AUTH: Final = frozenset(
    b"auth authorization authentication authenticate authorisation basicauth oauth".split()
)
_SALT: Final = frozenset(b"salt nonce".split())

_SECRET_KEYS: Final = frozenset(
    b"api app access auth secret private master encryption encrypt crypto cipher signing sign "
    b"account subscription service session license licence shared storage hmac aes des rsa "
    b"jwt cookie admin write instrumentation deploy ssh ssl tls webhook customer consumer "
    b"client user server functions function host account primary secondary integration "
    b"sas stripe google maps aws azure gcp github gitlab slack sendgrid mailgun twilio cloud "
    b"data datadog newrelic sentry algolia openai anthropic hash".split()
)
"""Words before *key* that make it a key to something."""

_NOT_SECRET_BEFORE: Final = frozenset(
    b"public pub primary foreign partition sort range cache map dict row column object hot "
    b"shortcut registry group unique index order lookup next prev query field result".split()
)

_PLACE_IN_A_LIST: Final = frozenset(
    b"next prev previous page paging pagination continuation continue marker cursor starting lock "
    b"request idempotency sequence change update".split()
)
"""Words before *token* that make it a mark of how far something has come."""

_NOT_SECRET_AFTER: Final = frozenset(
    b"file files path paths dir directory folder location url uri urls uris endpoint host "
    b"name names id ids identifier type types kind class length len size min max minimum "
    b"maximum count limit policy policies rule rules strength expiry expires expire expiration "
    b"expired ttl lifetime validity timeout age interval rotation period enabled enable disabled "
    b"disable required require optional allowed algorithm algo alg method mode format encoding "
    b"field fields column columns label title text hint placeholder description message error "
    b"prompt help form forms view page link template provider providers handler helper manager "
    b"service server store storage factory builder encoder generator validator reset change "
    b"forgot forgotten confirmation changed updated at date time created modified status state "
    b"version arn alias usage use used uses ref reference references from source scheme schema "
    b"prefix suffix header headers param params parameter parameters property properties "
    b"env var variable pattern regex regexp valid invalid check test tests input output "
    b"set is has show hide visible spec binary list attribute attributes vault domain issuer "
    b"audience scope scopes grant code event action callback config configuration settings "
    b"options option data info dn cn base charset chars digits case quality complexity "
    b"username usernames user login email mail map maps table tables "
    b"attempts retries retry delay level based generation gen manager".split()
)
"""Words after the one that promises a secret which say that it is something else."""

_SERVICES: Final = frozenset(
    b"mysql mariadb postgres postgresql pg db database mongo mongodb mssql sa oracle redis "
    b"rabbitmq amqp datasource jdbc smtp imap mail mailer ldap bind ftp sftp ssh root admin "
    b"keystore truststore elastic elasticsearch kibana grafana minio neo4j influxdb clickhouse "
    b"cassandra couchdb keycloak nexus sonar jenkins wordpress samba vnc wifi vpn".split()
)
"""What has accounts: the password of one that a setting names is what it says."""

_IDENTIFIER: Final = frozenset(b"id ids identifier uuid guid etag arn fingerprint".split())
"""Last words of names of what only tells one thing from another."""

_ALWAYS: Final = frozenset(
    b"encrypted hashed hash digest fingerprint sha sha256 sha1 md5 checksum".split()
)


_PAT_OF: Final = frozenset(
    b"github gitlab azure ado devops gh gl bitbucket docker dockerhub personal access user bot ci "
    b"jira atlassian databricks snyk read write deploy".split()
)
"""Words before *pat* that make it a personal access token, not a pattern."""

_LOCALE: Final = re.compile(rb"[a-z]{2,3}[_-][A-Z]{2}")
"""A language and a country: ``en_PW`` is English in Palau."""

_AMBIGUOUS: Final = frozenset({(b"pat",), (b"seed",), (b"pin",), (b"identified",)})
"""Names that mean something else more often than not where they stand alone."""


@lru_cache(maxsize=4096)
def words_of(name: bytes) -> tuple[bytes, ...]:
    """Return the words of a name in small letters: ``DB_userPassword2`` has four."""
    return tuple(word.lower() for word in _BREAK.findall(name))


@lru_cache(maxsize=65_536)
def class_of(name: bytes) -> NameClass:
    """Return what kind of value a name promises."""
    if not PROMISING.search(name.lower()) or _LOCALE.fullmatch(name):
        return "none"
    words = words_of(name)
    if tuple([word for word in words if not word.isdigit()]) in _AMBIGUOUS:
        return "none"
    for position in range(len(words) - 1, -1, -1):
        found = _class_at(words, position)
        if found != "none":
            return found
    return "none"


@lru_cache(maxsize=4096)
def qualifiers(name: bytes) -> frozenset[str]:
    """Return what else a name says.

    ``about`` where it names something about a secret instead of one (``password_file``),
    ``identifier`` where that only tells it from others (``token_id``),
    ``hashed``, ``public``, ``paging`` where a token is no more than a place in a list,
    ``service`` where it is a password and the name says what for, and ``keyed`` where a word makes
    a mere *key* one that opens.
    """
    words = words_of(name)
    last = max((n for n in range(len(words)) if _class_at(words, n) != "none"), default=-1)
    before = words[:last] if last >= 0 else words
    rest = [word for word in words[last + 1 :] if not word.isdigit()]
    said = {
        "about": any(word in _NOT_SECRET_AFTER for word in rest),
        "identifier": bool(rest) and rest[-1] in _IDENTIFIER and words[last] not in _SECRET,
        "hashed": any(word in _ALWAYS for word in words),
        "public": any(word in (b"public", b"pub", b"publishable") for word in before)
        or (before[-1:] == (b"site",) and words[last] in _KEY),
        "ordinary": bool(before) and before[-1] in _NOT_SECRET_BEFORE,
        "paging": bool(before) and before[-1] in _PLACE_IN_A_LIST and words[last] in _TOKEN,
        "service": (
            words[-1:] == words[last : last + 1] != ()
            and words[-1] in _PASSWORD
            and not _SERVICES.isdisjoint(before)
        ),
        "keyed": any(word in _SECRET_KEYS for word in before),
    }
    return frozenset(each for each, holds in said.items() if holds)


def forget() -> None:
    """Forget all names: what stands before a value may be a secret itself."""
    for each in (words_of, class_of, qualifiers):
        each.cache_clear()


def _class_at(words: tuple[bytes, ...], position: int) -> NameClass:
    word = words[position].rstrip(b"0123456789")
    before = words[position - 1] if position else b""
    result: NameClass = "none"
    if word in _PASSWORD or (word == b"word" and before == b"pass"):
        result = "password"
    elif word in _SECRET:
        result = "secret"
    elif word in _TOKEN:
        result = "token" if word != b"pat" or before in _PAT_OF else "none"
    elif word in _KEY:
        result = _kind_of_key(words[:position], word)
    elif word in _CREDENTIAL:
        result = "credential"
    elif word in _AUTH:
        result = "auth"
    elif word in _SALT:
        result = "salt"
    else:
        result = _ending(word)
    return result


def _kind_of_key(before: tuple[bytes, ...], word: bytes) -> NameClass:
    if any(each in (b"secret", b"secrets") for each in before):
        return "secret"
    if word.startswith(b"api") or b"api" in before:
        return "api-key"
    return "key"


_ENDINGS: Final[tuple[tuple[re.Pattern[bytes], NameClass], ...]] = (
    (
        re.compile(
            rb"pass(?:wd|word|phrase)$|pwd$|^pass(?:wd|word|phrase)|pass$|(?:bind|root|user|db|mail)pw$"
        ),
        "password",
    ),
    (re.compile(rb"secret(?:key)?$|^secret"), "secret"),
    (re.compile(rb"token$|^token"), "token"),
    (re.compile(rb"apikey"), "api-key"),
    (re.compile(rb"(?:access|private)key|(?:api|master|account|n|hmac|encryption)key$"), "key"),
    (re.compile(rb"credentials"), "credential"),
)
"""What words end or begin with that were written together."""

_COMMON_ENDINGS: Final = frozenset(
    b"compass bypass surpass trespass encompass overpass underpass secretary secretly monkey "
    b"tokenize tokenizer tokenized tokenization tokenizers ppassword ppasswd ppass".split()
)
PROMISING: Final = re.compile(
    rb"p(?:ass|at|in|sk|sw|w)|s(?:alt|ecret|eed|enha)|c(?:ontrasena|red|(?<=mnemonic)|(?<=nonc)e)"
    rb"|k(?:ennwort|ey|(?<=tok)en)|u(?<=au)th|f(?<=identif)ied|bearer|jwt"
)
"""What is in every name that promises a secret, in small letters.

Each word is looked for by a letter that is rare: this is searched in all of a long line.
"""


def _ending(word: bytes) -> NameClass:
    if word in _COMMON_ENDINGS or not PROMISING.search(word):
        return "none"
    return next((kind for pattern, kind in _ENDINGS if pattern.search(word)), "none")
