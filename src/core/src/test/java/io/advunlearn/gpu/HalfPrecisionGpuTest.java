package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.TestDevice;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.HalfPipelines;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Devices;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled model in half precision: the same pictures in less memory. */
@Tag("gpu")
class HalfPrecisionGpuTest {

    private static final int STEPS = 25;

    /** Of 255, of a colour value. */
    private static final double MEAN_DIFFERENCE = 3;

    /** So many that their activations outweigh the pieces in which PyTorch takes memory. */
    private static final int BATCH = 64;

    @TempDir
    Path folder;

    private static TextToImagePipeline half(CheckpointOptions options) {
        return HalfPipelines.load(BundledModel.directory(), options, TestDevice.gpu());
    }

    private static double difference(RgbImage a, RgbImage b) {
        double sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            sum += Math.abs((a.rgb()[i] & 255) - (b.rgb()[i] & 255));
        }
        return sum / a.rgb().length;
    }

    private static void assertSamePictures(String what, TextToImagePipeline pipeline) {
        List<RgbImage> here = Both.generate(pipeline, Both.request(STEPS, 1L, 2L, 3L)).images();
        List<RgbImage> full = Both.generate(Both.device(), Both.request(STEPS, 1L, 2L, 3L)).images();
        for (int i = 0; i < here.size(); i++) {
            double mean = difference(here.get(i), full.get(i));
            Both.print("half precision: %s: image %d: mean difference %.2f of 255, at most %d", what, i, mean, Both.difference(here.get(i), full.get(i)));
            assertThat(mean).isLessThanOrEqualTo(MEAN_DIFFERENCE);
        }
    }

    @Test
    void imagesAreThoseOfFullPrecision() {
        try (TextToImagePipeline pipeline = half(CheckpointOptions.NONE)) {
            assertSamePictures("all on the device", pipeline);
        }
    }

    @Test
    void theTextEncoderMayStayOnTheProcessor() {
        try (TextToImagePipeline pipeline = half(new CheckpointOptions(null, null, Dtype.FLOAT16, VaeTiling.AUTO, "cpu"))) {
            assertThat(pipeline.components().textEncoderDevice().isGpu()).isFalse();
            assertSamePictures("text encoder on the processor", pipeline);
        }
    }

    /** The encoder was registered in fp32, with its output. */
    @Test
    void aSwapIsVerifiedInHalfPrecision() {
        try (TextToImagePipeline pipeline = half(CheckpointOptions.NONE)) {
            assertThat(pipeline.slot().swap(SwapRequest.of(OtherEncoder.register(folder), 1)).encoder()).isEqualTo("horse");
        }
    }

    @Test
    void weightsAndDrawingTakeLessMemory() {
        long full = peak("fp32", Both.load(TestDevice.gpu()));
        long half = peak("fp16", half(CheckpointOptions.NONE));
        assertThat(half == 0 || half < full).as("%d bytes in half precision, %d in full", half, full).isTrue();
    }

    /** What the pipeline's weights and a batch take at most; PyTorch keeps what it frees, so that the most is what is in use afterwards. 0 on a CPU. */
    private static long peak(String what, TextToImagePipeline loaded) {
        try (TextToImagePipeline pipeline = loaded) {
            var device = pipeline.components().device();
            long weights = DeviceMemoryTest.used(device);
            Both.generate(pipeline, new GenerationRequest(Both.PROMPT, "", LongStream.range(0, BATCH).boxed().toList(), 2, 5));
            Long peak = Devices.usedMemory(device);
            Both.print("memory: %s: %d bytes in use when loaded, %s after a batch of %d", what, weights, peak, BATCH);
            return peak == null ? 0 : peak - weights;
        }
    }
}
