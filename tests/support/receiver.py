"""receiver.py - real receivers of what the server sends to the outside: a webhook, a mail server."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.waiting import wait_until


class Webhook:
    """Answers with `statuses`, one after the other, then with the last one for ever."""

    def __init__(self, *statuses: int, headers: dict | None = None):
        self.statuses, self.requests = list(statuses or (200,)), []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def wait_for(self, count: int) -> list:
        wait_until(lambda: len(self.requests) >= count)
        return self.requests

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Mailbox:
    """An SMTP server that keeps what it gets."""

    def __init__(self, user: str | None = None, password: str | None = None, tls=None):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

        self.mails, self.log_ins = [], []
        mailbox = self

        class Handler:
            async def handle_DATA(self, _server, _session, envelope):
                mailbox.mails.append((envelope.rcpt_tos, envelope.mail_from, envelope.content))
                return "250 OK"

        def authenticate(_server, _session, _envelope, _mechanism, given):
            mailbox.log_ins.append((given.login.decode(), given.password.decode()))
            return AuthResult(success=mailbox.log_ins[-1] == (user, password))

        options = {"auth_required": True, "authenticator": authenticate} if user else {}
        self.controller = Controller(Handler(), hostname="127.0.0.1", port=0, tls_context=tls, require_starttls=bool(tls), **options)
        self.controller._trigger_server = self._greet  # it would ask at port 0
        self.controller.start()

    @property
    def port(self) -> int:
        return self.controller.server.sockets[0].getsockname()[1]

    def _greet(self):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.recv(1024)

    def parsed(self, n: int = 0):
        return email.message_from_bytes(self.mails[n][2], policy=email.policy.default)

    def close(self):
        self.controller.stop()
