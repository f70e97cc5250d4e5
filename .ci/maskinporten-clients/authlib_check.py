"""Gets tokens with Authlib, by its JWT bearer grant. Prints a line per check."""

import json
import sys

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import AssertionSession
from authlib.oauth2.base import OAuth2Error

ready = json.load(open(sys.argv[1]))
client = ready["clients"][0]


def session(**changes):
    values = {
        "token_endpoint": ready["token_endpoint"],
        "issuer": client["client_id"],
        "subject": None,
        "audience": ready["issuer"],
        "claims": {"scope": client["scopes"][0]},
        "key": open(client["key_pem"]).read(),
        "header": {"alg": "RS256", "kid": client["kid"]},
        "expires_in": 100,
    }
    return AssertionSession(**{**values, **changes})


def a_token_is_issued_and_the_api_takes_it():
    signed_in = session()
    answer = signed_in.get(ready["api"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["client_id"] == client["client_id"], answer.text
    assert signed_in.token["expires_in"] == 120 and signed_in.token["token_type"] == "Bearer"


def one_token_serves_two_requests():
    signed_in = session()
    signed_in.get(ready["api"])
    first = signed_in.token["access_token"]
    signed_in.get(ready["api"])
    assert signed_in.token["access_token"] == first


def the_exchanged_token_is_taken_too():
    token = session().get(ready["exchange"]).text
    answer = AssertionSession(ready["token_endpoint"], "nobody", None).get(
        ready["api"], withhold_token=True, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["exchanged"] is True, answer.text


def the_other_algorithms_are_taken():
    for alg in ("RS384", "RS512"):
        session(header={"alg": alg, "kid": client["kid"]}).refresh_token()


def refused(error, **changes):
    try:
        session(**changes).refresh_token()
    except (OAuth2Error, OAuthError) as refusal:
        assert refusal.error == error, refusal
        assert "(trace_id: " in refusal.description, refusal
        return refusal.description
    raise AssertionError("it was accepted")


def an_assertion_is_good_for_one_token():
    # It writes the `jti` into the claims that it was given, and so sends it twice.
    claims = {"scope": client["scopes"][0]}
    session(claims=claims).refresh_token()
    assert "used before" in refused("invalid_grant", claims=claims)


def a_wrong_audience_is_refused():
    refused("invalid_grant", audience=ready["issuer"].rstrip("/"))


def a_long_assertion_is_refused():
    refused("invalid_grant", expires_in=3600)


def an_unknown_scope_is_refused():
    refused("invalid_scope", claims={"scope": "unknown:scope"})


checks = [
    a_token_is_issued_and_the_api_takes_it,
    one_token_serves_two_requests,
    the_exchanged_token_is_taken_too,
    the_other_algorithms_are_taken,
    an_assertion_is_good_for_one_token,
    a_wrong_audience_is_refused,
    a_long_assertion_is_refused,
    an_unknown_scope_is_refused,
]
for check in checks:
    name = check.__name__.replace("_", " ")
    try:
        check()
        print(f"ok Authlib: {name}")
    except Exception as problem:
        print(f"FAILED Authlib: {name}: {type(problem).__name__}: {problem}")
