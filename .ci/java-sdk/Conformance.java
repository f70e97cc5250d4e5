import com.azure.core.credential.TokenCredential;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.core.util.polling.SyncPoller;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import com.azure.security.keyvault.secrets.models.KeyVaultSecret;
import com.azure.security.keyvault.secrets.models.SecretProperties;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Azure's SDK for Java against the emulator that the environment names, signed in as it says. Prints a line a check. */
public class Conformance {
    interface Check {
        void run() throws Exception;
    }

    private static final String READER = "22222222-2222-4222-8222-222222222222";
    private static final Duration SOON = Duration.ofMillis(20);

    private static String of(String variable) {
        return System.getenv(variable);
    }

    private static TokenCredential withSecret(String id, String secret) {
        return new ClientSecretCredentialBuilder().authorityHost(of("AZURE_AUTHORITY_HOST")).disableInstanceDiscovery()
            .tenantId(of("AZURE_TENANT_ID")).clientId(id).clientSecret(secret).maxRetry(0).build();
    }

    private static TokenCredential credential(String group) {
        switch (group) {
            case "client-secret":
                return withSecret(of("AZURE_CLIENT_ID"), of("AZURE_CLIENT_SECRET"));
            case "federated-token":
                return new WorkloadIdentityCredentialBuilder().authorityHost(of("AZURE_AUTHORITY_HOST"))
                    .disableInstanceDiscovery().tenantId(of("AZURE_TENANT_ID")).clientId(of("AZURE_CLIENT_ID"))
                    .tokenFilePath(of("AZURE_FEDERATED_TOKEN_FILE")).maxRetry(0).build();
            default:
                return new ManagedIdentityCredentialBuilder().maxRetry(0).build();
        }
    }

    private static SecretClient client(TokenCredential credential) {
        // A failing check shows at once what failed.
        RetryOptions once = new RetryOptions(new FixedDelayOptions(0, SOON));
        return new SecretClientBuilder().vaultUrl(of("AZURE_KEYVAULT_URL")).credential(credential)
            .disableChallengeResourceVerification().retryOptions(once).buildClient();
    }

