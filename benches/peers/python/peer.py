"""Loads a whole vault into typed settings with pydantic-settings, as a service would at its start."""

import logging
import os
import sys
import tempfile
import time

import certifi
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from pydantic import BaseModel, ValidationError, create_model
from pydantic_settings import AzureKeyVaultSettingsSource, BaseSettings
from pydantic_settings.sources.providers.azure import AzureKeyVaultMapping

SECTIONS = 10


class VaultSource(AzureKeyVaultSettingsSource):
    """The library's source. Only its client differs: it accepts the challenge of a vault that is not Azure's."""

    listed = 0

    def _load_env_vars(self):
        client = SecretClient(self._url, self._credential, verify_challenge_resource=False)
        vault = AzureKeyVaultMapping(
            client, self.case_sensitive, self._snake_case_conversion, self.env_prefix, self.env_parse_none_str
        )
        VaultSource.listed = len(vault)
        return vault


class VaultSettings(BaseSettings):
    @classmethod
    def settings_customise_sources(cls, settings_cls, **_):
        credential = ClientSecretCredential(
            os.environ["AZURE_TENANT_ID"],
            os.environ["AZURE_CLIENT_ID"],
            os.environ["AZURE_CLIENT_SECRET"],
            authority=os.environ["AZURE_AUTHORITY_HOST"],
            disable_instance_discovery=True,
        )
        return (VaultSource(settings_cls, os.environ["AZURE_KEYVAULT_URL"], credential, case_sensitive=True),)


def settings_of(secrets):
    """The settings with a field for each secret: a source asks for no value that has none."""
    sections = {}
    for number in range(secrets):
        sections.setdefault(f"Section{number % SECTIONS}", {})[f"Key{number}"] = (str, ...)
    fields = {name: (create_model(name, **keys), ...) for name, keys in sections.items()}
    return create_model("Settings", __base__=VaultSettings, **fields)


def trust(folder):
    """Has requests trust the roots of certifi, which are its default, and the one of START_CA."""
    bundle = os.path.join(folder, "roots.pem")
    with open(bundle, "wb") as roots:
        for path in (certifi.where(), os.environ["START_CA"]):
            with open(path, "rb") as file:
                roots.write(file.read() + b"\n")
    os.environ["REQUESTS_CA_BUNDLE"] = bundle


def main():
    # What the peer has to say is one line.
    logging.disable(logging.CRITICAL)
    wanted = int(os.environ["START_SECRETS"])
    with tempfile.TemporaryDirectory() as folder:
        trust(folder)
        start = time.perf_counter()
        settings = settings_of(wanted)()
        took = (time.perf_counter() - start) * 1000
    had = sum(len(section) for section in settings.model_dump().values())
    # The vault's other secrets are no error to the settings.
    if not had == VaultSource.listed == wanted:
        raise ValueError(f"{had} of {VaultSource.listed} secrets, not the {wanted} of START_SECRETS")
    print(f'{{"secrets": {had}, "load_ms": {took:.1f}}}')


def said(error):
    """The error on one line; pydantic's would print values."""
    if isinstance(error, ValidationError):
        places = [".".join(map(str, found["loc"])) + ": " + found["msg"] for found in error.errors(include_input=False)]
        return f"{len(places)} fields without a value, the first is {places[0]}"
    return " ".join(f"{type(error).__name__}: {error}".split())


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # whatever it is, the bench wants a line
        sys.exit(said(error))
