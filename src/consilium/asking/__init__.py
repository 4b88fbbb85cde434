"""Questions answered from cited statements, or by planning."""

from consilium.asking.answer import Answer, Said, chip
from consilium.asking.asking import Asker

__all__ = ["Answer", "Asker", "Said", "chip"]
