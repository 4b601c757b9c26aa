"""What a kernel says goes on its way at once, so that what moves in a notebook moves evenly.

Jupyter's server leaves the system's default, under which a small message waits until the page has
confirmed the one before: 40 ms on Linux, longer elsewhere. Frames then come in bunches.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's way from a kernel to a page, without Nagle's algorithm (RFC 896)."""

    def connect(self) -> Any:
        """Connect as Jupyter does."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
