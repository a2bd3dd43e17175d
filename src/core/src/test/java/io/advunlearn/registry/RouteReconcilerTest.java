package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.advunlearn.FamilyFixture;
import io.advunlearn.pipeline.BelowFloorException;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.StageListener;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.registry.PipelineRoutes.Route;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several encoders over one UNet, each for its tenant. */
class RouteReconcilerTest {

    private static final PipelineTuning TOGETHER = new PipelineTuning(8, Duration.ofSeconds(1), 1 << 20);
    private static final GenerationRequest REQUEST = new GenerationRequest("a cat", "", List.of(1L), 12, 5);

    @TempDir
    private static Path shared;
    private static Path model;

    @TempDir
    private Path folder;
    private final List<TextToImagePipeline> replicas = new ArrayList<>();
    private FileEncoderRegistry registry;

    @BeforeAll
    static void write() throws IOException {
        model = shared.resolve("model");
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            fixture.write(model);
        }
        for (int i = 1; i <= 3; i++) {
            scaled(shared.resolve("encoder-" + i), 1 + 0.15f * i);
        }
    }

    private static void scaled(Path to, float factor) throws IOException {
        Path from = model.resolve("text_encoder");
        Files.createDirectories(to);
        Files.copy(from.resolve("config.json"), to.resolve("config.json"));
        try (Safetensors file = Safetensors.open(from.resolve("model.safetensors"))) {
            Map<String, float[]> values = new LinkedHashMap<>();
            file.shapes().keySet().forEach(name -> {
                float[] tensor = file.floats(name);
                IntStream.range(0, tensor.length).forEach(i -> tensor[i] *= factor);
                values.put(name, tensor);
            });
            Safetensors.write(to.resolve("model.safetensors"), values, file.shapes(), Map.of());
        }
    }

    @BeforeEach
    void start() {
        registry = new FileEncoderRegistry(folder.resolve("registry"), "replica-1");
        register("church-1", 1, "church");
        register("church-2", 2, "church");
        register("horse-3", 3, "horse");
    }

    @AfterEach
    void close() {
        replicas.forEach(TextToImagePipeline::close);
    }

    private void register(String id, int encoder, String... erasures) {
        registry.register(shared.resolve("encoder-" + encoder), new Registration(id, null, null, List.of(erasures), "imported", "tester", null, new float[0]));
    }

    private TextToImagePipeline replica(String... floor) {
        TextToImagePipeline pipeline = TextToImagePipeline.load("main", model, Device.cpu(), ErasureFloor.of(List.of(floor)), true);
        replicas.add(pipeline);
        return pipeline;
    }

    private RouteReconciler routes(TextToImagePipeline pipeline) {
        new PipelineReconciler("main", registry, pipeline).reconcile();
        RouteReconciler routes = new RouteReconciler("main", registry, pipeline);
        routes.reconcile(Map.of());
        return routes;
    }

    private static Route to(String encoder) {
        return new Route(encoder, null, null);
    }

    private static GenerationResult draw(TextToImagePipeline pipeline, String route) {
        return pipeline.generate(REQUEST, () -> route, StepListener.NONE, StageListener.NONE, new CancellationToken());
    }

    private static int difference(GenerationResult left, GenerationResult right) {
        byte[] a = left.images().get(0).rgb();
        byte[] b = right.images().get(0).rgb();
        return IntStream.range(0, a.length).map(i -> Math.abs((a[i] & 0xff) - (b[i] & 0xff))).max().orElseThrow();
    }

    @Test
    void tenantsAreDrawnInCommonCallsEachByTheirOwnEncoder() throws Exception {
        TextToImagePipeline pipeline = replica();
        RouteReconciler routes = routes(pipeline);
        routes.put("a", to("church-1"), "tester");
        routes.put("b", to("church-2"), "tester");
        routes.put("c", to("church-1"), "tester");
        List<String> clients = new ArrayList<>(List.of("a", "b", "c"));
        clients.add(null);
        List<GenerationResult> alone = clients.stream().map(route -> draw(pipeline, route)).toList();
        assertThat(alone).extracting(GenerationResult::encoderId).containsExactly("church-1", "church-2", "church-1", "base");
        assertThat(difference(alone.get(0), alone.get(2))).isZero();
        assertThat(difference(alone.get(0), alone.get(1))).isGreaterThan(20);
        assertThat(difference(alone.get(0), alone.get(3))).isGreaterThan(20);

        pipeline.tune(TOGETHER);
        long calls = pipeline.sharing().unetCalls();
        ExecutorService executor = Executors.newFixedThreadPool(clients.size());
        List<Future<GenerationResult>> together = executor.invokeAll(clients.stream().<Callable<GenerationResult>>map(route -> () -> draw(pipeline, route)).toList());
        executor.shutdown();
        for (int i = 0; i < clients.size(); i++) {
            assertThat(together.get(i).get().encoderVersion()).isEqualTo(alone.get(i).encoderVersion());
            assertThat(difference(together.get(i).get(), alone.get(i))).as("client %s", clients.get(i)).isLessThanOrEqualTo(2);
        }
        assertThat(pipeline.sharing().unetCalls() - calls).as("calls for %d steps", 4 * REQUEST.steps()).isLessThan(2L * REQUEST.steps());
    }

    @Test
    void aRouteBelowTheFloorIsRefusedWhateverTheWay() {
        TextToImagePipeline pipeline = replica("church");
        PipelineReconciler states = new PipelineReconciler("main", registry, pipeline);
        states.promote("church-1", "tester");
        RouteReconciler routes = routes(pipeline);
        for (String weak : List.of("horse-3", "base")) {
            assertThatThrownBy(() -> routes.put("a", to(weak), "tester")).isInstanceOf(BelowFloorException.class).hasMessageContaining("church");
            assertThatThrownBy(() -> routes.put(PipelineRoutes.CANARY, new Route(weak, null, 0.5), "tester")).isInstanceOf(BelowFloorException.class);
        }
        assertThat(registry.routes("main")).isEmpty();
        assertThat(registry.auditTrail(1).get(0).outcome()).startsWith("refused: ");

        // Somebody wrote it nevertheless, before this process started or while it runs.
        registry.advanceRoutes("main", 0, Map.of("a", to("horse-3"), "b", to("church-2")), "somebody");
        routes.reconcile(Map.of());
        RouteReconciler restarted = routes(replica("church"));
        for (TextToImagePipeline each : replicas) {
            assertThatThrownBy(() -> draw(each, "a")).isInstanceOf(EncoderUnavailableException.class).hasMessageNotContaining("horse");
            assertThat(draw(each, "b").encoderId()).isEqualTo("church-2");
            assertThat(each.routedEncoders().status("a").orElseThrow().unavailable()).contains("church");
        }
        assertThat(restarted.choose("a", "a")).as("not the pipeline's own").contains("a");
    }

    @Test
    void aFloorThatRisesStopsRoutesThatWereFine() {
        TextToImagePipeline pipeline = replica();
        RouteReconciler routes = routes(pipeline);
        routes.put("a", to("church-1"), "tester");
        assertThat(draw(pipeline, "a").encoderId()).isEqualTo("church-1");
        pipeline.slot().floor(ErasureFloor.of(List.of("horse")));
        assertThatThrownBy(() -> draw(pipeline, "a")).isInstanceOf(EncoderUnavailableException.class);
        pipeline.slot().floor(ErasureFloor.of(List.of("church")));
        assertThat(draw(pipeline, "a").encoderId()).isEqualTo("church-1");
    }

    @Test
    void weakeningThePipelineWeakensNoRoute() {
        TextToImagePipeline pipeline = replica("church");
        PipelineReconciler states = new PipelineReconciler("main", registry, pipeline);
        states.promote("horse-3", "admin", true);
        RouteReconciler routes = routes(pipeline);
        assertThat(draw(pipeline, null).encoderId()).isEqualTo("horse-3");
        assertThatThrownBy(() -> routes.put("a", to("horse-3"), "admin")).isInstanceOf(BelowFloorException.class);
    }

    @Test
    void replicasFollowAndARestartKnowsTheRoutes() {
        TextToImagePipeline pipeline = replica();
        TextToImagePipeline other = replica();
        RouteReconciler routes = routes(pipeline);
        RouteReconciler follower = routes(other);
        routes.put("a", to("church-1"), "alice");
        follower.reconcile(Map.of());
        assertThat(draw(other, "a").encoderId()).isEqualTo("church-1");
        routes.put("a", to("church-2"), "alice");
        routes.remove("a", "bob");
        follower.reconcile(Map.of());
        assertThat(follower.routes()).isEmpty();
        assertThat(follower.choose("a", "a")).isEmpty();
        assertThatThrownBy(() -> routes.remove("a", "bob")).isInstanceOf(RegistryException.class).hasMessageContaining("no route of 'a'");
        assertThat(registry.auditTrail(10)).extracting(AuditEntry::principal, AuditEntry::target).contains(
                org.assertj.core.groups.Tuple.tuple("alice", "main: a -> church-1"), org.assertj.core.groups.Tuple.tuple("bob", "main: a -> the pipeline's own"));
        TextToImagePipeline restarted = replica();
        assertThat(routes(restarted).generation()).isEqualTo(3);
    }

    @Test
    void whoLosesTheRaceChangesNothing() {
        TextToImagePipeline pipeline = replica();
        RouteReconciler routes = routes(pipeline);
        registry.advanceRoutes("main", 0, Map.of("b", to("church-2")), "other");
        assertThatThrownBy(() -> registry.advanceRoutes("main", 0, Map.of("a", to("church-1")), "late")).isInstanceOf(ConflictException.class);
        routes.put("a", to("church-1"), "tester");
        assertThat(registry.routes("main").orElseThrow().routes()).containsOnlyKeys("a", "b");
        assertThat(draw(pipeline, "b").encoderId()).isEqualTo("church-2");
    }

    @Test
    void anEncoderThatIsDamagedIsNeverReplacedByAnotherAndLookedAtAgain() throws IOException {
        registry.advanceRoutes("main", 0, Map.of("a", to("church-1")), "tester");
        Path weights = registry.directory("church-1").resolve("model.safetensors");
        byte[] right = Files.readAllBytes(weights);
        byte[] wrong = right.clone();
        wrong[wrong.length - 1] ^= 1;
        Files.write(weights, wrong);
        TextToImagePipeline pipeline = replica();
        new PipelineReconciler("main", registry, pipeline).reconcile();
        Instant[] now = {Instant.EPOCH};
        RouteReconciler routes = new RouteReconciler("main", registry, pipeline, new Clock() {
            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now[0];
            }
        });
        assertThatThrownBy(() -> routes.choose("a", "a")).as("nothing is known yet").isInstanceOf(EncoderUnavailableException.class);
        routes.reconcile(Map.of());
        assertThat(routes.choose("a", "a")).contains("a");
        assertThatThrownBy(() -> draw(pipeline, "a")).isInstanceOf(EncoderUnavailableException.class);
        assertThatThrownBy(() -> routes.put("b", to("church-1"), "tester")).isInstanceOf(SwapException.class).hasMessageContaining("SHA-256");
        Files.write(weights, right);
        routes.reconcile(Map.of());
        assertThatThrownBy(() -> draw(pipeline, "a")).as("not looked at so soon").isInstanceOf(EncoderUnavailableException.class);
        now[0] = now[0].plusSeconds(60);
        routes.reconcile(Map.of());
        assertThat(draw(pipeline, "a").encoderId()).isEqualTo("church-1");
    }

    @Test
    void theSettingsRoutesCountUntilTheRegistryHasSome() {
        TextToImagePipeline pipeline = replica("church");
        new PipelineReconciler("main", registry, pipeline).promote("church-1", "tester");
        RouteReconciler routes = new RouteReconciler("main", registry, pipeline);
        routes.reconcile(Map.of("a", to("church-2"), "b", to("horse-3")));
        assertThat(draw(pipeline, "a").encoderId()).isEqualTo("church-2");
        assertThatThrownBy(() -> draw(pipeline, "b")).as("below the floor").isInstanceOf(EncoderUnavailableException.class);
        assertThat(registry.routes("main")).as("not written while one is refused").isEmpty();

        TextToImagePipeline other = replica("church");
        RouteReconciler right = routes(other);
        right.reconcile(Map.of());
        RouteReconciler changed = new RouteReconciler("main", registry, other);
        changed.reconcile(Map.of("a", to("church-2")));
        assertThat(registry.routes("main").orElseThrow().changedBy()).isEqualTo("configuration");
        changed.reconcile(Map.of("a", to("church-1")));
        assertThat(draw(other, "a").encoderId()).isEqualTo("church-2");
    }

    @Test
    void aCanaryFallsTheSameWayForOneIdentityAndOnItsShareOfAll() {
        TextToImagePipeline pipeline = replica();
        RouteReconciler routes = routes(pipeline);
        routes.put("a", to("church-1"), "tester");
        routes.put(PipelineRoutes.CANARY, new Route("church-2", null, 0.25), "tester");
        assertThat(routes.choose("a", "a")).as("has a route of its own").contains("a");
        long taken = IntStream.range(0, 2000).filter(i -> routes.choose(null, "client-" + i).isPresent()).count();
        assertThat(taken).isBetween(400L, 600L);
        for (int i = 0; i < 50; i++) {
            Optional<String> first = routes.choose(null, "client-" + i);
            assertThat(routes.choose("without-a-route", "client-" + i)).isEqualTo(first);
        }
        long anonymous = IntStream.range(0, 2000).filter(i -> routes.choose(null, null).isPresent()).count();
        assertThat(anonymous).isBetween(380L, 620L);
        assertThat(draw(pipeline, PipelineRoutes.CANARY).encoderId()).isEqualTo("church-2");
        routes.put(PipelineRoutes.CANARY, new Route("church-2", null, 1.0), "tester");
        assertThat(routes.choose(null, null)).contains(PipelineRoutes.CANARY);
    }

    @Test
    void routesThatAreNotValidAreRefused() {
        for (Map<String, Route> wrong : List.of(Map.of("a b", to("church-1")), Map.of("a", new Route("church-1", null, 0.5)), Map.of("*", to("church-1")),
                Map.of("*", new Route("church-1", null, 1.5)), Map.of("a", to("../x")), Map.of("a", to("ghost")))) {
            assertThatThrownBy(() -> registry.advanceRoutes("main", 0, wrong, "tester")).isInstanceOf(RegistryException.class);
        }
        assertThat(registry.routes("main")).isEmpty();
    }

    /** A routed encoder that is promoted is not loaded twice, and one that no route names is let go. */
    @Test
    void whatIsInMemoryIsShared() {
        TextToImagePipeline pipeline = replica();
        RouteReconciler routes = routes(pipeline);
        PipelineReconciler states = new PipelineReconciler("main", registry, pipeline);
        routes.put("a", to("church-1"), "tester");
        assertThat(states.promote("church-1", "tester").loadMillis()).isZero();
        assertThat(states.promote("church-2", "tester").loadMillis()).isPositive();
        routes.put("a", to("church-2"), "tester");
        assertThat(draw(pipeline, "a").encoderId()).isEqualTo("church-2");
        routes.remove("a", "tester");
        states.promote("horse-3", "tester");
        assertThat(draw(pipeline, null).encoderId()).isEqualTo("horse-3");
        assertThat(states.promote("church-1", "tester").loadMillis()).as("it was let go").isPositive();
    }
}
