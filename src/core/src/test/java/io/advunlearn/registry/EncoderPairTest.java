package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.pipeline.BelowFloorException;
import io.advunlearn.pipeline.ComponentSlot;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.pipeline.SlotFixture;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Registration;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two text encoders of a whole SDXL pipeline follow the registry together. */
class EncoderPairTest {

    @TempDir
    private static Path shared;
    private static SdxlFixture model;

    @TempDir
    private Path folder;
    private final List<TextToImagePipeline> replicas = new ArrayList<>();
    private FileEncoderRegistry registry;
    private TextToImagePipeline pipeline;
    private PipelineReconciler reconciler;

    @BeforeAll
    static void write() {
        model = new SdxlFixture(shared);
        model.encoder("text_encoder", "first-a", 1.1f);
        model.encoder("text_encoder", "first-b", 1.2f);
        model.encoder("text_encoder_2", "second-a", 1.1f);
        model.encoder("text_encoder_2", "second-b", 1.2f);
    }

    @BeforeEach
    void start() {
        registry = new FileEncoderRegistry(folder.resolve("registry"), "replica-1");
        register("first-a", "church");
        register("first-b", "church", "horse");
        register("second-a", "church");
        register("second-b");
        pipeline = replica(ErasureFloor.NONE, false);
        reconciler = new PipelineReconciler("main", registry, pipeline);
    }

    @AfterEach
    void close() {
        replicas.forEach(TextToImagePipeline::close);
    }

    private void register(String id, String... erasures) {
        registry.register(model.candidates().resolve(id), new Registration(id, null, null, List.of(erasures), "imported", "tester", null, new float[0]));
    }

    private TextToImagePipeline replica(ErasureFloor floor, boolean enforce) {
        TextToImagePipeline loaded = model.load("main", floor, enforce);
        replicas.add(loaded);
        return loaded;
    }

    private static List<String> active(TextToImagePipeline pipeline) {
        return pipeline.encoders().stream().map(ComponentSlot.Status::encoder).toList();
    }

    private static EncoderPair pair(String encoder, String textEncoder2) {
        return new EncoderPair(encoder, textEncoder2);
    }

    private static byte[] pixels(TextToImagePipeline pipeline) {
        return SdxlFixture.draw(pipeline).images().get(0).rgb();
    }

