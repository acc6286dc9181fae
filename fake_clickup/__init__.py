"""A ClickUp that answers HTTP on the loopback device, for tests, demo and benchmarks."""

from .account import Account
from .behaviour import Fault, Knobs, Request
from .generator import generate
from .server import LocalClickUp

__all__ = ["Account", "Fault", "Knobs", "LocalClickUp", "Request", "generate"]
