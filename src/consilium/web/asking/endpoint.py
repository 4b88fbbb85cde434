"""An OpenAI-compatible endpoint as the optional model; off unless the site sets its address.

What it may do with an answer is bounded in ``consilium.asking.model``.
"""

from __future__ import annotations

from time import monotonic

import httpx
import msgspec

from consilium.asking.model import MOST_BYTES


class Endpoint:
    """An OpenAI-compatible endpoint, reached through httpx within ``seconds``."""

    def __init__(self, url: str, name: str, key: str = "", seconds: float = 5.0) -> None:
        self.url, self.name, self.key, self.seconds = url.rstrip("/"), name, key, seconds

    def complete(self, messages: list[dict[str, str]]) -> str:
        """The text of the first choice. Raises on anything that is not just that."""
        head = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = {
            "model": self.name,
            "messages": messages,
            "temperature": 0,
            "response_format": {"type": "json_object"},
        }
        until = monotonic() + self.seconds
        taken = bytearray()
        with httpx.stream(
            "POST", f"{self.url}/chat/completions", json=body, headers=head, timeout=self.seconds
        ) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                taken += part
                if len(taken) > MOST_BYTES or monotonic() > until:
                    raise ValueError("the endpoint says too much, or too slowly")
        return str(msgspec.json.decode(bytes(taken))["choices"][0]["message"]["content"])
