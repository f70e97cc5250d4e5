"""Gets tokens with pymaskinporten. Prints a line per check."""

import json
import sys
import urllib.request
from ssl import create_default_context

from pymaskinporten.client import MaskinportenClient
from pymaskinporten.config import MaskinportenSecrets
from pymaskinporten.request_token import MaskinportenTokenError, request_maskinporten_token

ready = json.load(open(sys.argv[1]))
client = ready["clients"][0]


def secrets(**changes):
    values = {
        "PRIVATE_KEY": open(client["key_pem"]).read(),
        "MASKINPORTEN_CLIENT_ID": client["client_id"],
        "KID": client["kid"],
        "SCOPE": client["scopes"][1],
    }
    return MaskinportenSecrets(**{**values, **changes})


def request(config, audience=ready["issuer"]):
    return request_maskinporten_token(config=config, token_url=ready["token_endpoint"], audience=audience)


def call(url, token):
    question = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(question, context=create_default_context(cafile=ready["ca"])) as answer:
        return answer.read().decode()


def a_token_is_issued_and_the_api_takes_it():
    token, expires_in = request(secrets())
    assert expires_in == 120, expires_in
    answer = json.loads(call(ready["api"], token))
    assert answer["client_id"] == client["client_id"] and answer["exchanged"] is False, answer


def the_exchanged_token_is_taken_too():
    token = call(ready["exchange"], request(secrets())[0])
    assert json.loads(call(ready["api"], token))["exchanged"] is True


def its_cache_serves_one_token():
    cached = MaskinportenClient(secrets(), token_url=ready["token_endpoint"], audience=ready["issuer"])
    first = cached.get_token()
    assert cached.get_token() == first
    cached.clear_cache()
    assert cached.get_token() != first


def refused(number, error, **how):
    try:
        request(**how)
    except MaskinportenTokenError as refusal:
        assert (refusal.status, refusal.code) == (400, error), refusal
        assert number is None or f"/errors/MP-{number}" in str(refusal), refusal
        assert "(trace_id: " in refusal.description, refusal
        return refusal.description
    raise AssertionError("it was accepted")


def a_wrong_audience_is_refused():
    refused("110", "invalid_grant", config=secrets(), audience=ready["issuer"].rstrip("/"))


def an_unknown_client_is_refused():
    refused("100", "invalid_grant", config=secrets(MASKINPORTEN_CLIENT_ID="unknown"))


def an_unknown_key_is_refused():
    text = refused(None, "invalid_grant", config=secrets(KID="unknown"))
    assert "Unknown key identifier (kid) for client" in text, text


def an_unknown_scope_is_refused():
    refused("200", "invalid_scope", config=secrets(SCOPE="unknown:scope"))


checks = [
    a_token_is_issued_and_the_api_takes_it,
    the_exchanged_token_is_taken_too,
    its_cache_serves_one_token,
    a_wrong_audience_is_refused,
    an_unknown_client_is_refused,
    an_unknown_key_is_refused,
    an_unknown_scope_is_refused,
]
for check in checks:
    name = check.__name__.replace("_", " ")
    try:
        check()
        print(f"ok pymaskinporten: {name}")
    except Exception as problem:
        print(f"FAILED pymaskinporten: {name}: {type(problem).__name__}: {problem}")
