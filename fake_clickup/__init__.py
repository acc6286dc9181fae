"""A ClickUp that answers HTTP on the loopback device, for tests, demo and benchmarks."""

from .account import Account
from .behaviour import Behaviour, Fault, Request
from .generator import generate
from .server import FakeClickUp

__all__ = ["Account", "Behaviour", "FakeClickUp", "Fault", "Request", "generate"]
