package io.advunlearn.service.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.service.access.Identity;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.serving.RecordingObservers.RecordedSpan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What observers are told of a tiny pipeline. */
class ObserversTest {

    private static final GenerationRequest REQUEST = new GenerationRequest("sesamstrasse", "kermit", List.of(7L, 8L), 2, 5);

    @TempDir
    private Path folder;
    private final RecordingObservers recorded = new RecordingObservers();
    private SdxlFixture model;
    private FileEncoderRegistry registry;
    private Pipelines pipelines;
    private ServedPipeline pipeline;

    @BeforeEach
    void load() {
        model = new SdxlFixture(folder);
        registry = new FileEncoderRegistry(folder.resolve("registry"), "test");
        register("first", 1.1f);
        Limits limits = new Limits(100, 10, 100, OptionalLong.empty(), 1, 0, Duration.ofSeconds(60), 1000);
        pipelines = new Pipelines(registry, limits, recorded.observers(), loaded -> { });
        pipeline = pipelines.load("tiny", new PipelineSettings(model.model(), CheckpointOptions.NONE, "cpu", Optional.empty(), Optional.empty(), List.of(),
                true, 2, 5, PipelineTuning.SERVING, Optional.empty(), Gates.NONE));
    }

    @AfterEach
    void close() {
        pipelines.close();
    }

    private void register(String id, float factor) {
        registry.register(model.encoder("text_encoder", id, factor), new EncoderRegistry.Registration(id, null, null, List.of(), "imported", "test", null,
                new float[0]));
    }

    private RecordedSpan only(String name) {
        assertThat(recorded.spans(name)).as(name).hasSize(1);
        return recorded.spans(name).get(0);
    }

    @Test
    void everyStageOfARequestIsToldUnderTheSpanOfItsThread() {
        Tracing.Span http = recorded.observers().tracing().start("POST");
        try (Tracing.Scope scope = http.enter()) {
            pipeline.draw(REQUEST, Identity.LOCAL).result().join();
        }
        http.end();
        assertThat(recorded.metrics).containsSubsequence("stage queue", "stage encode", "stage denoise", "stage decode", "images base 2", "generation success");
        RecordedSpan generation = only("generate_content tiny");
        assertThat(generation.parent.name).isEqualTo("POST");
        assertThat(generation.failure).isNull();
        assertThat(generation.attributes).containsEntry("gen_ai.operation.name", "generate_content").containsEntry("gen_ai.request.model", "tiny")
                .containsEntry("gen_ai.request.choice.count", 2L).containsEntry("gen_ai.request.seed", 7L).containsEntry("advunlearn.encoder.id", "base");
        long end = generation.start;
        for (String stage : List.of("queue", "encode", "denoise", "decode")) {
            RecordedSpan span = only(stage);
            assertThat(span.parent).as(stage).isSameAs(generation);
            assertThat(span.start).as(stage).isGreaterThanOrEqualTo(end - Duration.ofMillis(1).toNanos());
            end = span.end;
        }
        assertThat(recorded.spans).allSatisfy(span -> assertThat(span.name + span.attributes).doesNotContain("sesamstrasse", "kermit"));
    }

    @Test
    void whatFindsNoPlaceInTheQueueIsCountedAsRefused() throws InterruptedException {
        WorkQueue.Ticket<?> running = pipeline.draw(new GenerationRequest("a cat", "", List.of(1L), 100, 5), Identity.LOCAL);
        assertThatThrownBy(() -> pipeline.draw(REQUEST, Identity.LOCAL)).isInstanceOf(BusyException.class);
        assertThat(recorded.metrics).contains("refused tiny queue_full");
        assertThat(recorded.spans("generate_content tiny")).singleElement().satisfies(span -> assertThat(span.failure).isInstanceOf(BusyException.class));
        running.cancel();
        assertThatThrownBy(() -> running.result().join()).isInstanceOf(RuntimeException.class);
        assertThat(recorded.metrics).doesNotContain("generation success");
    }