    @Test
    void bothArePromotedRolledBackAndServedAfterARestart() throws IOException {
        byte[] base = pixels(pipeline);
        SwapResult result = reconciler.promote(pair("first-a", "second-a"), "alice", false);
        assertThat(result.generation()).isEqualTo(1);
        assertThat(result.encoder()).isEqualTo("first-a");
        assertThat(result.textEncoder2().encoder()).isEqualTo("second-a");
        assertThat(result.textEncoder2().generation()).isEqualTo(1);
        GenerationResult drawn = SdxlFixture.draw(pipeline);
        assertThat(drawn.images().get(0).rgb()).isNotEqualTo(base);
        assertThat(drawn.encoderVersion()).isEqualTo("first-a@" + result.digest() + ", second-a@" + result.textEncoder2().digest());
        assertThat(Files.readString(folder.resolve("registry/pipelines/main/1.json"))).contains("\"text_encoder_2\" : \"second-a\"")
                .contains("\"previous_text_encoder_2\" : \"base\"");

        reconciler.promote(pair("first-b", "second-b"), "alice", false);
        SwapResult back = reconciler.rollback("bob", false);
        assertThat(back.generation()).isEqualTo(3);
        assertThat(List.of(back.loadMillis(), back.textEncoder2().loadMillis())).as("still in memory").containsExactly(0.0, 0.0);
        assertThat(active(pipeline)).containsExactly("first-a", "second-a");
        TextToImagePipeline restarted = replica(ErasureFloor.NONE, false);
        assertThat(new PipelineReconciler("main", registry, restarted).reconcile().orElseThrow().generation()).isEqualTo(3);
        assertThat(active(restarted)).containsExactly("first-a", "second-a");
        assertThat(pixels(restarted)).isEqualTo(drawn.images().get(0).rgb());
        assertThat(registry.auditTrail(1)).extracting(AuditEntry::action, AuditEntry::target)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("rollback", "main -> first-a with text_encoder_2 second-a"));
    }

    @Test
    void whatIsNotNamedStays() {
        reconciler.promote(pair("first-a", "second-a"), "alice", false);
        reconciler.promote(pair(null, "second-b"), "alice", false);
        assertThat(active(pipeline)).containsExactly("first-a", "second-b");
        reconciler.promote("first-b", "alice");
        assertThat(active(pipeline)).containsExactly("first-b", "second-b");
        assertThat(reconciler.rollback("alice", false).textEncoder2().encoder()).isEqualTo("second-b");
        assertThat(active(pipeline)).containsExactly("first-a", "second-b");
        reconciler.promote(pair("first-a", "second-b"), "alice", false);
        assertThat(registry.state("main").orElseThrow().previousEncoders()).as("promoting the active pair again keeps the one before")
                .isEqualTo(pair("first-b", "second-b"));
    }

    @Test
    void otherReplicasFollowBoth() {
        TextToImagePipeline other = replica(ErasureFloor.NONE, false);
        PipelineReconciler follower = new PipelineReconciler("main", registry, other);
        follower.reconcile();
        reconciler.promote(pair("first-a", "second-a"), "alice", false);
        assertThat(follower.reconcile().orElseThrow().textEncoder2().encoder()).isEqualTo("second-a");
        assertThat(active(other)).containsExactly("first-a", "second-a");
        assertThat(follower.reconcile()).as("there already").isEmpty();
    }

    @Test
    void anEncoderOfTheWrongKindIsRefused() {
        assertThatThrownBy(() -> reconciler.promote("second-a", "alice")).isInstanceOf(RegistryException.class)
                .hasMessage("encoder 'second-a' is a CLIPTextModelWithProjection, encoder must be a CLIPTextModel");
        assertThatThrownBy(() -> reconciler.promote(pair("first-a", "first-b"), "alice", false)).isInstanceOf(RegistryException.class)
                .hasMessage("encoder 'first-b' is a CLIPTextModel, text_encoder_2 must be a CLIPTextModelWithProjection");
        assertThatThrownBy(() -> registry.advance("main", 0, pair("second-a", "second-a"), false, List.of(), "alice")).isInstanceOf(RegistryException.class);
        assertThatThrownBy(() -> registry.advance("main", 0, pair("first-a", "ghost"), false, List.of(), "alice")).hasMessageContaining("'ghost'");
        assertThat(registry.state("main")).isEmpty();
        assertThat(active(pipeline)).containsExactly("base", "base");
    }

    @Test
    void ifTheSecondIsDamagedNothingChanges() throws IOException {
        reconciler.promote(pair("first-a", "second-a"), "alice", false);
        Path weights = registry.directory("second-b").resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        byte[] before = pixels(pipeline);
        assertThatThrownBy(() -> reconciler.promote(pair("first-b", "second-b"), "bob", false)).isInstanceOf(SwapException.class)
                .hasMessageContaining("second encoder 'second-b' was refused").hasMessageContaining("SHA-256");
        assertThat(registry.history("main")).hasSize(1);
        assertThat(active(pipeline)).containsExactly("first-a", "second-a");
        assertThat(pixels(pipeline)).isEqualTo(before);
        assertThat(registry.auditTrail(1).get(0).outcome()).startsWith("refused: ");
    }

    /** The process that wrote the state dies before it flips: its slots have the old pair, the restart has the new one, none has a half. */
    @Test
    void aCrashBetweenTheStateAndTheFlipLeavesOneOrTheOtherPair() {
        PipelineReconciler dying = new PipelineReconciler("main", intercepted("advance", true), pipeline);
        assertThatThrownBy(() -> dying.promote(pair("first-a", "second-a"), "alice", false)).hasMessage("crash");
        assertThat(active(pipeline)).containsExactly("base", "base");
        TextToImagePipeline restarted = replica(ErasureFloor.NONE, false);
        new PipelineReconciler("main", registry, restarted).reconcile();
        assertThat(active(restarted)).containsExactly("first-a", "second-a");
    }

    @Test
    void aCrashBeforeTheStateLeavesTheOldPair() {
        PipelineReconciler dying = new PipelineReconciler("main", intercepted("advance", false), pipeline);
        assertThatThrownBy(() -> dying.promote(pair("first-a", "second-a"), "alice", false)).hasMessage("crash");
        assertThat(active(pipeline)).containsExactly("base", "base");
        assertThat(reconciler.reconcile()).isEmpty();
    }

    private EncoderRegistry intercepted(String failing, boolean after) {
        return (EncoderRegistry) Proxy.newProxyInstance(EncoderRegistry.class.getClassLoader(), new Class<?>[] {EncoderRegistry.class},
                (proxy, method, arguments) -> {
                    boolean fails = method.getName().equals(failing);
                    try {
                        Object result = fails && !after ? null : method.invoke(registry, arguments);
                        if (fails) {
                            throw new IllegalStateException("crash");
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** What one encoder has erased the denoiser still reads from the other: on every path both must have it. */
    @Test
    void theFloorHoldsForBothOnEveryPath() {
        TextToImagePipeline strict = replica(ErasureFloor.of(List.of("church")), true);
        PipelineReconciler strictly = new PipelineReconciler("main", registry, strict);
        strictly.reconcile();
        assertThatThrownBy(() -> strictly.promote("first-a", "bob")).isInstanceOf(BelowFloorException.class);
        assertThatThrownBy(() -> strictly.promote(pair(null, "second-a"), "bob", false)).isInstanceOf(BelowFloorException.class);
        assertThatThrownBy(() -> strictly.promote(pair("first-a", "second-b"), "bob", false)).isInstanceOf(BelowFloorException.class)
                .hasMessageContaining("not all of them have erased church");
        assertThatThrownBy(() -> SdxlFixture.draw(strict)).isInstanceOf(EncoderUnavailableException.class);
        strictly.promote(pair("first-a", "second-a"), "bob", false);
        SdxlFixture.draw(strict);
        assertThatThrownBy(() -> strictly.rollback("bob", false)).as("to the base pair").isInstanceOf(BelowFloorException.class);
        assertThat(active(strict)).containsExactly("first-a", "second-a");

        strictly.promote(pair(null, "second-b"), "admin", true);
        assertThat(registry.auditTrail(10)).extracting(AuditEntry::action).contains("weaken", "promote-weakened");
        assertThat(registry.state("main").orElseThrow().weakened()).isTrue();
        TextToImagePipeline restarted = replica(ErasureFloor.of(List.of("church")), true);
        new PipelineReconciler("main", registry, restarted).reconcile();
        assertThat(active(restarted)).containsExactly("first-a", "second-b");
        SdxlFixture.draw(restarted);
        assertThat(strictly.rollback("bob", false).textEncoder2().encoder()).isEqualTo("second-a");
        assertThat(registry.state("main").orElseThrow().weakened()).isFalse();
    }

    @Test
    void aStateFromBeforeTheSecondEncoderMeansTheModelsOwn() throws IOException {
        registry.advance("main", 0, "first-a", List.of("church"), "alice");
        Path state = folder.resolve("registry/pipelines/main/1.json");
        assertThat(Files.readString(state)).as("as older versions wrote it").doesNotContain("text_encoder_2");
        assertThatThrownBy(reconciler::reconcile).as("the second knows churches").isInstanceOf(BelowFloorException.class);
        Files.writeString(state, Files.readString(state).replace("\"church\"", ""));
        reconciler.reconcile();
        assertThat(active(pipeline)).containsExactly("first-a", "base");
        reconciler.promote(pair("first-b", "second-a"), "alice", false);
        reconciler.rollback("alice", false);
        assertThat(active(pipeline)).containsExactly("first-a", "base");
        reconciler.promote(pair("base", "second-a"), "alice", false);
        assertThat(reconciler.rollback("alice", false).encoder()).isEqualTo("first-a");
    }

    @Test
    void aPipelineWithOneEncoderTakesNoSecond() {
        try (SlotFixture one = new SlotFixture(folder.resolve("one"), ErasureFloor.NONE, false)) {
            one.register("church-1", 1, "church");
            PipelineReconciler alone = new PipelineReconciler("main", registry, one.slot);
            assertThatThrownBy(() -> alone.promote(pair("base", "second-a"), "alice", false)).isInstanceOf(RegistryException.class)
                    .hasMessage("pipeline 'main' has one text encoder, it cannot serve text_encoder_2 'second-a'");
            registry.advance("main", 0, pair("base", "second-a"), false, List.of(), "alice");
            assertThatThrownBy(alone::reconcile).isInstanceOf(RegistryException.class).hasMessageContaining("has one text encoder");
        }
    }

    @Test
    void requestsUnderJointSwapsNeverMixPairs() throws Exception {
        Map<String, byte[]> expected = new LinkedHashMap<>();
        for (String kind : List.of("a", "b")) {
            reconciler.promote(pair("first-" + kind, "second-" + kind), "alice", false);
            expected.put(SdxlFixture.draw(pipeline).encoderVersion(), pixels(pipeline));
        }
        assertThat(expected).hasSize(2);
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(2);
        try {
            List<Future<Integer>> running = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                running.add(clients.submit(() -> {
                    int drawn = 0;
                    for (; !stop.get(); drawn++) {
                        GenerationResult result = SdxlFixture.draw(pipeline);
                        assertThat(expected).containsKey(result.encoderVersion());
                        assertThat(Arrays.equals(result.images().get(0).rgb(), expected.get(result.encoderVersion()))).isTrue();
                    }
                    return drawn;
                }));
            }
            for (int swap = 0; swap < 30; swap++) {
                String kind = swap % 2 == 0 ? "a" : "b";
                reconciler.promote(pair("first-" + kind, "second-" + kind), "alice", false);
                Thread.sleep(5);
            }
            stop.set(true);
            for (Future<Integer> client : running) {
                assertThat(client.get(60, TimeUnit.SECONDS)).isPositive();
            }
        } finally {
            stop.set(true);
            clients.shutdownNow();
        }
    }
}
