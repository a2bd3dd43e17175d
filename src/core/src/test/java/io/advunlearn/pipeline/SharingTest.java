package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.advunlearn.FamilyFixture;
import io.advunlearn.scheduler.StepNoise;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are drawn in common calls of the UNet give the images that they give alone. */
class SharingTest {

    private static final int CLIENTS = 4;
    /** Of 255. */
    private static final int TOLERANCE = 2;
    /** Ends as soon as all are there. */
    private static final PipelineTuning TOGETHER = new PipelineTuning(8, Duration.ofSeconds(1), 1 << 20);

    @TempDir
    Path folder;

    private TextToImagePipeline load(FamilyFixture fixture) {
        return TextToImagePipeline.load("tiny", fixture.write(folder), Device.cpu());
    }

    private static GenerationResult draw(TextToImagePipeline pipeline, GenerationRequest request) {
        return pipeline.generate(request, StepListener.NONE, new CancellationToken());
    }

    /** Of unlike lengths, guidance and schedulers, with one, two and three images; not all of one size. */
    private static List<GenerationRequest> requests() {
        ImageSize wide = new ImageSize(32, 16);
        return List.of(new GenerationRequest("a cat", "", List.of(1L), 9, 5),
                new GenerationRequest("a dog", "a cat", List.of(2L, 3L), 6, 1),
                new GenerationRequest("a cat", "", List.of(4L), 7, 7.5, null, "EulerDiscrete"),
                new GenerationRequest("dog", "", List.of(5L, 6L, 7L), 5, 3, null, "EulerAncestralDiscrete"),
                new GenerationRequest("a dog", "", List.of(8L), 6, 5, wide, null),
                new GenerationRequest("cat", "", List.of(9L), 8, 5, wide, "DPMSolverMultistep"),
                new GenerationRequest("a dog cat", "", List.of(10L), 9, 2),
                new GenerationRequest("", "", List.of(11L), 4, 20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd1_small", "sd2_small", "sdxl_small"})
    void imagesAreThoseThatAreDrawnAlone(String name) throws Exception {
        try (FamilyFixture fixture = new FamilyFixture(name); TextToImagePipeline pipeline = load(fixture)) {
            List<GenerationResult> alone = requests().stream().map(request -> draw(pipeline, request)).toList();
            TextToImagePipeline.Sharing before = pipeline.sharing();
            assertThat(before.unetCalls()).isEqualTo(before.steps());
            pipeline.tune(TOGETHER);
            List<GenerationResult> together = concurrently(requests().stream().<Callable<GenerationResult>>map(request -> () -> draw(pipeline, request)).toList());
            for (int i = 0; i < alone.size(); i++) {
                assertThat(difference(together.get(i), alone.get(i))).as("request %d", i).isLessThanOrEqualTo(TOLERANCE);
            }
            TextToImagePipeline.Sharing after = pipeline.sharing();
            assertThat(after.steps()).isEqualTo(2 * before.steps());
            assertThat(after.unetCalls() - before.unetCalls()).isLessThan(before.steps() * 2 / 3);
        }
    }

    /** Off, nothing is shared, and concurrency leaves no trace in the images. */
    @Test
    void aloneASeedGivesTheSameImageBitForBit() throws Exception {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small"); TextToImagePipeline pipeline = load(fixture)) {
            List<GenerationResult> once = requests().stream().map(request -> draw(pipeline, request)).toList();
            List<GenerationResult> again = concurrently(requests().stream().<Callable<GenerationResult>>map(request -> () -> draw(pipeline, request)).toList());
            for (int i = 0; i < once.size(); i++) {
                assertThat(difference(again.get(i), once.get(i))).isZero();
            }
            assertThat(pipeline.sharing().cachedEmbeddings()).isZero();
        }
    }

    /** A request keeps its encoder although it shares its calls with one of another encoder. */
    @Test
    void encodersAreMixedInOneCall() throws Exception {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small"); TextToImagePipeline pipeline = load(fixture)) {
            GenerationRequest old = new GenerationRequest("a cat", "", List.of(1L), 300, 5);
            GenerationRequest young = new GenerationRequest("a cat", "", List.of(1L), 30, 5);
            ComponentSource other = FamiliesTest.scaled(folder.resolve("text_encoder"), folder.resolve("other"));
            GenerationResult oldAlone = draw(pipeline, old);
            GenerationResult wrong = draw(pipeline, young);
            pipeline.slot().swap(SwapRequest.of(other, 1));
            GenerationResult youngAlone = draw(pipeline, young);
            pipeline.slot().swap(SwapRequest.of(null, 2));

            pipeline.tune(TOGETHER);
            long callsBefore = pipeline.sharing().unetCalls();
            CountDownLatch begun = new CountDownLatch(3);
            ExecutorService client = Executors.newSingleThreadExecutor();
            Future<GenerationResult> running = client.submit(() -> pipeline.generate(old, (step, steps) -> begun.countDown(), new CancellationToken()));
            begun.await();
            pipeline.slot().swap(SwapRequest.of(other, 3));
            GenerationResult mixed = draw(pipeline, young);
            assertThat(running.isDone()).isFalse();
            assertThat(difference(running.get(), oldAlone)).isLessThanOrEqualTo(TOLERANCE);
            client.shutdown();
            assertThat(mixed.encoderId()).isEqualTo("other");
            assertThat(difference(mixed, youngAlone)).isLessThanOrEqualTo(TOLERANCE);
            assertThat(difference(mixed, wrong)).isGreaterThan(20 * TOLERANCE);
            assertThat(pipeline.sharing().unetCalls() - callsBefore).isLessThan(300 + 30 - 20);
        }
    }

    /** What fails in a shared call is the one request that fails alone; a cancelled one leaves the others. */
    @Test
    void failuresAndCancellationsStayWithTheirRequest() throws Exception {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small"); TextToImagePipeline pipeline = load(fixture); NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            PipelineComponents parts = pipeline.components();
            GenerationRequest request = requests().get(0);
            GenerationResult alone = draw(pipeline, request);
            StepBatcher batcher = new StepBatcher(parts.lane(), manager);
            batcher.tune(TOGETHER);
            CancellationToken token = new CancellationToken();
            List<Future<Object>> outcomes = futures(List.of(
                    () -> sample(parts.with(parts.scheduler().as("EulerAncestralDiscrete")), batcher, manager, StepNoise.NONE, (step, steps) -> { }, new CancellationToken()),
                    () -> sample(parts, batcher, manager, StepNoise.NONE, (step, steps) -> token.cancel(), token),
                    () -> sample(parts, batcher, manager, StepNoise.NONE, (step, steps) -> { }, new CancellationToken())));
            assertThatThrownBy(() -> outcomes.get(0).get()).hasRootCauseInstanceOf(IllegalStateException.class).hasMessageContaining("adds noise");
            assertThatThrownBy(() -> outcomes.get(1).get()).hasRootCauseInstanceOf(java.util.concurrent.CancellationException.class);
            assertThat(difference((RgbImage) outcomes.get(2).get(), alone.images().get(0))).isLessThanOrEqualTo(TOLERANCE);
            batcher.close();
        }
    }

