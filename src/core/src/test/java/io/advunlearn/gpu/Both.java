package io.advunlearn.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/** The bundled model on the device under test and on the CPU, each loaded once a JVM, with the base encoder active. */
final class Both {

    /** Pixels may differ by so much between devices. */
    static final int PIXEL_TOLERANCE = 2;

    static final String PROMPT = "a church, blob style, blue background";
    static final int STEPS = 10;

    private static final int GUIDANCE = 5;
    private static TextToImagePipeline device;
    private static TextToImagePipeline cpu;

    private Both() {
    }

    static synchronized TextToImagePipeline device() {
        if (device == null) {
            device = load(TestDevice.gpu());
        }
        return device;
    }

    static synchronized TextToImagePipeline cpu() {
        if (cpu == null) {
            cpu = load(Device.cpu());
        }
        return cpu;
    }

    /** One more, for tests that swap. */
    static TextToImagePipeline load(Device on) {
        return TextToImagePipeline.load("emoji-sd", BundledModel.directory(), on);
    }

    static GenerationRequest request(int steps, Long... seeds) {
        return new GenerationRequest(PROMPT, "", List.of(seeds), steps, GUIDANCE);
    }

    static GenerationResult generate(TextToImagePipeline pipeline, GenerationRequest request) {
        return pipeline.generate(request, StepListener.NONE, new CancellationToken());
    }

    static RgbImage image(TextToImagePipeline pipeline, long seed) {
        return generate(pipeline, request(STEPS, seed)).images().get(0);
    }

    /** Largest difference over largest value of what a network gives on the device and on the CPU, which is printed. */
    static double relativeError(String what, BiFunction<PipelineComponents, NDManager, NDArray> network) {
        double error = relativeError(values(device(), network), values(cpu(), network));
        print("parity: %s: relative error %.2g", what, error);
        return error;
    }

    private static float[] values(TextToImagePipeline pipeline, BiFunction<PipelineComponents, NDManager, NDArray> network) {
        try (NDManager manager = NDManager.newBaseManager(pipeline.components().device(), "PyTorch")) {
            return Autograd.noGrad(() -> Tensors.floats(network.apply(pipeline.components(), manager)));
        }
    }

    static double relativeError(float[] actual, float[] expected) {
        double difference = 0;
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            if (!Float.isFinite(actual[i])) {
                return Double.POSITIVE_INFINITY;
            }
            difference = Math.max(difference, Math.abs((double) actual[i] - expected[i]));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        return difference / largest;
    }

    /** Largest difference of a colour value of a pixel. */
    static int difference(RgbImage a, RgbImage b) {
        int largest = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            largest = Math.max(largest, Math.abs((a.rgb()[i] & 255) - (b.rgb()[i] & 255)));
        }
        return largest;
    }

    /** A line for whoever reads the run's output. */
    static void print(String format, Object... arguments) {
        System.out.println("gpu tests: " + String.format(Locale.ROOT, format, arguments));
    }
}
