package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.ServingMetrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A service over {@link SdxlFixture}'s checkpoint with a registry of its own, as an administrator uses it. */
final class SdxlService implements AutoCloseable {

    static final String PIPELINE = "sdxl";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Identity ADMINISTRATOR = new Identity("boss", Role.ADMIN, null, null);

    private final SdxlFixture model;
    private final FileEncoderRegistry registry;
    private final AdvUnlearnService service;

    SdxlService(SdxlFixture model, Path folder) {
        this(model, folder, registry -> registry);
    }

    /**
     * @param folder in which the registry is, or will be
     * @param seen what the service sees of it
     */
    SdxlService(SdxlFixture model, Path folder, UnaryOperator<EncoderRegistry> seen) {
        this.model = model;
        Path root = folder.resolve("registry");
        registry = new FileEncoderRegistry(root, "test");
        service = new AdvUnlearnService(new ServiceSettings(root, Optional.of(model.candidates()), "test", Duration.ofSeconds(60), Limits.DEFAULT),
                seen.apply(registry), ServingMetrics.NONE);
    }

    FileEncoderRegistry registry() {
        return registry;
    }

    AdvUnlearnService service() {
        return service;
    }

    AdminApi admin() {
        return service.admin().as(ADMINISTRATOR);
    }

    /** @param encoder and textEncoder2 to start with, {@code null} for the model's own */
    ServedPipeline load(List<String> required, String encoder, String textEncoder2, Gates gates) {
        return service.pipelines().load(PIPELINE, new PipelineSettings(model.model(), CheckpointOptions.NONE, "cpu", Optional.ofNullable(encoder),
                Optional.ofNullable(textEncoder2), required, true, 2, 5, PipelineTuning.SERVING, Optional.empty(), gates));
    }

    /** @param id of a folder among the model's candidates */
    void imported(String id, String erasures) {
        Answer answer = admin().encoders().importFolder(body("{\"id\": \"" + id + "\", \"folder\": \"" + id + "\", \"erasures\": " + erasures + "}"));
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(201);
    }

    /** {@code first} and {@code second}, one of each kind, that have erased church. */
    void importPair() {
        model.encoder("text_encoder", "first", 1.1f);
        model.encoder("text_encoder_2", "second", 1.1f);
        imported("first", "[\"church\"]");
        imported("second", "[\"church\"]");
    }

    Answer swap(String body) {
        return admin().pipelines().swap(PIPELINE, body(body));
    }

    JsonNode state() throws IOException {
        return json(admin().pipelines().textEncoder(PIPELINE), 200);
    }

    static InputStream body(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    static JsonNode json(Answer answer, int status) throws IOException {
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    @Override
    public void close() {
        service.close();
    }
}
