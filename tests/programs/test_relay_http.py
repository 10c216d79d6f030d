# SPDX-License-Identifier: GPL-3.0-or-later
"""snug-relay as a program: what it prints, what it serves, what it refuses, and how it ends."""
import os
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time
import unittest

from relay import PATIENCE, Relay, pin_of, program, read_all, status_of

GOOD = b"GET /v1/relay HTTP/1.1\r\nHost: localhost\r\n"


class OneRelay(unittest.TestCase):
    """Tests that share a relay which nothing of this may harm."""

    @classmethod
    def setUpClass(cls):
        cls.relay = Relay().start()

    @classmethod
    def tearDownClass(cls):
        status = cls.relay.stop()
        errors = cls.relay.stderr()
        cls.relay.__exit__()
        assert status == 0, f"exit status {status}"
        assert errors == "", f"said on stderr: {errors}"

    def test_says_what_it_is(self):
        http = self.relay.http()
        http.request("GET", "/v1/relay")
        answer = http.getresponse()
        body = answer.read()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"), "application/x-protobuf")
        self.assertEqual(answer.getheader("Cache-Control"), "no-store")
        self.assertIn(b"\x12\x20", body)  # field 2, 32 bytes: its identity key
        http.close()

    def test_answers_many_requests_on_one_connection(self):
        http = self.relay.http()
        for _ in range(50):
            http.request("GET", "/v1/health")
            answer = http.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"ok"))
        http.close()

    def test_health_is_text(self):
        http = self.relay.http()
        http.request("GET", "/v1/health")
        answer = http.getresponse()
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; charset=utf-8")
        self.assertEqual(answer.read(), b"ok")
        http.close()

    def test_one_method_a_path(self):
        http = self.relay.http()
        for method, path, status in (("POST", "/v1/relay", 405), ("GET", "/v1/deliver", 405), ("PUT", "/v1/deliver", 405),
                                     ("GET", "/", 404), ("GET", "/v1/nothing", 404)):
            with self.subTest(method=method, path=path):
                http.request(method, path)
                answer = http.getresponse()
                answer.read()
                self.assertEqual(answer.status, status)
        http.close()

    def test_refuses_malformed_requests_and_closes(self):
        for request, status in (
                (b"\r\n", 400),
                (b"GET /v1/relay HTTP/1.1\n", 400),
                (b"GET /v1/relay HTTP/1.1\r\n\r\n", 400),
                (b"GET /v1/relay HTTP/1.0\r\n\r\n", 505),
                (b"PRI * HTTP/2.0\r\n\r\n", 505),
                (b"DELETE /v1/relay HTTP/1.1\r\nHost: a\r\n\r\n", 405),
                (GOOD + b"Host: localhost\r\n\r\n", 400),
                (GOOD + b" folded\r\n\r\n", 400),
                (GOOD + b"X\x00: y\r\n\r\n", 400),
                (GOOD + b"X : y\r\n\r\n", 400),
                (GOOD + b"Transfer-Encoding: chunked\r\n\r\n", 411),
                (GOOD + b"Content-Length: 1\r\n\r\nx", 400),
                (GOOD + b"X: " + b"a" * 9000 + b"\r\n\r\n", 431),
                (b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
                (b"POST /v1/deliver HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 415),
                (b"POST /v1/deliver HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
                 b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415),
                (b"POST /v1/deliver HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
                 b"Content-Length: 99999999\r\n\r\n", 413)):
            with self.subTest(request=request[:60]):
                self.assertEqual(status_of(self.relay.exchange(request)), status)

    def test_an_oversized_body_still_hears_why(self):
        """The answer arrives although the peer goes on sending what is not read."""
        with self.relay.dial() as c:
            c.sendall(b"POST /v1/deliver HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
                      b"Content-Length: 900000\r\n\r\n" + b"x" * 500000)
            self.assertEqual(status_of(read_all(c)), 413)

    def test_speaks_tls_13_only(self):
        with self.relay.dial() as c:
            self.assertEqual(c.version(), "TLSv1.3")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.relay.dial(version=ssl.TLSVersion.TLSv1_2)

    def test_chooses_http_1_and_refuses_who_offers_none(self):
        with self.relay.dial(["h2", "http/1.1"]) as c:
            self.assertEqual(c.selected_alpn_protocol(), "http/1.1")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.relay.dial(["h2"])

    def test_plain_text_gets_nothing(self):
        with socket.create_connection(("127.0.0.1", self.relay.port), PATIENCE) as c:
            c.sendall(GOOD + b"\r\n")
            self.assertNotIn(b"HTTP", read_all(c))

    def test_pin_is_the_certificates(self):
        with self.relay.dial() as c:
            self.assertEqual(pin_of(c.getpeercert(True)), self.relay.pin)

    def test_leaves_its_address_where_the_agent_looks(self):
        path = os.path.join(self.relay.runtime, "snug-relay.address")
        with open(path, encoding="ascii") as f:
            self.assertEqual("snug-relay: " + f.read(), self.relay.line)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_keeps_its_files_to_itself(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.relay.data).st_mode), 0o700)
        for name in ("identity.key", "relay.key", "relay.crt", "lock", "admin.sock"):
            with self.subTest(name=name):
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.relay.data, name)).st_mode), 0o600)

    def test_a_second_one_on_the_same_data_is_refused(self):
        second = subprocess.run(self.relay.command("--listen", "127.0.0.1:0"), capture_output=True, text=True, timeout=PATIENCE,
                                env=self.relay.environment(), check=False)
        self.assertEqual(second.returncode, 1)
        self.assertEqual(second.stdout, "")
        self.assertIn("another snug-relay is using", second.stderr)
        http = self.relay.http()
        http.request("GET", "/v1/health")
        self.assertEqual(http.getresponse().status, 200)
        http.close()

    def test_gives_invitations_to_its_own_user(self):
        def ask():
            return subprocess.run(self.relay.command("--invite"), capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        first, second = ask().strip(), ask().strip()
        self.assertGreaterEqual(len(first), 16)
        self.assertNotEqual(first, second)

    def test_waits_ten_seconds_for_a_request_and_for_a_handshake(self):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.relay.port), PATIENCE) as silent, self.relay.dial() as slow:
            slow.settimeout(PATIENCE)
            stop = threading.Event()

            def drip():
                """A byte now and then does not put the deadline off."""
                for byte in b"GET /v1/relay HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
                    if stop.wait(0.25):
                        return
                    try:
                        slow.send(bytes([byte]))
                    except OSError:
                        return
            thread = threading.Thread(target=drip)
            thread.start()
            answer = read_all(slow)
            stop.set()
            thread.join()
            self.assertEqual(status_of(answer), 408)
            self.assertGreater(time.monotonic() - began, 9)
            self.assertEqual(read_all(silent), b"")
        self.assertLess(time.monotonic() - began, PATIENCE)  # which the drops alone would take