    @Test
    void aRequestThatCannotBeDrawnEndsItsSpan() {
        GenerationRequest wrong = new GenerationRequest("a cat", "", List.of(1L), 2, 5, new ImageSize(3, 3), null);
        assertThatThrownBy(() -> pipeline.draw(wrong, Identity.LOCAL).result().join()).isInstanceOf(CompletionException.class);
        assertThat(recorded.metrics).contains("generation error");
        assertThat(only("generate_content tiny").failure).isNotNull();
    }

    @Test
    void swapsAreToldWithTheirPartsAndTheActiveEncoders() {
        assertThat(recorded.metrics).containsExactly("encoders tiny [base#0, base#0]");
        assertThat(recorded.events).containsExactly("ready tiny");
        assertThat(recorded.gauges.get("loaded").getAsInt()).isEqualTo(2);

        pipeline.promote(new EncoderPair("first", null), "test", false);
        assertThat(recorded.metrics).contains("swap promote success", "encoders tiny [first#1, base#1]");
        assertThat(recorded.events).contains("swapped promote base -> first");
        assertThat(recorded.gauges.get("loaded").getAsInt()).isEqualTo(3);
        RecordedSpan swap = only("swap tiny");
        assertThat(swap.attributes).containsEntry("advunlearn.encoder.id", "first").containsEntry("advunlearn.encoder.previous", "base");
        for (String part : List.of("load", "verify", "flip")) {
            assertThat(only(part).parent).isSameAs(swap);
            assertThat(only(part).end - only(part).start).as(part).isBetween(0L, swap.end - swap.start + 1_000_000);
        }

        pipeline.rollback("test", false);
        assertThat(recorded.metrics).contains("swap rollback success", "encoders tiny [base#2, base#2]");
        assertThatThrownBy(() -> pipeline.promote(new EncoderPair("nothing", null), "test", false)).isInstanceOf(RuntimeException.class);
        assertThat(recorded.metrics).contains("swap promote refused");
    }

    @Test
    void encodersThatNobodyUsesAnyMoreAreNotCounted() {
        for (int i = 0; i < 4; i++) {
            register("next-" + i, 1.2f + i);
            pipeline.promote(new EncoderPair("next-" + i, null), "test", false);
        }
        // Both base ones, the active one and the one kept for a rollback.
        assertThat(recorded.gauges.get("loaded").getAsInt()).isEqualTo(4);
    }

    @Test
    void whatAnotherReplicaPromotesIsAReconciliationAndAQuietLookIsNothing() {
        new FileEncoderRegistry(folder.resolve("registry"), "other").advance("tiny", 0, new EncoderPair("first", "base"), false, List.of(), "other");
        pipeline.reconcile();
        assertThat(recorded.metrics).contains("swap reconcile success", "encoders tiny [first#1, base#1]");
        int before = recorded.metrics.size() + recorded.spans.size() + recorded.events.size();
        pipeline.reconcile();
        assertThat(recorded.metrics.size() + recorded.spans.size() + recorded.events.size()).isEqualTo(before);
    }

    @Test
    void aDamagedEncoderIsNotReadyWithoutItsPath() throws Exception {
        Files.write(folder.resolve("registry/encoders/first/model.safetensors"), new byte[100]);
        new FileEncoderRegistry(folder.resolve("registry"), "other").advance("tiny", 0, new EncoderPair("first", "base"), false, List.of(), "other");
        pipeline.reconcile();
        assertThat(recorded.metrics).contains("swap reconcile refused");
        assertThat(pipeline.notReadyInPublic()).hasValueSatisfying(reason -> assertThat(reason).contains("could not be activated").doesNotContain("/"));
        new FileEncoderRegistry(folder.resolve("registry"), "other").advance("tiny", 1, new EncoderPair("base", "base"), false, List.of(), "other");
        pipeline.reconcile();
        assertThat(pipeline.notReadyInPublic()).isEmpty();
        assertThat(recorded.events).filteredOn("ready tiny"::equals).hasSize(2);
    }
}
