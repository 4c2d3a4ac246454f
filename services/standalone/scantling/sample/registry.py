"""A small registry: push and pull by the OCI distribution specification, version 1.1.

Anonymous, on a loopback address. A request that names another host is refused, so that a web
page can't reach it through a name of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from scantling.sample.registry_answers import NotThere, Refused, failures, problem
from scantling.sample.shelf import Upload, is_digest
from scantling_common.images.digests import digest_of
from scantling_common.images.limits import DOCUMENT_LIMITS
from scantling_common.images.reference import is_repository, is_tag
from scantling_common.images.sources.addresses import is_loopback

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from scantling.sample.notifications import Notifications
    from scantling.sample.shelf import Shelf
    from scantling_common.clock import Randomness

NAME: Final = r"{name:[a-z0-9][a-z0-9._/-]*}"
PAGE: Final = 1000
_PIECE: Final = 1024 * 1024
_DIGEST: Final = "Docker-Content-Digest"


class SampleRegistry:
    """The registry over a shelf."""

    def __init__(self, shelf: Shelf, notifications: Notifications, randomness: Randomness) -> None:
        """Serve a shelf, and notify of pushes and deletions."""
        self._shelf, self._notifications = shelf, notifications
        self._randomness = randomness
        self._uploads: dict[str, tuple[str, Upload]] = {}

    def app(self) -> web.Application:
        """Return the registry as an application."""
        largest = DOCUMENT_LIMITS.document_bytes
        app = web.Application(client_max_size=largest, middlewares=[_local, failures])
        app.add_routes(
            [
                web.get("/v2/", self._version),
                web.get("/v2/_catalog", self._catalog),
                web.get(f"/v2/{NAME}/tags/list", self._tags),
                web.get(f"/v2/{NAME}/manifests/{{reference}}", self._get_manifest),
                web.put(f"/v2/{NAME}/manifests/{{reference}}", self._put_manifest),
                web.delete(f"/v2/{NAME}/manifests/{{reference}}", self._delete_manifest),
                web.post(f"/v2/{NAME}/blobs/uploads/", self._begin),
                web.get(f"/v2/{NAME}/blobs/uploads/{{upload}}", self._progress),
                web.patch(f"/v2/{NAME}/blobs/uploads/{{upload}}", self._append),
                web.put(f"/v2/{NAME}/blobs/uploads/{{upload}}", self._finish),
                web.delete(f"/v2/{NAME}/blobs/uploads/{{upload}}", self._abandon),
                web.get(f"/v2/{NAME}/blobs/{{digest}}", self._get_blob),
            ]
        )
        app.on_cleanup.append(self._drop_uploads)
        return app

    async def _version(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def _catalog(self, request: web.Request) -> web.StreamResponse:
        return _page(request, "repositories", self._shelf.repositories(), {})

    async def _tags(self, request: web.Request) -> web.StreamResponse:
        name = _name(request)
        tags = self._shelf.tags(name)
        if tags is None:
            raise NotThere("NAME_UNKNOWN", f"there is no repository {name}")
        return _page(request, "tags", tags, {"name": name})

    async def _get_manifest(self, request: web.Request) -> web.StreamResponse:
        name, reference = _name(request), _reference(request)
        found = self._shelf.manifest(name, reference)
        if found is None:
            raise NotThere("MANIFEST_UNKNOWN", f"{name} has no manifest {reference}")
        return web.Response(
            body=found.data,
            headers={"Content-Type": found.media_type, _DIGEST: found.digest},
        )

    async def _put_manifest(self, request: web.Request) -> web.StreamResponse:
        name, reference = _name(request), _reference(request)
        data = await request.read()
        tag = "" if is_digest(reference) else reference
        if not tag and digest_of(data) != reference:
            raise Refused("DIGEST_INVALID", f"the manifest is not {reference}")
        digest = self._shelf.put_manifest(name, tag, data, request.content_type)
        target = {"mediaType": request.content_type, "digest": digest, "size": len(data)}
        self._note("push", request, name, tag, target)
        location = f"/v2/{name}/manifests/{digest}"
        return web.Response(status=201, headers={"Location": location, _DIGEST: digest})

    async def _delete_manifest(self, request: web.Request) -> web.StreamResponse:
        name, reference = _name(request), _reference(request)
        digest = self._shelf.delete(name, reference)
        if digest is None:
            raise NotThere("MANIFEST_UNKNOWN", f"{name} has no manifest {reference}")
        is_tag_ = not is_digest(reference)
        target: dict[str, Any] = {} if is_tag_ else {"digest": digest}
        self._note("delete", request, name, reference if is_tag_ else "", target)
        return web.Response(status=202)

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        name = _name(request)
        mounted = request.query.get("mount", "")
        source = request.query.get("from", "")
        if mounted and is_repository(source) and self._shelf.blob(source, mounted) is not None:
            self._shelf.link(name, mounted)
            return _blob_made(name, mounted)
        upload = self._shelf.begin()
        id_ = self._randomness.token()
        self._uploads[id_] = (name, upload)
        if digest := request.query.get("digest"):
            return await self._complete(request, id_, digest)
        return _under_way(name, id_, upload, 202)

    async def _progress(self, request: web.Request) -> web.StreamResponse:
        name, id_, upload = self._upload(request)
        return _under_way(name, id_, upload, 204)

    async def _append(self, request: web.Request) -> web.StreamResponse:
        name, id_, upload = self._upload(request)
        begins = request.headers.get("Content-Range", "").partition("-")[0]
        if begins and begins != str(upload.size):
            raise Refused("BLOB_UPLOAD_INVALID", f"{upload.size} bytes have come", status=416)
        await self._receive(request, id_, upload)
        return _under_way(name, id_, upload, 202)

    async def _finish(self, request: web.Request) -> web.StreamResponse:
        _, id_, _ = self._upload(request)
        return await self._complete(request, id_, request.query.get("digest", ""))

    async def _abandon(self, request: web.Request) -> web.StreamResponse:
        _, id_, upload = self._upload(request)
        del self._uploads[id_]
        upload.close()
        return web.Response(status=204)

    async def _get_blob(self, request: web.Request) -> web.StreamResponse:
        name, digest = _name(request), request.match_info["digest"]
        path = self._shelf.blob(name, digest)
        if path is None:
            raise NotThere("BLOB_UNKNOWN", f"{name} has no blob {digest[:80]}")
        headers = {"Content-Type": "application/octet-stream", _DIGEST: digest}
        return web.FileResponse(path, headers=headers)

    async def _complete(self, request: web.Request, id_: str, digest: str) -> web.StreamResponse:
        name, upload = self._uploads[id_]
        await self._receive(request, id_, upload)
        del self._uploads[id_]
        try:
            upload.finish(name, digest)
        finally:
            upload.close()
        return _blob_made(name, digest)

    async def _receive(self, request: web.Request, id_: str, upload: Upload) -> None:
        """Append the body; an upload that breaks off can't go on."""
        try:
            async for piece in request.content.iter_chunked(_PIECE):
                upload.write(piece)
        except BaseException:
            self._uploads.pop(id_, None)
            upload.close()
            raise

    def _upload(self, request: web.Request) -> tuple[str, str, Upload]:
        name, id_ = _name(request), request.match_info["upload"]
        owner, upload = self._uploads.get(id_, ("", None))
        if upload is None or owner != name:
            raise NotThere("BLOB_UPLOAD_UNKNOWN", "there is no such upload")
        return name, id_, upload

    def _note(
        self, action: str, request: web.Request, name: str, tag: str, target: dict[str, Any]
    ) -> None:
        named = {"repository": name, "url": f"http://{request.host}/v2/{name}/", **target}
        self._notifications.note(action, {**named, "tag": tag} if tag else named)

    async def _drop_uploads(self, _app: web.Application) -> None:
        for _, upload in self._uploads.values():
            upload.close()
        self._uploads.clear()


