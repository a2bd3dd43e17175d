package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
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
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The UNet's plug in a whole pipeline; what it shares with the encoder's is tested there. */
class UnetSlotTest {

    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    @TempDir
    private static Path folder;
    private static ComponentSource quiet;
    private static ComponentSource loud;

    private TextToImagePipeline pipeline;

    @BeforeAll
    static void write() throws IOException {
        quiet = UnetLoader.source("quiet", scaled("quiet", values -> scale(values, 0.5f)), List.of("church"));
        loud = UnetLoader.source("loud", scaled("loud", values -> scale(values, 1.5f)), List.of());
    }

    @BeforeEach
    void load() {
        pipeline = TextToImagePipeline.load("main", BundledModel.directory(), TestDevice.any(), ErasureFloor.NONE, false);
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    private static float[] scale(float[] values, float factor) {
        float[] scaled = new float[values.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = factor * values[i];
        }
        return scaled;
    }

    /** The bundled UNet with another last layer. */
    private static Path scaled(String name, UnaryOperator<float[]> change) throws IOException {
        Path target = Files.createDirectory(folder.resolve(name));
        Path base = BundledModel.directory().resolve("unet");
        Files.copy(base.resolve("config.json"), target.resolve("config.json"));
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try (Safetensors file = Safetensors.open(base.resolve(WEIGHTS))) {
            file.tensors().forEach((tensor, info) -> {
                values.put(tensor, tensor.equals("conv_out.weight") ? change.apply(file.floats(tensor)) : file.floats(tensor));
                shapes.put(tensor, info.shape());
            });
        }
        Safetensors.write(target.resolve(WEIGHTS), values, shapes, Map.of("format", "pt"));
        return target;
    }

    private static GenerationResult draw(TextToImagePipeline pipeline) {
        return pipeline.generate(new GenerationRequest("a red apple", "", List.of(3L), 2, 5), StepListener.NONE, new CancellationToken());
    }

    private byte[] pixels() {
        return draw(pipeline).images().get(0).rgb();
    }

    @Test
    void imagesAreDrawnByTheActiveUnetAndSayWhich() {
        byte[] before = pixels();
        pipeline.unetSlot().swap(SwapRequest.of(quiet, 1));
        GenerationResult result = draw(pipeline);
        assertThat(result.unetId()).isEqualTo("quiet");
        assertThat(result.unetDigest()).isEqualTo(quiet.digest());
        assertThat(result.encoderId()).isEqualTo("base");
        assertThat(result.images().get(0).rgb()).isNotEqualTo(before);
        pipeline.unetSlot().swap(SwapRequest.base(2, false));
        assertThat(draw(pipeline).unetId()).isEqualTo("base");
        assertThat(pixels()).isEqualTo(before);
    }

    @Test
    void rollbackIsInstant() {
        pipeline.unetSlot().swap(SwapRequest.of(quiet, 1));
        pipeline.unetSlot().swap(SwapRequest.of(loud, 2));
        assertThat(pipeline.unetSlot().status().previous()).isEqualTo("quiet");
        assertThat(pipeline.unetSlot().swap(SwapRequest.of(quiet, 3)).loadMillis()).isZero();
    }

    @Test
    void theFloorIsMetByBothComponentsTogether() {
        pipeline.unetSlot().swap(SwapRequest.of(quiet, 1));
        pipeline.slot().floor(ErasureFloor.of(List.of("church")));
        assertThatThrownBy(() -> pipeline.unetSlot().swap(SwapRequest.of(loud, 2))).isInstanceOf(BelowFloorException.class)
                .hasMessageContaining("unet 'loud'").hasMessageContaining("church");
        assertThatThrownBy(() -> pipeline.unetSlot().swap(SwapRequest.base(2, false))).isInstanceOf(BelowFloorException.class);
        // The encoder may change freely while the UNet holds the erasure.
        pipeline.slot().swap(SwapRequest.base(1, false));
        pipeline.unetSlot().swap(SwapRequest.base(2, true));
        assertThat(pipeline.unetSlot().status().weakened()).isTrue();
        assertThatThrownBy(() -> pipeline.slot().swap(SwapRequest.base(2, false))).isInstanceOf(BelowFloorException.class);
    }

    @Test
    void anEnforcingPipelineAcceptsTheUnetsErasure() {
        try (TextToImagePipeline enforcing = TextToImagePipeline.load("strict", BundledModel.directory(), TestDevice.any(),
                ErasureFloor.of(List.of("church")), true)) {
            enforcing.slot().demandBase();
            assertThatThrownBy(() -> draw(enforcing)).isInstanceOf(EncoderUnavailableException.class);
            enforcing.unetSlot().swap(SwapRequest.of(quiet, 1));
            assertThat(draw(enforcing).unetId()).isEqualTo("quiet");
        }
    }

    @Test
    void oneSwapAtATimeInAPipeline() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            pipeline.unetSlot().swap(SwapRequest.of(quiet, 1), () -> {
                Future<SwapResult> second = other.submit(() -> pipeline.slot().swap(SwapRequest.base(1, false)));
                assertThatThrownBy(() -> second.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(SwapInProgressException.class);
                return 1;
            });
        } finally {
            other.shutdown();
        }
    }

