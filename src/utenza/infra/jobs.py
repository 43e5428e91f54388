"""What infra itself does in the background."""

from __future__ import annotations

from utenza.infra.post_office import send_due
from utenza.infra.work import register_drain

register_drain("messages", send_due)