@web.middleware
async def _local(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a request that was sent to another name than this machine's own."""
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host):
        return problem(403, "DENIED", "only this machine is served")
    return await handler(request)


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if not is_repository(name):
        raise Refused("NAME_INVALID", "that is no repository's name")
    return name


def _reference(request: web.Request) -> str:
    reference = request.match_info["reference"]
    if not is_tag(reference) and not is_digest(reference):
        raise Refused("TAG_INVALID", "that is neither a tag nor a sha256 digest")
    return reference


def _page(
    request: web.Request, key: str, names: list[str], more: dict[str, str]
) -> web.StreamResponse:
    """Return a page of names behind ``last``, and the link to the next (section *Listing*)."""
    last, asked = request.query.get("last", ""), request.query.get("n", "")
    count = min(PAGE, int(asked)) if asked.isdecimal() and len(asked) < len(str(PAGE)) + 1 else PAGE
    behind = [name for name in names if name > last]
    page = behind[:count]
    headers = {}
    if len(behind) > len(page) and page:
        following = request.rel_url.with_query(n=str(count), last=page[-1])
        headers["Link"] = f'<{following}>; rel="next"'
    return web.json_response({**more, key: page}, headers=headers)


def _under_way(name: str, id_: str, upload: Upload, status: int) -> web.Response:
    return web.Response(
        status=status,
        headers={
            "Location": f"/v2/{name}/blobs/uploads/{id_}",
            "Range": f"0-{max(0, upload.size - 1)}",
            "Docker-Upload-UUID": id_,
        },
    )


def _blob_made(name: str, digest: str) -> web.Response:
    location = f"/v2/{name}/blobs/{digest}"
    return web.Response(status=201, headers={"Location": location, _DIGEST: digest})
