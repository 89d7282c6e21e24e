// A patient at the desk, over HTTPS, with Java's own library alone (11 or newer): `java OverHttps.java`.
//
// Reads the patient, has a therapeutic link signed, makes a consent, and ends both. The token is in the file that
// BEIDD_TOKEN_FILE names (`beidctl token create NAME --scope identity.full,proof.therlink,proof.consent`).
// Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for anything else.

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class OverHttps {
    private static final String START = "Start it: systemctl --user start beidd, or beidd in another terminal.";
    private static final String MAKE_TOKEN = "Make one, and name its file in BEIDD_TOKEN_FILE:\n"
            + "  (umask 077; beidctl token create example --scope identity.full,proof.therlink,proof.consent > token)\n"
            + "  export BEIDD_TOKEN_FILE=$PWD/token";

    /** Something is missing before the daemon can be called; the message says what to do. */
    static class NotReady extends Exception {
        NotReady(String message) {
            super(message);
        }
    }

    /** The daemon refused a call; `problem` is its answer (RFC 9457). */
    static class Refused extends Exception {
        final String problem;

        Refused(String problem) {
            super(member(problem, "detail"));
            this.problem = problem;
        }
    }

    private final String port;
    private final String token;
    private final HttpClient client;

    OverHttps() throws Exception {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime == null) {
            throw new NotReady("XDG_RUNTIME_DIR is not set: start this in the session of the user of beidd.");
        }
        String daemon = read(Path.of(runtime, "beidd/https.json"), "beidd does not run for this user. " + START);
        port = member(daemon, "port");
        String tokenFile = System.getenv("BEIDD_TOKEN_FILE");
        if (tokenFile == null) {
            throw new NotReady("There is no token. " + MAKE_TOKEN);
        }
        token = read(Path.of(tokenFile), "There is no token. " + MAKE_TOKEN).strip();
        String authority = read(Path.of(member(daemon, "caCertificate")), "The certificate of beidd is missing. " + START);
        client = HttpClient.newBuilder().sslContext(trusting(authority)).build();
    }

    /** Reads a file that must be there; `otherwise` says what to do if it is not. */
    static String read(Path file, String otherwise) throws NotReady {
        try {
            return Files.readString(file);
        } catch (IOException fault) {
            throw new NotReady("Cannot read " + file + ". " + otherwise);
        }
    }

    /** The daemon has a certificate authority of its own, for this computer alone. */
    static SSLContext trusting(String authority) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        InputStream pem = new ByteArrayInputStream(authority.getBytes(StandardCharsets.US_ASCII));
        store.setCertificateEntry("beidd", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /** A member of a JSON text, by the names that lead to it. Java has no JSON: take the library that your software has. */
    static String member(String json, String... names) {
        String rest = json;
        for (String name : names) {
            Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*").matcher(rest);
            if (!found.find()) {
                throw new IllegalArgumentException("no " + name);
            }
            rest = rest.substring(found.end());
        }
        Matcher value = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|[0-9]+|true|false").matcher(rest);
        if (!value.lookingAt()) {
            throw new IllegalArgumentException("no simple value");
        }
        return value.group(1) != null ? value.group(1).replace("\\\"", "\"") : value.group();
    }

    String call(String method, String path, String members) throws Exception {
        BodyPublisher body = members == null ? BodyPublishers.noBody() : BodyPublishers.ofString(members);
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/v1" + path))
                .method(method, body)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .header("Accept-Language", "en")
                // A person reads, thinks and types: that takes longer than a computer.
                .timeout(Duration.ofSeconds(180))
                .build();
        HttpResponse<String> answer;
        try {
            answer = client.send(request, BodyHandlers.ofString());
        } catch (IOException fault) {
            throw new NotReady("beidd does not answer on port " + port + " (" + fault + "). " + START);
        }
        if (answer.statusCode() >= 400) {
            throw new Refused(answer.body());
        }
        return answer.body();
    }

    void visit() throws Exception {
        String patient = call("GET", "/cards/current/identity?fields=familyName,birthDate", null);
        System.out.println("patient: " + member(patient, "familyName") + " " + member(patient, "birthDate") + " "
                + member(patient, "authenticity", "outcome"));
        // From here on, this card or none: if it is changed, calls are refused (`card-removed`).
        String card = "\"cardId\": \"" + member(patient, "cardId") + "\"";
        String what = card + ", \"type\": \"gpconsultation\"";
        String link = call("POST", "/therapeutic-links", "{" + what + ", \"operation\": \"put\", \"proof\": \"eidsigning\"}");
        System.out.println("link: " + member(link, "proof", "type"));
        String consent = call("POST", "/consents", "{" + card + ", \"operation\": \"put\"}");
        System.out.println("consent: " + (consent.contains("PutPatientConsentRequest") ? "made" : "?"));
        // `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
        String days = ", \"startDate\": \"" + member(link, "period", "start") + "\", \"endDate\": \""
                + member(link, "period", "end") + "\"";
        String ended = call("POST", "/therapeutic-links",
                "{" + what + days + ", \"operation\": \"revoke\", \"proof\": \"eidreading\"}");
        String withdrawn = call("POST", "/consents", "{" + card + ", \"operation\": \"revoke\"}");
        System.out.println("revoked: " + (ended.contains("Revoke") && withdrawn.contains("Revoke") ? "both" : "?"));
    }

    public static void main(String[] arguments) throws Exception {
        try {
            new OverHttps().visit();
        } catch (NotReady missing) {
            System.err.println(missing.getMessage());
            System.exit(1);
        } catch (Refused refused) {
            String code = member(refused.problem, "code");
            switch (code) {
                case "pin-incorrect":
                    System.out.println("wrong PIN, tries left: " + member(refused.problem, "triesLeft"));
                    System.exit(5);
                    break;
                case "user-declined":
                case "user-timeout":
                    System.out.println("refused, nothing is signed");
                    System.exit(3);
                    break;
                default:
                    System.err.println(refused.getMessage() + " [" + code + "]");
                    System.exit(1);
            }
        }
    }
}
