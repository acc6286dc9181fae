"""Debian's nginx and Caddy with the configurations of deploy/, in front of a receiver."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clickup_receiver.receiver_process import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "127.0.0.1"
PATH = f"{os.environ['PATH']}:/usr/sbin"
NGINX_MAIN = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
"""Debian's limits of connections, with paths of the test instead of those of the machine."""


@dataclass
class Proxy:
    """A proxy that listens with a certificate of its own; `address` is where."""

    name: str
    address: tuple[str, int]
    certificate: Path

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.address[1]}"

    def connect(self, source: str) -> ssl.SSLSocket:
        """Return a connection from another address of this machine."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        plain = socket.create_connection(self.address, timeout=10, source_address=(source, 0))
        return context.wrap_socket(plain, server_hostname=HOST)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for the loopback address, and its key."""
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}"]
    command += ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return certificate, key


def replace(text: str, replacements: dict[str, str]) -> str:
    """Return a text with each of the strings replaced, which must occur."""
    for old, new in replacements.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx_command(folder: Path, port: int, receiver: str) -> list[str]:
    """Write the configuration of deploy/nginx.conf for a test; return the command."""
    certificate, key = make_certificate(folder)
    replacements = {
        "listen 443 ssl;": f"listen {HOST}:{port} ssl;",
        "    listen [::]:443 ssl;\n": "",
        "/etc/ssl/receiver.example.com/fullchain.pem": str(certificate),
        "/etc/ssl/receiver.example.com/privkey.pem": str(key),
        "/var/log/nginx/clickup-receiver.log": f"{folder}/site.log",
        "127.0.0.1:8710": receiver,
    }
    site = replace((DEPLOY / "nginx.conf").read_text(encoding="utf-8"), replacements)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # another user may not enter the folder
    main = folder / "nginx.conf"
    main.write_text(NGINX_MAIN.format(folder=folder, user=user), encoding="utf-8")
    return ["nginx", "-p", str(folder), "-c", str(main), "-e", f"{folder}/error.log"]


def caddy_command(folder: Path, port: int, receiver: str) -> list[str]:
    """Write the configuration of deploy/Caddyfile for a test; return the command."""
    certificate, key = make_certificate(folder)
    options = "admin off\n\tauto_https disable_redirects\n\tskip_install_trust"
    replacements = {
        "{\n\tservers {": f"{{\n\t{options}\n\tservers {{",
        "receiver.example.com {": f"https://{HOST}:{port} {{\n\ttls {certificate} {key}",
        "127.0.0.1:8710": receiver,
    }
    config = folder / "Caddyfile"
    text = replace((DEPLOY / "Caddyfile").read_text(encoding="utf-8"), replacements)
    config.write_text(text, encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(config)]


COMMANDS: dict[str, Callable[[Path, int, str], list[str]]] = {
    "nginx": nginx_command,
    "caddy": caddy_command,
}


def start_proxy(name: str, folder: Path, receiver: str) -> tuple[subprocess.Popen[bytes], Proxy]:
    """Start a proxy in front of a receiver, and return once it listens."""
    program = shutil.which(name, path=PATH)
    assert program, f"install Debian's package {name}"
    port = free_port()
    _, *arguments = COMMANDS[name](folder, port, receiver)
    log = folder / "proxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *arguments],
            env={"PATH": PATH, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    def is_listening_or_dead() -> bool:
        with socket.socket() as client:
            return client.connect_ex((HOST, port)) == 0 or process.poll() is not None

    wait_until(is_listening_or_dead)
    assert process.poll() is None, log.read_text(encoding="utf-8")
    return process, Proxy(name, (HOST, port), folder / "fullchain.pem")
