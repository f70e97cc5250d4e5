"""Azure's own Python SDK against the emulator.

`conformance.py seed` prints the emulator's seed; `conformance.py check READY.json` drives the emulator whose
JSON line is in that file, prints a line a check and a last one with the totals.
"""

import json
import logging
import sys
import traceback

SECRETS = 60
OWNER = {"id": "11111111-1111-4111-8111-111111111111", "secret": "owner-secret"}
READER = {
    "id": "22222222-2222-4222-8222-222222222222",
    "secret": "reader-secret",
    "permissions": ["get"],
}


def seed():
    secrets = {f"Seeded-{number:02}": f"value {number}" for number in range(SECRETS)}
    print(json.dumps({"clients": [OWNER, READER], "secrets": secrets}))


def raises(kind, act, **wanted):
    """The error of `act`, which must be of that kind and have those attributes."""
    try:
        act()
    except kind as error:
        for name, value in wanted.items():
            found = getattr(error, name)
            assert found == value, f"{name} is {found!r}, not {value!r}"
        return error
    raise AssertionError(f"no {kind.__name__}")


def inner_code(error):
    """The inner code of a service error, as the SDK's error model or the body shows it."""
    body = json.loads(error.response.text())
    return body["error"].get("innererror", {}).get("code")


class Checks:
    def __init__(self, ready):
        from azure.core.exceptions import (
            ClientAuthenticationError,
            HttpResponseError,
            ResourceExistsError,
            ResourceNotFoundError,
        )

        self.AuthenticationError = ClientAuthenticationError
        self.ResponseError = HttpResponseError
        self.ExistsError = ResourceExistsError
        self.NotFoundError = ResourceNotFoundError
        self.ready = ready
        self.client = self.client_of(OWNER["id"], OWNER["secret"])
        self.version = None

    def client_of(self, client_id, secret):
        from azure.identity import ClientSecretCredential
        from azure.keyvault.secrets import SecretClient

        credential = ClientSecretCredential(
            self.ready["tenant"],
            client_id,
            secret,
            authority=self.ready["authority"],
            disable_instance_discovery=True,
            connection_verify=self.ready["ca"],
        )
        return SecretClient(
            self.ready["url"],
            credential,
            verify_challenge_resource=False,
            connection_verify=self.ready["ca"],
            # A failing check shows at once what failed.
            retry_total=0,
        )

    def list_60_in_3_pages(self):
        pages = [list(page) for page in self.client.list_properties_of_secrets().by_page()]
        assert [len(page) for page in pages] == [25, 25, 10], [len(page) for page in pages]
        names = {properties.name for page in pages for properties in page}
        assert names == {f"Seeded-{number:02}" for number in range(SECRETS)}
        first = pages[0][0]
        assert first.version is None and first.enabled and first.recoverable_days == 90
        assert first.recovery_level == "Recoverable+Purgeable"

    def set(self):
        secret = self.client.set_secret(
            "Database--Password", "first", content_type="text/plain", tags={"team": "one"}
        )
        self.version = secret.properties.version
        assert secret.value == "first" and secret.name == "Database--Password"
        assert len(self.version) == 32
        assert secret.properties.content_type == "text/plain"
        assert secret.properties.tags == {"team": "one"}

    def get(self):
        assert self.client.get_secret("Database--Password").value == "first"
        assert self.client.get_secret("database--password").name == "Database--Password"

    def get_a_version(self):
        second = self.client.set_secret("Database--Password", "second")
        assert self.client.get_secret("Database--Password").value == "second"
        first = self.client.get_secret("Database--Password", self.version)
        assert first.value == "first" and first.properties.version == self.version
        assert second.properties.version != self.version

    def list_versions(self):
        versions = list(self.client.list_properties_of_secret_versions("Database--Password"))
        assert len(versions) == 2 and self.version in {found.version for found in versions}

    def get_what_is_not_there(self):
        error = raises(self.NotFoundError, lambda: self.client.get_secret("Nothing"), status_code=404)
        assert error.error.code == "SecretNotFound"

    def update(self):
        updated = self.client.update_secret_properties(
            "Database--Password", self.version, content_type="text/html", tags={"team": "two"}
        )
        assert updated.content_type == "text/html" and updated.tags == {"team": "two"}
        assert self.client.get_secret("Database--Password", self.version).value == "first"

    def disable_then_get(self):
        self.client.set_secret("Disabled", "value")
        disabled = self.client.update_secret_properties("Disabled", enabled=False)
        assert disabled.enabled is False
        error = raises(self.ResponseError, lambda: self.client.get_secret("Disabled"), status_code=403)
        assert error.error.code == "Forbidden" and inner_code(error) == "SecretDisabled"

    def delete(self):
        deleted = self.client.begin_delete_secret("Database--Password").result()
        assert deleted.name == "Database--Password"
        assert deleted.recovery_id.endswith("/deletedsecrets/Database--Password")
        assert (deleted.scheduled_purge_date - deleted.deleted_date).days == 90
        raises(self.NotFoundError, lambda: self.client.get_secret("Database--Password"))

    def get_deleted(self):
        assert self.client.get_deleted_secret("Database--Password").name == "Database--Password"
        assert [found.name for found in self.client.list_deleted_secrets()] == ["Database--Password"]

    def set_while_deleted(self):
        error = raises(
            self.ExistsError,
            lambda: self.client.set_secret("Database--Password", "third"),
            status_code=409,
        )
        assert error.error.code == "Conflict"
        assert inner_code(error) == "ObjectIsDeletedButRecoverable"

    def recover(self):
        recovered = self.client.begin_recover_deleted_secret("Database--Password").result()
        assert recovered.name == "Database--Password"
        assert self.client.get_secret("Database--Password").value == "second"

    def purge(self):
        self.client.begin_delete_secret("Disabled").result()
        self.client.purge_deleted_secret("Disabled")
        raises(self.NotFoundError, lambda: self.client.get_deleted_secret("Disabled"))

    def backup_and_restore(self):
        backup = self.client.backup_secret("Database--Password")
        assert b"second" not in backup
        raises(self.ExistsError, lambda: self.client.restore_secret_backup(backup), status_code=409)
        self.client.begin_delete_secret("Database--Password").result()
        self.client.purge_deleted_secret("Database--Password")
        restored = self.client.restore_secret_backup(backup)
        assert restored.name == "Database--Password"
        assert self.client.get_secret("Database--Password").value == "second"
        assert self.client.get_secret("Database--Password", self.version).value == "first"

    def wrong_client_secret(self):
        wrong = "not-the-secret"
        client = self.client_of(OWNER["id"], wrong)
        error = raises(self.AuthenticationError, lambda: client.get_secret("Seeded-00"))
        assert "AADSTS7000215" in str(error) and wrong not in str(error)

    def missing_permission(self):
        reader = self.client_of(READER["id"], READER["secret"])
        assert reader.get_secret("Seeded-00").value == "value 0"
        error = raises(
            self.ResponseError, lambda: list(reader.list_properties_of_secrets()), status_code=403
        )
        assert error.error.code == "Forbidden" and inner_code(error) == "ForbiddenByRbac"


def check(ready):
    # A wrong secret is meant to fail; what the SDK says about it is checked, not shown.
    logging.disable(logging.CRITICAL)
    checks = Checks(ready)
    steps = [
        checks.list_60_in_3_pages,
        checks.set,
        checks.get,
        checks.get_a_version,
        checks.list_versions,
        checks.get_what_is_not_there,
        checks.update,
        checks.disable_then_get,
        checks.delete,
        checks.get_deleted,
        checks.set_while_deleted,
        checks.recover,
        checks.purge,
        checks.backup_and_restore,
        checks.wrong_client_secret,
        checks.missing_permission,
    ]
    failed = 0
    for step in steps:
        name = step.__name__.replace("_", " ")
        try:
            step()
        except Exception:  # every check runs, whatever the one before it did
            failed += 1
            print(f"FAILED  {name}")
            traceback.print_exc(file=sys.stdout)
        else:
            print(f"ok      {name}")
    print(f"{len(steps) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["seed"]:
        seed()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        with open(sys.argv[2], encoding="utf-8") as file:
            sys.exit(check(json.load(file)))
    else:
        sys.exit(__doc__)
