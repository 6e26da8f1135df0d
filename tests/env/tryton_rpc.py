"""A small JSON-RPC client for Tryton 8.2: what the seed and the test commands need, on the standard library alone."""

import base64
import datetime
import decimal
import json
import urllib.request

# A test server on this machine that needs longer than this is not going to answer.
TIMEOUT_SECONDS = 30


class TrytonError(Exception):
    """An error that Tryton reported inside an HTTP 200 answer."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error}")
        self.kind, self.details = error[0], error[1:]


class Client:
    """One session. Warnings are acknowledged only inside `accepting_warnings`, as a user who reads them would."""

    def __init__(self, url, database, user="admin", password="admin"):
        self.endpoint = f"{url}/{database}/rpc/"
        self.accepting_warnings = False
        self.headers = {"Content-Type": "application/json"}
        self.context = {}
        self.user, token, _ = self._post("common.db.login", [user, {"password": password}])
        session = base64.b64encode(f"{user}:{self.user}:{token}".encode()).decode()
        self.headers["Authorization"] = f"Session {session}"
        self.reload_context()

    def reload_context(self):
        """Reads the user's preferences: without `company` in the context most creations fail."""
        self.context = {}
        self.context = self.call("res.user", "get_preferences", True)

    def call(self, model, method, *params, **context):
        name = f"model.{model}.{method}"
        arguments = [*params, {**self.context, **context}]
        try:
            return self._post(name, arguments)
        except TrytonError as error:
            if error.kind != "UserWarning" or not self.accepting_warnings:
                raise
            self._acknowledge(error)
            return self.call(model, method, *params, **context)

    def create(self, model, **values):
        return self.call(model, "create", [values])[0]

    def find(self, model, **equal):
        """The id of the first record whose fields equal the values, or None."""
        domain = [[field, "=", value] for field, value in equal.items()]
        found = self.call(model, "search", domain, 0, 1, [["id", "ASC"]])
        return found[0] if found else None

    def ensure(self, model, key, **values):
        """The id of the record with these key fields, created when it is not there."""
        return self.find(model, **key) or self.create(model, **key, **values)

    def read(self, model, record, *fields, **context):
        return self.call(model, "read", [record], list(fields), **context)[0]

    def _acknowledge(self, error):
        name = error.details[0][0]
        self._post(
            "model.res.user.warning.create",
            [[{"user": self.user, "name": name, "always": False}], self.context],
        )

    def _post(self, method, params):
        body = json.dumps({"id": 0, "method": method, "params": params}, default=typed).encode()
        request = urllib.request.Request(self.endpoint, body, self.headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            answer = json.load(response)
        if answer.get("error"):
            raise TrytonError(method, answer["error"])
        return answer["result"]


def typed(value):
    """Tryton's own JSON for the types that JSON lacks."""
    if isinstance(value, decimal.Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime.date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"no typed JSON for {type(value).__name__}")
