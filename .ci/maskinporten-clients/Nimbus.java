import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.JWTBearerGrant;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Gets tokens with Nimbus' OAuth 2.0 SDK. Prints a line per check. */
public class Nimbus {
    interface Check {
        void run() throws Exception;
    }

    private static Map<String, Object> ready;
    private static Map<String, Object> client;
    private static RSAKey key;
    private static AuthorizationServerMetadata metadata;

    private static String of(String member) {
        return (String) ready.get(member);
    }

    @SuppressWarnings("unchecked")
    private static String scope() {
        return ((List<String>) client.get("scopes")).get(0);
    }

    private static void must(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private static TokenResponse ask(JWSAlgorithm algorithm, String audience, String scope, String jti) throws Exception {
        long now = System.currentTimeMillis();
        JWTClaimsSet claims = new JWTClaimsSet.Builder().issuer((String) client.get("client_id")).audience(audience)
            .claim("scope", scope).jwtID(jti).issueTime(new Date(now)).expirationTime(new Date(now + 100_000)).build();
        SignedJWT assertion = new SignedJWT(
            new JWSHeader.Builder(algorithm).keyID((String) client.get("kid")).build(), claims);
        assertion.sign(new RSASSASigner(key));
        TokenRequest request = new TokenRequest(metadata.getTokenEndpointURI(), new JWTBearerGrant(assertion), null);
        return TokenResponse.parse(request.toHTTPRequest().send());
    }

    private static AccessToken token() throws Exception {
        TokenResponse response = ask(JWSAlgorithm.RS256, of("issuer"), scope(), UUID.randomUUID().toString());
        must(response.indicatesSuccess(), response.toHTTPResponse().getBody());
        return response.toSuccessResponse().getTokens().getAccessToken();
    }

    private static HTTPResponse get(String url, AccessToken token) throws Exception {
        HTTPRequest request = new HTTPRequest(HTTPRequest.Method.GET, URI.create(url));
        request.setAuthorization(token.toAuthorizationHeader());
        return request.send();
    }

    private static void refused(TokenResponse response, String error, String number) {
        must(!response.indicatesSuccess(), "it was accepted");
        var refusal = response.toErrorResponse().getErrorObject();
        must(refusal.getHTTPStatusCode() == 400 && refusal.getCode().equals(error), refusal);
        must(refusal.getURI().toString().endsWith("/errors/MP-" + number), refusal.getURI());
    }

    private static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok Nimbus: " + name);
        } catch (Exception | AssertionError problem) {
            System.out.println("FAILED Nimbus: " + name + ": " + String.valueOf(problem).replaceAll("\\s+", " "));
        }
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) throws Exception {
        ready = JSONObjectUtils.parse(Files.readString(Path.of(arguments[0])));
        client = ((List<Map<String, Object>>) ready.get("clients")).get(0);
        key = RSAKey.parse(Files.readString(Path.of((String) client.get("key"))));

        check("the metadata is taken", () -> {
            metadata = AuthorizationServerMetadata.resolve(new Issuer(of("issuer")));
            must(metadata.getTokenEndpointURI().toString().equals(of("token_endpoint")), metadata);
        });
        check("a token is issued and the API takes it", () -> {
            AccessToken token = token();
            must(token.getLifetime() == 120 && token.getScope().toString().equals(scope()), token.toJSONString());
            HTTPResponse answer = get(of("api"), token);
            must(answer.getStatusCode() == 200 && answer.getBody().contains((String) client.get("client_id")), answer);
        });
        check("the other algorithms are taken", () -> {
            for (JWSAlgorithm algorithm : List.of(JWSAlgorithm.RS384, JWSAlgorithm.RS512)) {
                must(ask(algorithm, of("issuer"), scope(), UUID.randomUUID().toString()).indicatesSuccess(), algorithm);
            }
        });
        check("Altinn's metadata is taken, and its token verified by it", () -> {
            String issuer = URI.create(of("exchange")).resolve("/authentication/api/v1/openid/").toString();
            OIDCProviderMetadata altinn = OIDCProviderMetadata.resolve(new Issuer(issuer));
            SignedJWT exchanged = SignedJWT.parse(get(of("exchange"), token()).getBody());
            HTTPRequest request = new HTTPRequest(HTTPRequest.Method.GET, altinn.getJWKSetURI());
            JWKSet keys = JWKSet.parse(request.send().getBody());
            RSAKey signer = keys.getKeyByKeyId(exchanged.getHeader().getKeyID()).toRSAKey();
            must(exchanged.verify(new RSASSAVerifier(signer)), "another signature");
            must(exchanged.getJWTClaimsSet().getIssuer().equals(issuer), exchanged.getJWTClaimsSet());
        });
        check("a wrong audience is refused", () ->
            refused(ask(JWSAlgorithm.RS256, of("issuer").replaceAll("/$", ""), scope(), "a"), "invalid_grant", "110"));
        check("an assertion is good for one token", () -> {
            String jti = UUID.randomUUID().toString();
            must(ask(JWSAlgorithm.RS256, of("issuer"), scope(), jti).indicatesSuccess(), "refused");
            refused(ask(JWSAlgorithm.RS256, of("issuer"), scope(), jti), "invalid_grant", "012");
        });
        check("an unknown scope is refused", () -> refused(
            ask(JWSAlgorithm.RS256, of("issuer"), "unknown:scope", UUID.randomUUID().toString()), "invalid_scope", "200"));
    }
}
