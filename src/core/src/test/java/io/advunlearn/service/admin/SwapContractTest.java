package io.advunlearn.service.admin;

import static io.advunlearn.service.admin.SdxlService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.ComponentSlot;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineReferences;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a swap promises: a dry run, stages, one at a time, what memory holds, and the reference prompt. */
class SwapContractTest {

    private static final String BOTH = "{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}";
    private static final String TRIED = "{\"encoder\": \"first\", \"text_encoder_2\": \"second\", \"dry_run\": true}";
    private static final String BIAS = "text_model.final_layer_norm.bias";

    @TempDir
    private Path folder;
    private SdxlFixture model;
    private SdxlService sdxl;
    private FileEncoderRegistry registry;
    /** Counted down as soon as a state is about to be written; that goes on when {@link #mayWrite} is counted down. */
    private final CountDownLatch writes = new CountDownLatch(1);
    private CountDownLatch mayWrite = new CountDownLatch(0);

    @BeforeEach
    void start() {
        model = new SdxlFixture(folder);
        sdxl = new SdxlService(model, folder, this::thatWaits);
        registry = sdxl.registry();
    }

    private EncoderRegistry thatWaits(EncoderRegistry inner) {
        return (EncoderRegistry) Proxy.newProxyInstance(EncoderRegistry.class.getClassLoader(), new Class<?>[] {EncoderRegistry.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("advance")) {
                        writes.countDown();
                        mayWrite.await(30, TimeUnit.SECONDS);
                    }
                    try {
                        return method.invoke(inner, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private ServedPipeline load(List<String> required, Gates gates) {
        ServedPipeline pipeline = sdxl.load(required, null, null, gates);
        sdxl.importPair();
        return pipeline;
    }

    @AfterEach
    void stop() {
        sdxl.close();
    }

    private JsonNode swap(String body, int status) throws IOException {
        return json(sdxl.swap(body), status);
    }

    private JsonNode checksum() throws IOException {
        return json(sdxl.admin().pipelines().checksum(SdxlService.PIPELINE), 200);
    }

    private void assertUntouched() throws IOException {
        JsonNode state = sdxl.state();
        assertThat(state.path("desired").isNull()).isTrue();
        assertThat(state.path("active").path("encoder").asText()).isEqualTo("base");
        assertThat(state.path("active_text_encoder_2").path("encoder").asText()).isEqualTo("base");
        assertThat(registry.history("sdxl")).isEmpty();
    }

    @Test
    void aDryRunDoesEverythingButTheChange() throws IOException {
        load(List.of("church"), Gates.NONE);
        JsonNode tried = swap(TRIED, 200);
        for (JsonNode each : List.of(tried, tried.path("text_encoder_2"))) {
            assertThat(each.path("generation").asLong()).isEqualTo(1);
            assertThat(each.path("previous").asText()).isEqualTo("base");
            assertThat(each.path("stages").findValuesAsText("name")).containsExactly("load", "verify");
            each.path("stages").forEach(stage -> assertThat(stage.path("millis").asDouble()).isPositive());
        }
        assertThat(tried.path("dryRun").asBoolean()).isTrue();
        assertThat(tried.path("encoder").asText()).isEqualTo("first");
        assertThat(tried.path("digest").asText()).isEqualTo(registry.encoder("first").orElseThrow().digest());
        assertUntouched();
        assertThat(registry.auditTrail(1).get(0)).returns("dry-run", EncoderRegistry.AuditEntry::action)
                .returns("would be generation 1", EncoderRegistry.AuditEntry::outcome);

        assertThat(swap(BOTH, 200).path("loadMillis").asDouble()).as("what was tried was freed").isPositive();
        assertThat(swap(TRIED, 200).path("loadMillis").asDouble()).as("a swap would not load what is in memory").isZero();
    }

    @Test
    void aDryRunIsRefusedAsTheSwapWouldBe() throws IOException {
        load(List.of("horse"), Gates.NONE);
        assertThat(swap(TRIED, 409).path("detail").asText()).contains("horse");
        Path weights = registry.directory("second").resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        assertThat(swap(TRIED.replace("true", "true, \"weaken\": true"), 422).path("detail").asText()).contains("'second' was refused");
        assertThat(swap(TRIED.replace("true", "1"), 400).path("field").asText()).isEqualTo("dry_run");
        assertUntouched();
        assertThat(registry.auditTrail(10)).extracting(EncoderRegistry.AuditEntry::action).containsOnly("dry-run", "import");
    }

    @Test
    void gatesHoldInADryRunAndAnOverrideThereIsNone() throws IOException {
        load(List.of(), Gates.parse(Map.of("attack-success.any", "0.1")));
        assertThat(swap(TRIED, 409).path("detail").asText()).contains("does not pass the gates");
        swap(TRIED.replace("true", "true, \"override\": true"), 200);
        assertUntouched();
        assertThat(registry.auditTrail(10)).extracting(EncoderRegistry.AuditEntry::action).doesNotContain("override-gates");
    }

    @Test
    void aSwapTellsItsStages() throws IOException {
        load(List.of(), Gates.NONE);
        JsonNode swapped = swap(BOTH, 200);
        for (JsonNode each : List.of(swapped, swapped.path("text_encoder_2"))) {
            assertThat(each.path("stages").findValuesAsText("name")).containsExactly("load", "verify", "commit", "flip", "drain");
            assertThat(each.path("stages").get(0).path("millis").asDouble()).isEqualTo(each.path("loadMillis").asDouble()).isPositive();
            assertThat(each.path("stages").get(2).path("millis").asDouble()).as("a file was written").isPositive();
            assertThat(each.path("stages").get(4).path("millis").isNumber()).as("nobody held the base encoder").isTrue();
            assertThat(each.path("drained").asBoolean()).isTrue();
        }
        try (ComponentSlot.Lease<ClipTextModel> running = sdxl.service().pipelines().find("sdxl").orElseThrow().pipeline().slot().acquire()) {
            JsonNode held = swap("{\"encoder\": \"base\", \"text_encoder_2\": \"base\"}", 200);
            assertThat(held.path("stages").get(4).path("millis").isNull()).as("still drawn with: " + running.snapshot().id()).isTrue();
        }
    }

    @Test
    void aSecondSwapIsAConflict() throws Exception {
        load(List.of(), Gates.NONE);
        mayWrite = new CountDownLatch(1);
        CompletableFuture<JsonNode> first = CompletableFuture.supplyAsync(() -> {
            try {
                return swap(BOTH, 200);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(writes.await(30, TimeUnit.SECONDS)).isTrue();
        for (String late : List.of(BOTH, TRIED, "{\"encoder\": \"base\"}")) {
            JsonNode problem = swap(late, 409);
            assertThat(problem.path("detail").asText()).isEqualTo("another swap of pipeline 'sdxl' is running");
            assertThat(problem.path("title").asText()).isEqualTo("Conflict");
        }
        mayWrite.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS).path("generation").asLong()).isEqualTo(1);
    }

    @Test
    void memoryIsWhatTheManifestsPromise() throws Exception {
        ServedPipeline pipeline = load(List.of(), Gates.NONE);
        assertMatches(checksum(), "base");
        writeInHalf("half");
        sdxl.imported("half", "[]");
        swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}", 200);
        JsonNode sums = checksum();
        assertMatches(sums, "first");
        assertThat(sums.path("total").asText()).isEqualTo(total(registry.directory("first").resolve("model.safetensors")));
        assertThat(sums.path("text_encoder_2").path("total").asText()).isEqualTo(total(registry.directory("second").resolve("model.safetensors")));
        assertThat(sums.path("digest").asText()).isEqualTo(registry.encoder("first").orElseThrow().digest());

        try (ComponentSlot.Lease<ClipTextModel> lease = pipeline.pipeline().slot().acquire()) {
            lease.snapshot().network().weights().get(BIAS).addi(1);
        }
        JsonNode spoilt = checksum();
        assertThat(spoilt.path("matches").asBoolean()).isFalse();
        List<String> wrong = new ArrayList<>();
        spoilt.path("tensors").forEach(tensor -> {
            if (!tensor.path("matches").asBoolean()) {
                wrong.add(tensor.path("name").asText());
            }
        });
        assertThat(wrong).containsExactly(BIAS);
        assertThat(spoilt.path("total").asText()).isNotEqualTo(sums.path("total").asText());
        assertThat(spoilt.path("text_encoder_2").path("matches").asBoolean()).isTrue();

        swap("{\"encoder\": \"half\"}", 200);
        assertMatches(checksum(), "half");
        Files.delete(registry.directory("half").resolve("SHA256SUMS"));
        JsonNode unknown = checksum();
        assertThat(unknown.path("matches").asBoolean()).isFalse();
        assertThat(unknown.path("problem").asText()).isEqualTo("the registry's encoder 'half' cannot be read any more");
    }

    private static void assertMatches(JsonNode sums, String encoder) {
        assertThat(sums.path("encoder").asText()).isEqualTo(encoder);
        for (JsonNode each : List.of(sums, sums.path("text_encoder_2"))) {
            assertThat(each.path("matches").asBoolean()).as("%s", each).isTrue();
            assertThat(each.path("tensors").size()).isGreaterThan(10);
            assertThat(each.path("dtype").asText()).isEqualTo("float32");
            each.path("tensors").forEach(tensor -> assertThat(tensor.path("sha256").asText()).matches("[0-9a-f]{64}")
                    .isEqualTo(tensor.path("expected").asText()));
        }
    }

    /** As SGLang's {@code compute_weights_checksum}: names and bytes in the names' order. */
    private static String total(Path weights) throws Exception {
        MessageDigest total = MessageDigest.getInstance("SHA-256");
        try (Safetensors file = Safetensors.open(weights)) {
            for (String name : new TreeSet<>(file.tensors().keySet())) {
                total.update(name.getBytes(StandardCharsets.UTF_8));
                total.update(file.bytes(name));
            }
        }
        return HexFormat.of().formatHex(total.digest());
    }

    private void writeInHalf(String id) throws IOException {
        Path source = model.encoder("text_encoder", "whole", 1.2f);
        Path target = Files.createDirectories(model.candidates().resolve(id));
        Files.copy(source.resolve("config.json"), target.resolve("config.json"));
        try (Safetensors file = Safetensors.open(source.resolve("model.safetensors"))) {
            Safetensors.write(target.resolve("model.safetensors"), file.shapes(), file::floats, true, Map.of());
        }
    }

    @Test
    void whatAnEncoderMakesOfTheReferencePromptIsRecordedAndCheckedBeforeTheFlip() throws IOException {
        load(List.of(), Gates.NONE);
        EncoderManifest first = registry.encoder("first").orElseThrow();
        EncoderManifest second = registry.encoder("second").orElseThrow();
        assertThat(List.of(first.referencePrompt(), second.referencePrompt())).containsOnly(PipelineReferences.PROMPT);
        assertThat(first.referenceOutput().length).isPositive();
        assertThat(second.referenceOutput().length).isPositive();
        swap(BOTH, 200);

        float[] other = first.referenceOutput().clone();
        other[0] += 1;
        registry.register(registry.directory("first"), new EncoderRegistry.Registration("other", null, null, List.of(), "imported", "test",
                first.referencePrompt(), other));
        assertThat(swap("{\"encoder\": \"other\"}", 422).path("detail").asText())
                .contains("'other' was refused: the reference prompt's output differs from the manifest's by").contains("at most 0.001 is accepted");
        assertThat(sdxl.state().path("active").path("encoder").asText()).isEqualTo("first");
        assertThat(registry.state("sdxl").orElseThrow().generation()).isEqualTo(1);
    }

    /** A kept encoder is run before it comes back; what changed in memory is loaded anew. */
    @Test
    void memoryThatChangedWhileItWasKeptIsNotServedAgain() throws IOException {
        ServedPipeline pipeline = load(List.of(), Gates.NONE);
        swap(BOTH, 200);
        swap("{\"encoder\": \"base\"}", 200);
        JsonNode back = swap("{\"encoder\": \"first\"}", 200);
        assertThat(back.path("loadMillis").asDouble()).isEqualTo(0, offset(0.0));
        assertThat(back.path("verifyMillis").asDouble()).as("the reference prompt was run").isPositive();
        try (ComponentSlot.Lease<ClipTextModel> lease = pipeline.pipeline().slot().acquire()) {
            lease.snapshot().network().weights().get(BIAS).addi(1);
        }
        swap("{\"encoder\": \"base\"}", 200);
        assertThat(swap("{\"encoder\": \"first\"}", 200).path("loadMillis").asDouble()).isPositive();
        assertThat(checksum().path("matches").asBoolean()).isTrue();
    }

    @Test
    void encodersThatNoPipelineCanRunAreRegisteredWithoutAnOutput() throws IOException {
        model.encoder("text_encoder", "alone", 1.1f);
        sdxl.imported("alone", "[]");
        EncoderManifest manifest = registry.encoder("alone").orElseThrow();
        assertThat(manifest.referencePrompt()).isNull();
        assertThat(manifest.referenceOutput()).isEmpty();
    }
}
