"""Sessions in the database that know whose they are, and from where (SESSION_ENGINE)."""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from rollbook.domains.access import queries as access
from rollbook.domains.access.models import Session
from rollbook.domains.access.rules import Visit

KEPT = ("signed_in_at", "seen_at", "address", "browser")


class SessionStore(db.SessionStore):
    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._known: dict[str, Any] = {}

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session: Session = super().create_model_instance(data)
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        for name, value in self._known.items():
            setattr(session, name, value)
        return session

    def signed_in(self, visit: Visit, at: datetime) -> None:
        """Is kept with the session, which signing in saves."""
        self._known = {"signed_in_at": at, "seen_at": at, "address": visit.address, "browser": visit.browser}

    @property
    def seen_at(self) -> datetime | None:
        """When this browser was last written down as being at work."""
        return self._known.get("seen_at")

    def _get_session_from_db(self) -> Session | None:
        row = access.session_of(key=self.session_key, at=timezone.now()) if self.session_key else None
        if row is None:
            self._session_key = None
        self._known = {name: getattr(row, name) for name in KEPT} if row else {}
        return row
