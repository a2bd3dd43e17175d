package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.RegistryUnavailableException;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.ServingMetrics;
import java.io.ByteArrayInputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry that cannot be reached for a while. */
class RegistryOutageTest {

    @TempDir
    private Path folder;
    private SdxlFixture model;
    private FileEncoderRegistry registry;
    private AdvUnlearnService service;
    private volatile boolean out;

    @BeforeEach
    void start() {
        model = new SdxlFixture(folder);
        registry = new FileEncoderRegistry(folder.resolve("registry"), "other");
        registry.register(model.encoder("text_encoder", "first", 1.1f), new EncoderRegistry.Registration("first", null, null, List.of(), "imported", "test", null,
                new float[0]));
        EncoderRegistry sometimes = (EncoderRegistry) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {EncoderRegistry.class},
                (proxy, method, arguments) -> {
                    if (out) {
                        throw new RegistryUnavailableException("the registry's database does not answer", null);
                    }
                    try {
                        return method.invoke(registry, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        service = new AdvUnlearnService(new ServiceSettings(folder.resolve("registry"), Optional.empty(), "test", Duration.ofMillis(50), Limits.DEFAULT),
                sometimes, ServingMetrics.NONE);
        service.start();
    }

    @AfterEach
    void stop() {
        out = false;
        service.close();
    }

    private ServedPipeline load() {
        return service.pipelines().load("sdxl", new PipelineSettings(model.model(), CheckpointOptions.NONE, "cpu", Optional.empty(), Optional.empty(), List.of(), true,
                2, 5, PipelineTuning.SERVING, Optional.empty(), Gates.NONE));
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 600 && !condition.getAsBoolean(); i++) {
            Thread.sleep(50);
        }
        assertThat(condition.getAsBoolean()).as(what).isTrue();
    }

    private boolean told(String state, long generation) {
        return registry.replicas().stream().flatMap(seen -> seen.report().pipelines().stream())
                .anyMatch(served -> served.state().equals(state) && served.generation() == generation && served.error() == null);
    }

    @Test
    void servingGoesOnAndTheRegistryIsFollowedAgain() throws Exception {
        ServedPipeline pipeline = load();
        await("told that it is ready", () -> told("ready", 0));
        out = true;
        Thread.sleep(300);
        assertThat(pipeline.notReady()).isEmpty();
        ByteArrayInputStream body = new ByteArrayInputStream("{\"encoder\": \"first\"}".getBytes(StandardCharsets.UTF_8));
        Answer refused = service.admin().pipelines().swap("sdxl", body);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(new ObjectMapper().readTree(refused.body()).path("detail").asText()).isEqualTo("the registry's database does not answer");
        assertThat(service.images().generate(new ByteArrayInputStream("{\"prompt\": \"a cat\"}".getBytes(StandardCharsets.UTF_8)), null).answer().join().status())
                .isEqualTo(200);

        registry.advance("sdxl", 0, new EncoderPair("first", "base"), false, List.of(), "somebody else");
        out = false;
        await("followed", () -> pipeline.encoderVersion().orElse("").startsWith("first@"));
        await("told that it followed", () -> told("ready", 1));
    }

    @Test
    void aReplicaThatNeverKnewWhatIsWantedServesNothing() throws Exception {
        out = true;
        ServedPipeline pipeline = load();
        assertThat(pipeline.notReady()).isPresent();
        out = false;
        await("ready", () -> pipeline.notReady().isEmpty());
    }

    @Test
    void aReplicaThatStopsTakesItsReportAway() throws Exception {
        load();
        await("told", () -> told("ready", 0));
        service.close();
        assertThat(registry.replicas()).isEmpty();
    }
}