    @Test
    void aRefusedUnetChangesNothingAndLeavesNoMemory() throws IOException {
        List<NDManager> managers = new ArrayList<>();
        UnetLoader loader = new UnetLoader(pipeline.components(), () -> {
            managers.add(NDManager.newBaseManager(pipeline.components().device()));
            return managers.get(managers.size() - 1);
        });
        ComponentSource broken = UnetLoader.source("broken", scaled("broken", values -> {
            values[7] = Float.NaN;
            return values;
        }), List.of());
        assertThatThrownBy(() -> loader.load(broken)).isInstanceOf(SwapException.class).hasMessageContaining("unet 'broken' was refused")
                .hasMessageContaining("conv_out.weight").hasMessageNotContaining(folder.toString());
        ComponentSource forged = new ComponentSource("forged", quiet.directory(), loud.digest(), List.of(), quiet.tensorDigests(), null, null);
        assertThatThrownBy(() -> loader.load(forged)).hasMessageContaining("SHA-256");
        float[] recorded = {1, 2, 3};
        ComponentSource other = new ComponentSource("other", quiet.directory(), quiet.digest(), List.of(), quiet.tensorDigests(), null, recorded);
        assertThatThrownBy(() -> loader.load(other)).hasMessageContaining("reference prompt's output differs");
        assertThat(managers).hasSize(3).noneMatch(NDManager::isOpen);
    }

    @Test
    void requestsUnderSwapsNeverMixUnets() throws Exception {
        Map<String, byte[]> expected = new LinkedHashMap<>();
        expected.put("base", pixels());
        pipeline.unetSlot().swap(SwapRequest.of(quiet, 1));
        expected.put("quiet", pixels());
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(3);
        try {
            List<Future<Integer>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                running.add(clients.submit(() -> {
                    int drawn = 0;
                    while (!stop.get()) {
                        GenerationResult result = draw(pipeline);
                        assertThat(Arrays.equals(result.images().get(0).rgb(), expected.get(result.unetId()))).isTrue();
                        drawn++;
                    }
                    return drawn;
                }));
            }
            List<SwapResult> swaps = new ArrayList<>();
            for (int generation = 2; generation < 12; generation++) {
                Thread.sleep(20);
                swaps.add(pipeline.unetSlot().swap(generation % 2 == 0 ? SwapRequest.base(generation, false) : SwapRequest.of(quiet, generation)));
            }
            stop.set(true);
            for (Future<Integer> client : running) {
                assertThat(client.get(60, TimeUnit.SECONDS)).isPositive();
            }
            assertThat(swaps).allMatch(SwapResult::drained);
        } finally {
            stop.set(true);
            clients.shutdownNow();
        }
    }
}
