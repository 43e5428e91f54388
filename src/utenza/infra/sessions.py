"""Sessions in the database. Every request reads one, so the statement is written out; all else is Django's."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

_OPEN = "SELECT * FROM django_session WHERE session_key = %s AND expire_date > now()"


class SessionStore(db.SessionStore):
    """A store that reads by the real clock, as Django writes, whatever the demo's clock says."""

    def _get_session_from_db(self) -> Session | None:
        for session in Session.objects.raw(_OPEN, [self.session_key]):
            return session
        self._session_key = None
        return None