class OwnRelay(unittest.TestCase):
    def test_ends_cleanly_and_is_the_same_after_a_restart(self):
        with Relay() as relay:
            pin = relay.pin
            idle = relay.dial()
            idle.sendall(GOOD + b"\r\n")
            self.assertTrue(idle.recv(4096))
            for how in (signal.SIGTERM, signal.SIGINT):
                began = time.monotonic()
                self.assertEqual(relay.stop(how), 0)
                self.assertLess(time.monotonic() - began, 9)  # it does not wait for the idle one
                self.assertFalse(os.path.exists(os.path.join(relay.runtime, "snug-relay.address")))
                relay.kill()
                relay.start()
                self.assertEqual(relay.pin, pin)
            self.assertEqual(read_all(idle), b"")
            idle.close()

    def test_leaves_the_address_of_a_later_relay_alone(self):
        with Relay() as first, Relay() as second:
            second.stop()
            second.kill()
            second.runtime = first.runtime
            second.start()
            self.assertEqual(first.stop(), 0)
            path = os.path.join(first.runtime, "snug-relay.address")
            with open(path, encoding="ascii") as f:
                self.assertEqual("snug-relay: " + f.read(), second.line)
            self.assertEqual(second.stop(), 0)
            self.assertFalse(os.path.exists(path))

    def test_starts_again_after_a_kill(self):
        with Relay() as relay:
            pin = relay.pin
            relay.stop(signal.SIGKILL)
            relay.kill()
            relay.start()
            self.assertEqual(relay.pin, pin)
            self.assertEqual(relay.stop(), 0)

    def test_takes_a_certificate_of_the_operators(self):
        with Relay() as first:
            self.assertEqual(first.stop(), 0)
            cert, key = (os.path.join(first.data, n) for n in ("relay.crt", "relay.key"))
            with Relay("--cert", cert, "--key", key) as second:
                self.assertEqual(second.pin, first.pin)

    def test_listens_on_ipv6(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6 here")
        with Relay() as relay:
            relay.stop()
            relay.kill()
            try:
                relay.start("[::1]:0")
            except AssertionError as e:
                if "assign" in str(e) or "not supported" in str(e):
                    self.skipTest("no IPv6 loopback here")
                raise
            self.assertEqual(relay.host, "[::1]")

    def test_refuses_options_that_make_no_sense(self):
        for options, words in (([], "--data"), (["--data", "/nonexistent/a/b"], "nonexistent"),
                               (["--data", "x", "--listen", "localhost:1"], "--listen"),
                               (["--data", "x", "--listen", "127.0.0.1:99999"], "--listen"),
                               (["--data", "x", "--registration", "maybe"], "--registration"),
                               (["--data", "x", "--cert", "y"], "--cert"), (["--data", "x", "more"], "--help"),
                               (["--unknown"], "--help")):
            with self.subTest(options=options):
                got = subprocess.run([program("relay/snug-relay"), *options], capture_output=True, text=True, timeout=PATIENCE,
                                     check=False)
                self.assertIn(got.returncode, (1, 2))
                self.assertIn(words, got.stderr)
                self.assertEqual(got.stderr.count("\n"), 1)

    def test_helps(self):
        got = subprocess.run([program("relay/snug-relay"), "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True)
        self.assertIn("4096 messages or 64 MiB", got.stdout)
        got = subprocess.run([program("relay/snug-relay"), "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True)
        self.assertRegex(got.stdout, r"^snug-relay \d+\.\d+\.\d+\n$")
