"""What other applications may listen to; nothing here knows who does."""

from __future__ import annotations

from django.dispatch import Signal

#: Reviews, by their numbers ``review_ids``, are new, say something else, or have media that are ready now.
#: Sent inside the transaction that writes them; a receiver defers its work until that is through.
review_written = Signal()
