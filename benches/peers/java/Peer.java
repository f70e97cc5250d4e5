// In a package: from the unnamed one Spring would scan every jar.
package peer;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.ClientSecretCredentialBuilder;
import java.io.File;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.core.env.EnumerablePropertySource;

/** Loads a whole vault with the property source of Spring Cloud Azure, as a service would at its start. */
@SpringBootApplication
public class Peer {
    private static final String SOURCE = "spring.cloud.azure.keyvault.secret.property-sources[0].";

    public static void main(String[] arguments) {
        long start = System.nanoTime();
        try {
            long secrets = load();
            double took = (System.nanoTime() - start) / 1e6;
            if (!String.valueOf(secrets).equals(of("START_SECRETS"))) {
                throw new IllegalStateException(secrets + " secrets, not the " + of("START_SECRETS") + " of START_SECRETS");
            }
            System.out.printf(Locale.ROOT, "{\"secrets\": %d, \"load_ms\": %.1f}%n", secrets, took);
            System.exit(0);
        } catch (Throwable error) {
            System.err.println(cause(error).toString().replaceAll("\\s+", " "));
            System.exit(1);
        }
    }

    private static String of(String variable) {
        return System.getenv(variable);
    }

    private static long load() throws Exception {
        Path store = Files.createTempFile("roots", ".p12");
        try {
            trust(store);
            EnumerablePropertySource<?> vault = (EnumerablePropertySource<?>) application().run().getEnvironment()
                .getPropertySources().get("vault");
            return Stream.of(vault.getPropertyNames()).filter(vault::containsProperty).count();
        } finally {
            Files.delete(store);
        }
    }

    private static SpringApplication application() {
        SpringApplication application = new SpringApplication(Peer.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setDefaultProperties(Map.of(
            SOURCE + "name", "vault",
            SOURCE + "endpoint", of("AZURE_KEYVAULT_URL"),
            SOURCE + "challenge-resource-verification-enabled", false,
            // Without it each secret has two names.
            SOURCE + "case-sensitive", true,
            "spring.main.banner-mode", "off"));
        // No property turns the look-up of the authority at Microsoft off.
        application.addBootstrapRegistryInitializer(registry -> registry.register(TokenCredential.class, context ->
            new ClientSecretCredentialBuilder().authorityHost(of("AZURE_AUTHORITY_HOST")).disableInstanceDiscovery()
                .tenantId(of("AZURE_TENANT_ID")).clientId(of("AZURE_CLIENT_ID")).clientSecret(of("AZURE_CLIENT_SECRET"))
                .build()));
        return application;
    }

    /** Has all of Java trust its own roots and the one of START_CA. */
    private static void trust(Path store) throws Exception {
        KeyStore roots = KeyStore.getInstance(new File(System.getProperty("java.home"), "lib/security/cacerts"), (char[]) null);
        try (InputStream ca = Files.newInputStream(Path.of(of("START_CA")))) {
            roots.setCertificateEntry("start-ca", CertificateFactory.getInstance("X.509").generateCertificate(ca));
        }
        char[] password = "password".toCharArray();
        try (OutputStream file = Files.newOutputStream(store)) {
            roots.store(file, password);
        }
        System.setProperty("javax.net.ssl.trustStore", store.toString());
        System.setProperty("javax.net.ssl.trustStoreType", roots.getType());
        System.setProperty("javax.net.ssl.trustStorePassword", "password");
    }

    private static Throwable cause(Throwable error) {
        return error.getCause() == null ? error : cause(error.getCause());
    }
}
