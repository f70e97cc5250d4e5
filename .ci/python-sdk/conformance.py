"""Azure's own Python SDK against the emulator whose JSON line is in the file that is named.

Prints a line a check and a last one with the totals.
"""

import json
import logging
import os
import sys
import traceback

SECRETS = 60
READER = {"id": "22222222-2222-4222-8222-222222222222", "secret": "reader-secret"}


def credentials(ready):
    """The ways to sign in, each by its name."""
    from azure.identity import ManagedIdentityCredential, WorkloadIdentityCredential

    def federated():
        return WorkloadIdentityCredential(
            tenant_id=ready["tenant"],
            client_id=ready["client_id"],
            token_file_path=ready["federated_token_file"],
            authority=ready["authority"],
            disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )

    def managed(**variables):
        # It reads the environment when it is made, and again when it is asked for a token.
        for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
            os.environ.pop(name, None)
        os.environ.update(variables)
        return ManagedIdentityCredential()

    identity = ready["identity_endpoint"]
    return {
        "client secret": lambda: secret_of(ready, ready["client_id"], ready["client_secret"]),
        "federated token": federated,
        "App Service": lambda: managed(IDENTITY_ENDPOINT=identity, IDENTITY_HEADER=ready["identity_header"]),
        "virtual machine": lambda: managed(
            AZURE_POD_IDENTITY_AUTHORITY_HOST=identity.removesuffix("/msi/token")
        ),
    }


