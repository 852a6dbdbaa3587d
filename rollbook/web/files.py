"""Files that come with a form, and files that are given away."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from rollbook.domains.access.actor import ANONYMOUS
from rollbook.foundation import uploads

View = TypeVar("View", bound=Callable[..., HttpResponse])

AROUND_A_FILE = 64 * 1024  # bytes: the other fields of its form
# Shown in a window of its own, a file could run nothing and reach nothing; told to be saved, it is not shown at all.
INERT = {"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}


class Gate(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS: a form with a file is read to its end only where a file is expected, by
    somebody who is signed in. Elsewhere it may be as long as any other form."""

    def handle_raw_input(
        self, input_data: Any, META: Mapping[str, Any], content_length: int, boundary: str,  # noqa: N803
        encoding: str | None = None,
    ) -> None:
        match = self.request.resolver_match if self.request else None
        expected = getattr(match.func, "takes_file_of", 0) if match and self.request.actor != ANONYMOUS else 0
        if content_length > max(expected, settings.DATA_UPLOAD_MAX_MEMORY_SIZE) + AROUND_A_FILE:
            raise RequestDataTooBig("The form is longer than the files it may carry.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Kept by the handlers after this one."""


def takes_file(most: int) -> Callable[[View], View]:
    """The view expects files of so many bytes together. Stands outermost, where the resolver finds it."""

    def marked(view: View) -> View:
        view.takes_file_of = most  # type: ignore[attr-defined]
        return view

    return marked


def download(data: bytes, *, name: str, content_type: str = "application/octet-stream") -> HttpResponse:
    """A file to be saved, never shown: whatever is in it, it runs in nobody's name."""
    disposition = content_disposition_header(True, uploads.clean_name(name)) or "attachment"
    return HttpResponse(data, content_type=content_type, headers={"Content-Disposition": disposition, **INERT})


def paper(data: bytes, *, name: str, saved: bool = False) -> HttpResponse:
    """A PDF that we made (foundation/paper.py): shown in the window, from where it is printed; or `saved`. For what
    others made there is `download`."""
    disposition = content_disposition_header(saved, f"{uploads.clean_name(name).removesuffix('.pdf')}.pdf")
    return HttpResponse(data, content_type="application/pdf", headers={"Content-Disposition": str(disposition)})
