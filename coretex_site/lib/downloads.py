"""Files as HTTP answers: downloads and pictures. What a browser could execute is never served as ours."""

from collections.abc import Iterable
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from coretex_site.lib import filetree, previews

# A sandbox without permissions: no scripts, no forms, an origin of its own, nothing loaded from anywhere.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
GUARDS = {
    "Content-Security-Policy": SANDBOX,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


def attachment(request: HttpRequest, path: Path, name: str) -> HttpResponseBase:
    """The file's bytes, to be saved as `name`."""
    return answer(request, path, "application/octet-stream", content_disposition_header(True, plain(name)))


def picture(request: HttpRequest, path: Path, name: str) -> HttpResponseBase:
    """The file for an `<img>` if it is a picture, as its content says; else as a download."""
    with path.open("rb") as file:
        beginning = file.read(4096)
    media_type = previews.image_type(beginning)
    if media_type is None and previews.suffix(name) == ".svg" and previews.is_text(beginning):
        media_type = "image/svg+xml"
    if media_type is None:
        return attachment(request, path, name)
    return answer(request, path, media_type, content_disposition_header(False, plain(name)))


def as_asked(request: HttpRequest, path: Path, name: str) -> HttpResponseBase:
    """The file's bytes: with `?picture` as a picture, else to be saved."""
    serve = picture if "picture" in request.GET else attachment
    return serve(request, path, name)


def zipped(request: HttpRequest, files: Iterable[tuple[str, Path]], name: str) -> HttpResponseBase:
    """Files, given as (path inside, path on disk), as one zip `name` that is made while it is sent."""
    disposition = content_disposition_header(True, plain(name.replace("/", "_"))) or "attachment"
    headers = GUARDS | {"Content-Type": "application/zip", "Content-Disposition": disposition}
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    return StreamingHttpResponse(filetree.zip_files(files), headers=headers)


def answer(request: HttpRequest, path: Path, media_type: str, disposition: str | None) -> HttpResponseBase:
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse()
    else:
        response = FileResponse(path.open("rb"))
    details = {
        "Content-Type": media_type,
        "Content-Length": str(path.stat().st_size),
        "Content-Disposition": disposition or "attachment",
    }
    for name, value in (GUARDS | details).items():
        response.headers[name] = value
    return response


def plain(name: str) -> str:
    """The last part of a path without characters that a header cannot carry."""
    last = name.rsplit("/", 1)[-1]
    return "".join(letter if letter.isprintable() else "_" for letter in last) or "file"