    private static void must(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** The answer must have this status and hold these words. */
    private static void refused(Check act, int status, String... words) throws Exception {
        try {
            act.run();
        } catch (HttpResponseException refusal) {
            must(refusal.getResponse().getStatusCode() == status, refusal);
            for (String word : words) {
                must(refusal.getMessage().contains(word), refusal);
            }
            return;
        }
        throw new AssertionError("it was accepted");
    }

    private static <T, U> T done(SyncPoller<T, U> poller) {
        return poller.setPollInterval(SOON).waitForCompletion().getValue();
    }

    private final SecretClient client;
    private final String name;
    private String version;
    private byte[] backup;

    private Conformance(String group) {
        client = client(credential(group));
        name = "By-" + group;
    }

    private void holds(String version, String value) {
        String found = client.getSecret(name, version).getValue();
        must(found.equals(value), found);
    }

    private void enable(boolean enabled) {
        client.updateSecretProperties(client.getSecret(name).getProperties().setEnabled(enabled));
    }

    private void remove() {
        done(client.beginDeleteSecret(name));
        client.purgeDeletedSecret(name);
    }

    /** In this order: each check stands on what the one before it left. */
    private void walk() {
        check("list pages", () -> {
            Set<String> seeded = new HashSet<>();
            client.listPropertiesOfSecrets().iterableByPage().forEach(page -> {
                must(page.getValue().size() <= 25, page.getValue().size());
                page.getValue().stream().map(SecretProperties::getName).filter(found -> found.startsWith("Seeded-"))
                    .forEach(seeded::add);
            });
            must(seeded.size() == 60, seeded);
        });
        check("set", () -> {
            KeyVaultSecret secret = new KeyVaultSecret(name, "first").setProperties(
                new SecretProperties().setContentType("text/plain").setTags(Map.of("team", "one")));
            SecretProperties properties = client.setSecret(secret).getProperties();
            version = properties.getVersion();
            must(version.length() == 32 && properties.getTags().equals(Map.of("team", "one")), properties.getId());
        });
        check("get", () -> {
            KeyVaultSecret secret = client.getSecret(name.toLowerCase());
            must(secret.getName().equals(name) && secret.getValue().equals("first"), secret.getName());
        });
        check("get a version", () -> {
            client.setSecret(name, "second");
            holds(version, "first");
            holds(null, "second");
        });
        check("list versions", () -> {
            Set<String> versions = client.listPropertiesOfSecretVersions(name).stream()
                .map(SecretProperties::getVersion).collect(Collectors.toSet());
            must(versions.size() == 2 && versions.contains(version), versions);
        });
        check("list the versions of nothing", () ->
            must(client.listPropertiesOfSecretVersions("Nothing").stream().count() == 0, "some"));
        check("get nothing", () -> refused(() -> client.getSecret("Nothing"), 404, "SecretNotFound"));
        check("get nothing that was deleted", () ->
            refused(() -> client.getDeletedSecret("Nothing"), 404, "Deleted Secret not found: Nothing"));
        check("disable then get", () -> {
            enable(false);
            refused(() -> client.getSecret(name), 403, "SecretDisabled");
            SecretProperties latest = client.listPropertiesOfSecretVersions(name).stream()
                .filter(found -> !found.isEnabled()).findFirst().get();
            client.updateSecretProperties(latest.setEnabled(true));
            holds(null, "second");
        });
        check("delete", () -> {
            String recovery = done(client.beginDeleteSecret(name)).getRecoveryId();
            must(recovery.endsWith("/deletedsecrets/" + name), recovery);
            refused(() -> client.getSecret(name), 404, "SecretNotFound");
        });
        check("list deleted", () ->
            must(client.listDeletedSecrets().stream().anyMatch(found -> found.getName().equals(name)), "none"));
        check("set while deleted", () ->
            refused(() -> client.setSecret(name, "x"), 409, "Conflict", "ObjectIsDeletedButRecoverable"));
        check("recover", () -> {
            done(client.beginRecoverDeletedSecret(name));
            holds(null, "second");
        });
        check("backup", () -> {
            backup = client.backupSecret(name);
            must(backup.length > 0 && !new String(backup).contains("second"), "it can be read");
        });
        check("restore over what is there", () -> refused(() -> client.restoreSecretBackup(backup), 409, "Conflict"));
        check("purge and restore", () -> {
            remove();
            client.restoreSecretBackup(backup);
            holds(version, "first");
            holds(null, "second");
        });
        check("restore nonsense", () ->
            refused(() -> client.restoreSecretBackup(new byte[99]), 400, "Malformed backup blob"));
        check("purge", this::remove);
    }

    private static void signingIn() {
        check("a wrong secret", () -> {
            try {
                client(withSecret(of("AZURE_CLIENT_ID"), "not-the-secret")).getSecret("Seeded-00");
            } catch (RuntimeException refusal) {
                String text = refusal + " " + refusal.getCause();
                must(text.contains("AADSTS7000215") && !text.contains("not-the-secret"), text);
                return;
            }
            throw new AssertionError("it was accepted");
        });
        check("a missing permission", () -> {
            SecretClient reader = client(withSecret(READER, "reader-secret"));
            must(reader.getSecret("Seeded-00").getValue().equals("value 00"), "another value");
            refused(() -> reader.setSecret("Mine", "x"), 403, "Forbidden", "ForbiddenByRbac");
        });
    }

    private static String group;

    private static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok      " + group + ": " + name);
        } catch (Exception | AssertionError problem) {
            System.out.println("FAILED  " + group + ": " + name + ": " + String.valueOf(problem).replaceAll("\\s+", " "));
        }
    }

    public static void main(String[] arguments) {
        group = arguments[0];
        new Conformance(group).walk();
        if (group.equals("client-secret")) {
            signingIn();
        }
        // Its threads would keep the process.
        System.exit(0);
    }
}
