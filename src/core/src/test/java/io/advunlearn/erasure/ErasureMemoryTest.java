package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErasureMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESET_PEAK = "5";
    private static final Map<String, Object> SMALL = Map.of("iterations", 2, "warmupIterations", 1, "attackSteps", 1, "bankStarts", 2, "retainStarts", 2,
            "bankSteps", 2, "eraseTexts", 4, "retainTexts", 8);

    private static ErasureRequest request(String method, Map<String, Object> settings) {
        return new ErasureRequest("church", "object", method, "fast", 1, settings);
    }

    private static ErasureRequest with(Map<String, Object> more) {
        Map<String, Object> settings = new LinkedHashMap<>(SMALL);
        settings.putAll(more);
        return request("advunlearn", settings);
    }

    @TempDir
    Path work;

    /** In a process of its own, since a peak cannot be taken back. */
    @Test
    void anErasureTakesNoMoreThanEstimatedAndNotMuchLess() throws Exception {
        assumeTrue(Files.exists(STATUS), "peak memory is read from /proc");
        Process process = ChildJvm.start(ErasureMemoryTest.class, work.toString());
        String[] output = new String(process.getInputStream().readAllBytes()).strip().split(" ");
        assertThat(process.waitFor()).isZero();
        long measured = Long.parseLong(output[0]);
        long estimated = Long.parseLong(output[1]);
        assertThat(measured).as("bytes, enough to measure").isGreaterThan(200L << 20);
        assertThat(estimated).isBetween(measured, 4 * measured);
    }

    /** Prints the bytes that were taken, and that were estimated. @param args where it may write */
    public static void main(String[] args) throws IOException {
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("model", BundledModel.directory(), null)) {
            PipelineComponents components = pipeline.components();
            // Loads the kernels and fills the heap.
            run(components, with(Map.of("eraseBatch", 1, "retainBatch", 1)), Path.of(args[0], "first"));
            Files.writeString(Path.of("/proc/self/clear_refs"), RESET_PEAK);
            long before = peakBytes();
            ErasureRequest request = with(Map.of("eraseBatch", 48, "retainBatch", 48, "eraseTextBatch", 16, "retainTextBatch", 16));
            run(components, request, Path.of(args[0], "second"));
            System.out.println(peakBytes() - before + " " + ErasureMemory.of(components, request).onDevice(false));
        }
    }

    private static void run(PipelineComponents components, ErasureRequest request, Path folder) {
        ErasureMethods.byName(request.method()).run(components, request, folder, ErasureListener.NONE, new CancellationToken());
    }

    private static long peakBytes() throws IOException {
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmHWM:")).map(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst().orElseThrow();
    }

    @Test
    void lessWorkAtOnceNeedsLess() {
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("model", BundledModel.directory(), null)) {
            PipelineComponents components = pipeline.components();
            long usual = ErasureMemory.of(components, with(Map.of("eraseBatch", 48))).onDevice(false);
            assertThat(ErasureMemory.of(components, with(Map.of("eraseBatch", 24))).onDevice(false)).isLessThan(usual);
            assertThat(ErasureMemory.of(components, with(Map.of("eraseBatch", 48, "checkpointing", true))).onDevice(false)).isLessThan(usual);
            assertThat(ErasureMemory.of(components, with(Map.of("eraseBatch", 48, "bankStarts", 2000))).onDevice(false)).isGreaterThan(usual);
            ErasureMemory layers = ErasureMemory.of(components, with(Map.of("layers", List.of(0))));
            assertThat(layers.weights()).isLessThan(ErasureMemory.of(components, with(Map.of())).weights());
            assertThat(layers.onDevice(true)).isEqualTo(layers.onDevice(false) - layers.checkpoint());
            for (String method : ErasureMethods.names()) {
                assertThat(ErasureMemory.of(components, request(method, Map.of())).onDevice(false)).as(method).isGreaterThan(8L << 20);
            }
        }
    }
}
