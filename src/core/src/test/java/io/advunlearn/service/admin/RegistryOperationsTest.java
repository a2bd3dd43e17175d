package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.registry.TinyEncoder;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.ServingMetrics;
import io.advunlearn.tensor.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry's operations in the admin API; none of them needs a pipeline. */
class RegistryOperationsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;
    private Path root;
    private FileEncoderRegistry registry;
    private AdvUnlearnService service;

    @BeforeEach
    void start() {
        root = folder.resolve("registry");
        registry = new FileEncoderRegistry(root, "test");
        service = new AdvUnlearnService(new ServiceSettings(root, Optional.empty(), "test", Duration.ofSeconds(60), Limits.DEFAULT), registry, ServingMetrics.NONE);
        register("first", "base", List.of(new LineageEntry("church", "object", "advunlearn", null, 3L)));
        register("second", "first", List.of(new LineageEntry("church", "object", "advunlearn", null, 3L), new LineageEntry("dog", "object", "esd", null, 4L)));
    }

    private void register(String id, String parent, List<LineageEntry> lineage) {
        registry.register(new TinyEncoder(1).write(folder.resolve("candidate")), new Registration(id, "0".repeat(64), parent,
                lineage.stream().map(LineageEntry::concept).toList(), lineage, lineage.get(lineage.size() - 1).method(), "tester", null, new float[0]));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private static InputStream body(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode json(Answer answer, int status) throws IOException {
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    private EncoderOperations encoders() {
        return service.admin().encoders();
    }

    @Test
    void labelsAreShownAndChosenBy() throws IOException {
        json(encoders().label("first", "stage", body("{\"value\": \"golden\"}")), 200);
        assertThat(json(encoders().label("first", "team", body("{\"value\": \"safety\"}")), 200).path("labels")).hasSize(2);
        json(encoders().label("second", "stage", body("{\"value\": \"candidate\"}")), 200);

        assertThat(json(encoders().list(), 200).path("encoders").findValuesAsText("id")).containsExactlyInAnyOrder("first", "second");
        assertThat(json(encoders().list(List.of("stage=golden")), 200).path("encoders").findValuesAsText("id")).containsExactly("first");
        assertThat(json(encoders().list(List.of("stage")), 200).path("encoders")).hasSize(2);
        assertThat(json(encoders().list(List.of("stage=candidate", "team")), 200).path("encoders")).isEmpty();
        assertThat(json(encoders().list(List.of("=x")), 400).path("detail").asText()).isEqualTo("label must be key=value or key, not '=x'");
        JsonNode first = json(encoders().get("first"), 200);
        assertThat(first.path("labels").path("team").asText()).isEqualTo("safety");
        assertThat(first.path("erasures").get(0).asText()).as("beside the manifest's own members").isEqualTo("church");

        assertThat(json(encoders().unlabel("first", "team"), 200).path("labels")).hasSize(1);
        assertThat(json(encoders().label("first", "stage", body("{}")), 400).path("field").asText()).isEqualTo("value");
        json(encoders().label("first", "Stage", body("{\"value\": \"x\"}")), 422);
        json(encoders().label("ghost", "stage", body("{\"value\": \"x\"}")), 404);
    }

    @Test
    void theLineageReachesTheModelsOwnEncoder() throws IOException {
        JsonNode chain = json(encoders().lineage("second"), 200).path("chain");
        assertThat(chain.findValuesAsText("id")).containsExactly("second", "first", "base");
        assertThat(chain.get(0).path("method").asText()).isEqualTo("esd");
        assertThat(chain.get(0).path("added")).hasSize(1);
        assertThat(chain.get(0).path("added").get(0).path("concept").asText()).isEqualTo("dog");
        assertThat(chain.get(1).path("added").get(0).path("seed").asLong()).isEqualTo(3);
        assertThat(chain.get(2).path("digest").asText()).isEqualTo("0".repeat(64));
        chain.forEach(link -> assertThat(link.path("verdicts").isArray()).isTrue());
        json(encoders().lineage("ghost"), 404);
    }

    @Test
    void whatIsNeededIsNotDeleted() throws IOException {
        JsonNode problem = json(encoders().delete("first"), 409);
        assertThat(problem.path("detail").asText()).isEqualTo("encoder 'first' is needed: encoder 'second' was trained from it");
        assertThat(json(encoders().delete("second"), 200).path("deleted").asText()).isEqualTo("second");
        json(encoders().get("second"), 404);
        json(encoders().delete("second"), 404);
        json(encoders().delete("base"), 404);
        Files.writeString(root.resolve("encoders/first/config.json"), "{}");
        json(encoders().delete("first"), 200);
    }

    @Test
    void filesAreToldToTheHost() throws IOException {
        Download weights = encoders().file("first", "model.safetensors");
        assertThat(weights.problem()).isNull();
        assertThat(weights.file()).isEqualTo(root.toRealPath().resolve("encoders/first/model.safetensors"));
        assertThat(weights.headers()).containsEntry("X-Encoder-Version", "first@" + registry.encoder("first").orElseThrow().digest());
        for (String name : List.of("report.json", "../second/config.json", "labels.json", "")) {
            assertThat(json(encoders().file("first", name).problem(), 404).path("detail").asText()).contains("config.json, model.safetensors");
        }
        json(encoders().file("ghost", "config.json").problem(), 404);
    }

    @Test
    void verifyTellsOfEveryThing() throws IOException {
        JsonNode healthy = json(service.admin().registry().verify(), 200);
        assertThat(healthy.path("ok").asBoolean()).isTrue();
        assertThat(healthy.path("findings").findValuesAsText("what")).contains("encoder first", "encoder second");
        Files.writeString(root.resolve("encoders/first/config.json"), "{}");
        JsonNode damaged = json(service.admin().registry().verify(), 200);
        assertThat(damaged.path("ok").asBoolean()).isFalse();
        assertThat(damaged.path("findings").get(0).path("detail").asText()).contains("config.json of encoder 'first' was changed");
    }

    @Test
    void garbageIsListedUnlessItShallBeRemoved() throws IOException {
        RegistryOperations operations = service.admin().registry();
        assertThat(json(operations.collect(null), 200).path("garbage")).isEmpty();
        JsonNode listed = json(operations.collect(body("{\"older_than_days\": 0}")), 200);
        assertThat(listed.path("dryRun").asBoolean()).isTrue();
        assertThat(listed.path("garbage").findValuesAsText("name")).containsExactly("second", "first");
        assertThat(listed.path("bytes").asLong()).isGreaterThan(1000);
        assertThat(registry.encoders()).hasSize(2);
        JsonNode removed = json(operations.collect(body("{\"older_than_days\": 0, \"dry_run\": false}")), 200);
        assertThat(removed.path("removed").findValuesAsText("name")).containsExactly("second", "first");
        assertThat(registry.encoders()).isEmpty();
        assertThat(json(operations.collect(body("{\"older_than_days\": -1}")), 400).path("field").asText()).isEqualTo("older_than_days");
        assertThat(json(operations.collect(body("{\"dry_run\": \"no\"}")), 400).path("field").asText()).isEqualTo("dry_run");
    }

    @Test
    void anEncoderArrivesInParts() throws IOException {
        Path candidate = new TinyEncoder(5).write(folder.resolve("candidate"));
        Path weights = candidate.resolve("model.safetensors");
        UploadOperations uploads = service.admin().uploads();
        String announced = "{\"id\": \"third\", \"erasures\": [\"cat\"], \"files\": [%s, %s]}".formatted(file(candidate.resolve("config.json")), file(weights));
        Answer begun = uploads.begin(body(announced));
        JsonNode upload = json(begun, 201);
        String id = upload.path("upload").asText();
        assertThat(begun.headers()).containsEntry("Location", "/admin/advunlearn/uploads/" + id);
        assertThat(upload.path("partBytes").asInt()).isEqualTo(32 << 20);
        assertThat(json(uploads.complete(id), 409).path("detail").asText()).contains("config.json has 0 of");

        assertThat(uploads.file(id, "config.json").headers()).containsEntry("Upload-Offset", "0")
                .containsEntry("Upload-Length", Long.toString(Files.size(candidate.resolve("config.json"))));
        Answer part = uploads.append(id, "config.json", 0, candidate.resolve("config.json"));
        assertThat(part.headers().get("Upload-Offset")).isEqualTo(part.headers().get("Upload-Length"));
        json(uploads.append(id, "config.json", 0, candidate.resolve("config.json")), 409);
        json(uploads.append(id, "model.safetensors", 0, weights), 200);
        assertThat(json(uploads.get(id), 200).path("files").findValuesAsText("received")).isEqualTo(upload.path("files").findValuesAsText("size"));
        Answer completed = uploads.complete(id);
        assertThat(json(completed, 201).path("digest").asText()).isEqualTo(Sha256.of(weights));
        assertThat(completed.headers()).containsEntry("Location", "/admin/advunlearn/encoders/third");
        assertThat(registry.encoder("third").orElseThrow().erasures()).containsExactly("cat");
        assertThat(registry.auditTrail(2)).extracting(AuditEntry::action).containsExactlyInAnyOrder("upload", "import");

        for (Answer gone : List.of(uploads.get(id), uploads.file(id, "config.json"), uploads.complete(id), uploads.remove(id), uploads.place(id).refusal(),
                uploads.append(id, "config.json", 0, weights))) {
            assertThat(json(gone, 404).path("detail").asText()).contains("there is no upload " + id);
        }
        json(uploads.begin(body(announced)), 409);
        assertThat(json(uploads.begin(body("{\"id\": \"x\"}")), 400).path("field").asText()).isEqualTo("files");
        assertThat(json(uploads.begin(body("{\"id\": \"x\", \"files\": [{\"name\": \"a\", \"size\": 1, \"sha256\": \"b\", \"path\": \"c\"}]}")), 400)
                .path("field").asText()).isEqualTo("path");
        json(uploads.begin(body("{\"id\": \"x\", \"files\": [{\"name\": \"model.bin\", \"size\": 1, \"sha256\": \"b\"}]}")), 422);
        assertThat(json(uploads.list(), 200).path("uploads")).isEmpty();
    }

    private static String file(Path file) throws IOException {
        return "{\"name\": \"%s\", \"size\": %d, \"sha256\": \"%s\"}".formatted(file.getFileName(), Files.size(file), Sha256.of(file));
    }
}
