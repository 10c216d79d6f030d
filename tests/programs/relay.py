# SPDX-License-Identifier: GPL-3.0-or-later
"""A real snug-relay on loopback, for tests: start it, talk to it, end it."""
import base64
import hashlib
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

PATIENCE = 20  # seconds until a test gives up


def program(name):
    """The path of a program of the build under test, such as relay/snug-relay."""
    return os.path.join(os.environ.get("SNUG_BUILD", os.getcwd()), name)


def wait_until(condition, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


class Relay:
    """`with Relay() as relay:`; relay.port, relay.pin, relay.folder. Extra options go to the program."""

    def __init__(self, *options, folder=None):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="snug-relay-")
        self.runtime = os.path.join(self.folder, "run")
        self.data = os.path.join(self.folder, "data")
        self.options = options
        self.process = None
        self.line = ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *options):
        return [program("relay/snug-relay"), "--data", self.data, *options]

    def environment(self):
        return dict(os.environ, XDG_RUNTIME_DIR=self.runtime)

    def start(self, listen="127.0.0.1:0"):
        os.makedirs(self.runtime, mode=0o700, exist_ok=True)
        self.errors = open(os.path.join(self.folder, "stderr"), "ab+")
        self.process = subprocess.Popen(self.command("--listen", listen, *self.options), stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env=self.environment())
        self.line = self.process.stdout.readline()  # ends when the program does
        match = re.fullmatch(r"snug-relay: https://(.+):(\d+) pin=([A-Za-z0-9_-]{43})\n", self.line)
        if not match:
            self.process.wait(PATIENCE)
            raise AssertionError(f"the relay did not start: {self.line!r} {self.stderr()}")
        self.host, self.port, self.pin = match[1], int(match[2]), match[3]
        return self

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def stop(self, how=signal.SIGTERM):
        """The exit status."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        if self.process is not None:
            self.process.stdout.close()
            self.errors.close()
            self.process = None

    def dial(self, protocols=None, version=None):
        """A TLS connection to it, with the certificate checked against the pin."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if protocols:
            context.set_alpn_protocols(protocols)
        if version:
            context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        try:
            connection = context.wrap_socket(raw, server_hostname="localhost")
        except Exception:
            raw.close()
            raise
        return connection

    def http(self):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port)
        connection.sock = self.dial(["http/1.1"])
        return connection

    def exchange(self, request):
        """Send bytes, read to the end of the connection."""
        with self.dial() as connection:
            connection.sendall(request)
            return read_all(connection)


def read_all(connection):
    got = b""
    while True:
        try:
            piece = connection.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return got
        if not piece:
            return got
        got += piece


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def pin_of(certificate):
    """SHA-256 of the SubjectPublicKeyInfo of a DER certificate whose key is P-256: its 91 bytes are found by their head."""
    head = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    at = certificate.index(head)
    return base64.urlsafe_b64encode(hashlib.sha256(certificate[at:at + 91]).digest()).decode().rstrip("=")