    private static RgbImage sample(PipelineComponents parts, StepBatcher batcher, NDManager manager, StepNoise noise, StepListener listener, CancellationToken token) {
        try (NDManager scratch = manager.newSubManager()) {
            ImageSampler sampler = new ImageSampler(parts, batcher);
            TextReader reader = new TextReader(parts, TextReader.Encoders.base(parts), parts.imageSize(), new EmbeddingCache(scratch));
            Conditioning text = parts.lane().call(DeviceLane.Priority.SERVING, () -> reader.read(scratch, reader.tokens("a cat")));
            Conditioning empty = parts.lane().call(DeviceLane.Priority.SERVING, () -> reader.readNegative(scratch, reader.tokens("")));
            return sampler.toImages(sampler.decode(sampler.sample(text, empty, sampler.startNoise(scratch, new long[] {1}), noise, 9, 5, listener, token))).get(0);
        }
    }

    private static <T> List<T> concurrently(List<Callable<T>> work) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures(work)) {
            results.add(future.get());
        }
        return results;
    }

    private static <T> List<Future<T>> futures(List<Callable<T>> work) throws InterruptedException {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            return clients.invokeAll(work);
        } finally {
            clients.shutdown();
        }
    }

    private static int difference(GenerationResult left, GenerationResult right) {
        assertThat(left.images()).hasSameSizeAs(right.images());
        int most = 0;
        for (int i = 0; i < left.images().size(); i++) {
            most = Math.max(most, difference(left.images().get(i), right.images().get(i)));
        }
        return most;
    }

    private static int difference(RgbImage left, RgbImage right) {
        assertThat(left.rgb()).hasSameSizeAs(right.rgb());
        int most = 0;
        for (int i = 0; i < left.rgb().length; i++) {
            most = Math.max(most, Math.abs((left.rgb()[i] & 0xff) - (right.rgb()[i] & 0xff)));
        }
        return most;
    }
}