def secret_of(ready, client_id, secret):
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(
        ready["tenant"],
        client_id,
        secret,
        authority=ready["authority"],
        disable_instance_discovery=True,
        connection_verify=ready["ca"],
    )


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
    def __init__(self, ready, group, credential):
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
        self.client = self.client_of(credential)
        self.name = f"{group.replace(' ', '-')}--Password"
        self.version = None

    def client_of(self, credential):
        from azure.keyvault.secrets import SecretClient

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
        # By name: what the checks before this one left comes first or last.
        seeded = [properties for page in pages for properties in page if properties.name.startswith("Seeded-")]
        assert [len(page) for page in pages][:2] == [25, 25] and len(pages) == 3, [len(page) for page in pages]
        assert {properties.name for properties in seeded} == {f"Seeded-{number:02}" for number in range(SECRETS)}
        first = seeded[0]
        assert first.version is None and first.enabled and first.recoverable_days == 90
        assert first.recovery_level == "Recoverable+Purgeable"

    def set(self):
        secret = self.client.set_secret(
            self.name, "first", content_type="text/plain", tags={"team": "one"}
        )
        self.version = secret.properties.version
        assert secret.value == "first" and secret.name == self.name
        assert len(self.version) == 32
        assert secret.properties.content_type == "text/plain"
        assert secret.properties.tags == {"team": "one"}

    def get(self):
        assert self.client.get_secret(self.name).value == "first"
        assert self.client.get_secret(self.name.lower()).name == self.name

    def get_a_version(self):
        second = self.client.set_secret(self.name, "second")
        assert self.client.get_secret(self.name).value == "second"
        first = self.client.get_secret(self.name, self.version)
        assert first.value == "first" and first.properties.version == self.version
        assert second.properties.version != self.version

    def list_versions(self):
        versions = list(self.client.list_properties_of_secret_versions(self.name))
        assert len(versions) == 2 and self.version in {found.version for found in versions}

    def get_what_is_not_there(self):
        error = raises(self.NotFoundError, lambda: self.client.get_secret("Nothing"), status_code=404)
        assert error.error.code == "SecretNotFound"

    def list_the_versions_of_nothing(self):
        assert list(self.client.list_properties_of_secret_versions("Nothing")) == []

    def restore_nonsense(self):
        error = raises(self.ResponseError, lambda: self.client.restore_secret_backup(bytes(99)), status_code=400)
        assert error.error.code == "Malformed backup blob"

    def update(self):
        updated = self.client.update_secret_properties(
            self.name, self.version, content_type="text/html", tags={"team": "two"}
        )
        assert updated.content_type == "text/html" and updated.tags == {"team": "two"}
        assert self.client.get_secret(self.name, self.version).value == "first"

    def disable_then_get(self):
        self.client.set_secret(f"{self.name}-Disabled", "value")
        disabled = self.client.update_secret_properties(f"{self.name}-Disabled", enabled=False)
        assert disabled.enabled is False
        error = raises(self.ResponseError, lambda: self.client.get_secret(f"{self.name}-Disabled"), status_code=403)
        assert error.error.code == "Forbidden" and inner_code(error) == "SecretDisabled"

    def delete(self):
        deleted = self.client.begin_delete_secret(self.name).result()
        assert deleted.name == self.name
        assert deleted.recovery_id.endswith(f"/deletedsecrets/{self.name}")
        assert (deleted.scheduled_purge_date - deleted.deleted_date).days == 90
        raises(self.NotFoundError, lambda: self.client.get_secret(self.name))

    def get_deleted(self):
        assert self.client.get_deleted_secret(self.name).name == self.name
        assert [found.name for found in self.client.list_deleted_secrets()] == [self.name]

    def set_while_deleted(self):
        error = raises(
            self.ExistsError,
            lambda: self.client.set_secret(self.name, "third"),
            status_code=409,
        )
        assert error.error.code == "Conflict"
        assert inner_code(error) == "ObjectIsDeletedButRecoverable"

    def recover(self):
        recovered = self.client.begin_recover_deleted_secret(self.name).result()
        assert recovered.name == self.name
        assert self.client.get_secret(self.name).value == "second"

    def purge(self):
        self.client.begin_delete_secret(f"{self.name}-Disabled").result()
        self.client.purge_deleted_secret(f"{self.name}-Disabled")
        raises(self.NotFoundError, lambda: self.client.get_deleted_secret(f"{self.name}-Disabled"))

    def backup_and_restore(self):
        backup = self.client.backup_secret(self.name)
        assert b"second" not in backup
        raises(self.ExistsError, lambda: self.client.restore_secret_backup(backup), status_code=409)
        self.client.begin_delete_secret(self.name).result()
        self.client.purge_deleted_secret(self.name)
        restored = self.client.restore_secret_backup(backup)
        assert restored.name == self.name
        assert self.client.get_secret(self.name).value == "second"
        assert self.client.get_secret(self.name, self.version).value == "first"

    def wrong_client_secret(self):
        wrong = "not-the-secret"
        client = self.client_of(secret_of(self.ready, self.ready["client_id"], wrong))
        error = raises(self.AuthenticationError, lambda: client.get_secret("Seeded-00"))
        assert "AADSTS7000215" in str(error) and wrong not in str(error)

    def missing_permission(self):
        reader = self.client_of(secret_of(self.ready, READER["id"], READER["secret"]))
        assert reader.get_secret("Seeded-00").value == "value 00"
        error = raises(
            self.ResponseError, lambda: list(reader.list_properties_of_secrets()), status_code=403
        )
        assert error.error.code == "Forbidden" and inner_code(error) == "ForbiddenByRbac"


def check(ready):
    # A wrong secret is meant to fail; what the SDK says about it is checked, not shown.
    logging.disable(logging.CRITICAL)
    passed = failed = 0
    for group, credential in credentials(ready).items():
        checks = Checks(ready, group, credential())
        steps = [
            checks.list_60_in_3_pages,
            checks.set,
            checks.get,
            checks.get_a_version,
            checks.list_versions,
            checks.list_the_versions_of_nothing,
            checks.get_what_is_not_there,
            checks.update,
            checks.disable_then_get,
            checks.delete,
            checks.get_deleted,
            checks.set_while_deleted,
            checks.recover,
            checks.purge,
            checks.backup_and_restore,
            checks.restore_nonsense,
        ]
        if group == "client secret":
            steps += [checks.wrong_client_secret, checks.missing_permission]
        good = sum(run(group, step) for step in steps)
        print(f"{group}: {good} of {len(steps)}")
        passed += good
        failed += len(steps) - good
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def run(group, step):
    name = step.__name__.replace("_", " ")
    try:
        step()
    except Exception:  # every check runs, whatever the one before it did
        print(f"FAILED  {group}: {name}")
        traceback.print_exc(file=sys.stdout)
        return False
    print(f"ok      {group}: {name}")
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.exit(check(json.load(file)))
