package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.gateway.cli.AdminClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a new user does: the application that the README shows, word for word, built with its test, run without and with a key. */
@Tag("slow")
class FreshApplicationIT {

    private static final String KEY = "the-key-of-a-new-user";

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder;
    private Path application;

    @BeforeEach
    void build() throws IOException, InterruptedException {
        application = ReadmeApplication.write(folder.resolve("postcards"));
        Path repository = ReactorRepository.make(folder.resolve("repository"));
        Path log = folder.resolve("build.log");
        ProcessBuilder maven = new ProcessBuilder(Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(), "-B", "-ntp", "package");
        maven.environment().put("MAVEN_OPTS", "-Dmaven.repo.local=" + repository);
        int exit = maven.directory(application.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
        assertThat(exit).as(Files.readString(log)).isZero();
        assertThat(Files.readString(log)).contains("Tests run: 1, Failures: 0, Errors: 0, Skipped: 0");
    }

    @Test
    void drawsIsClosedAndSwapsOnceThereIsAKey() throws Exception {
        byte[] church;
        try (FreshProcess process = FreshProcess.start(application, Map.of())) {
            church = postcard(process);
            assertThat(ImageIO.read(new ByteArrayInputStream(church)).getWidth()).isEqualTo(64);
            assertThat(get(process.management().resolve("/admin/advunlearn/encoders")).statusCode()).isEqualTo(401);
            assertThat(get(process.uri().resolve("/admin/advunlearn/encoders")).statusCode()).isEqualTo(404);
        }
        try (FreshProcess process = FreshProcess.start(application, Map.of("QUARKUS_ADVUNLEARN_ADMIN_API_KEY", KEY))) {
            assertThat(get(process.management().resolve("/admin/advunlearn/encoders")).statusCode()).isEqualTo(401);
            assertThat(postcard(process)).isEqualTo(church);
            AdminClient admin = new AdminClient(process.management(), KEY);
            String id = admin.post("/erasures", Map.of("concept", "church", "profile", "kv", "settings", Map.of("iterations", 20))).path("id").asText();
            awaitSuccess(admin, "/erasures/" + id);
            admin.post("/erasures/" + id + "/promotion", null);
            assertThat(postcard(process)).isNotEqualTo(church);
        }
    }

    private byte[] postcard(FreshProcess process) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = get(process.uri().resolve("/postcards/church"));
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    private HttpResponse<byte[]> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(2)).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static void awaitSuccess(AdminClient admin, String path) throws InterruptedException {
        TestGateway.await("the erasure to be over", () -> {
            JsonNode job = admin.get(path);
            assertThat(job.path("state").asText()).as(job.toString()).isNotIn("failed", "cancelled");
            return job.path("state").asText().equals("succeeded");
        });
    }
}
