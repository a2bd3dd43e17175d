package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.EncoderLoader;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One encoder in two denoisers: {@code models/emoji-sd-b} was trained on the frozen text encoder of {@code models/emoji-sd}. */
class PlugAndPlayTest {

    private static final Path SECOND = BundledModel.directory().resolveSibling("emoji-sd-b");
    private static final String PROMPT = "a church, twemoji style, white background";
    private static final String EMBEDDING = "text_model.embeddings.token_embedding.weight";

    private static TextToImagePipeline second;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        second = TextToImagePipeline.load("emoji-sd-b", SECOND, TestDevice.any());
    }

    @AfterAll
    static void close() {
        second.close();
    }

    @Test
    void bothModelsShareTheirBaseEncoderAndNothingOfTheDenoiser() {
        TextToImagePipeline first = BundledModel.pipeline();
        assertThat(second.components().baseDigest()).isEqualTo(first.components().baseDigest());
        assertThat(second.components().unet().config().blockOutChannels())
                .isNotEqualTo(first.components().unet().config().blockOutChannels());
    }

    @Test
    void anEncoderOfTheFirstModelPassesTheSecondsChecksAndSteersIt() throws IOException {
        Path encoder = churchReadAsHorse();
        FileEncoderRegistry registry = new FileEncoderRegistry(folder.resolve("registry"), "replica-1");
        // Its reference output is recorded with the first model and checked by the second.
        float[] reference = EncoderLoader.of(BundledModel.pipeline().components()).referenceOutput(encoder, PROMPT);
        EncoderManifest manifest = registry.register(encoder, new EncoderRegistry.Registration("church-as-horse",
                BundledModel.pipeline().components().baseDigest(), "base", List.of("church"), "imported", "tester", PROMPT, reference));

        assertThat(objectsDrawn()).containsExactly("church");
        SwapResult swap = second.slot().swap(SwapRequest.of(manifest.source(registry.directory("church-as-horse")), 1));

        assertThat(swap.digest()).isEqualTo(manifest.digest());
        assertThat(objectsDrawn()).containsExactly("horse");
    }

    @Test
    void anEvaluationInOneDenoiserIsNotContinuedInTheOther() {
        PipelineComponents first = BundledModel.pipeline().components();
        EvaluationRequest request = EvaluationRequest.of("church", "object", "demo", 7);
        String encoder = Evaluator.digest(first.baseEncoder());
        ReportFiles.write(folder.resolve("evaluation.json"), new Evaluator.Identity(encoder, WeightsDigest.of(first.unet().weights()), encoder,
                Detectors.fingerprint(SECOND, Optional.empty()), request));
        assertThatThrownBy(() -> Evaluator.evaluate(second.components(), second.components().baseEncoder(), request, folder,
                EvaluationListener.NONE, new CancellationToken())).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("another");
    }

    /** What both judges of the second model see in its picture for the prompt. */
    private static List<String> objectsDrawn() {
        RgbImage image = second.generate(new GenerationRequest(PROMPT, "", List.of(7L), 25, 5), (step, steps) -> { }, new CancellationToken())
                .images().get(0);
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any()); JudgePanel judges = Detectors.load(SECOND, TestDevice.any())) {
            Pictures pictures = new Pictures(Tensors.of(manager, planes(image), new Shape(1, 3, image.height(), image.width())), List.of(image));
            return judges.judge(pictures).get(0).objects();
        }
    }

    /** [3, H, W] in [-1, 1]. */
    private static float[] planes(RgbImage image) {
        int pixels = image.width() * image.height();
        float[] values = new float[3 * pixels];
        for (int pixel = 0; pixel < pixels; pixel++) {
            for (int channel = 0; channel < 3; channel++) {
                values[channel * pixels + pixel] = (image.rgb()[3 * pixel + channel] & 0xff) / 127.5f - 1;
            }
        }
        return values;
    }

    /** The first model's encoder with one row changed: the word church is read as horse. */
    private Path churchReadAsHorse() throws IOException {
        Path base = BundledModel.directory().resolve("text_encoder");
        Path encoder = Files.createDirectories(folder.resolve("encoder"));
        Files.copy(base.resolve("config.json"), encoder.resolve("config.json"));
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try (Safetensors file = Safetensors.open(base.resolve("model.safetensors"))) {
            file.tensors().forEach((name, info) -> {
                values.put(name, file.floats(name));
                shapes.put(name, info.shape());
            });
        }
        int hidden = (int) shapes.get(EMBEDDING)[1];
        System.arraycopy(values.get(EMBEDDING), token("horse") * hidden, values.get(EMBEDDING), token("church") * hidden, hidden);
        Safetensors.write(encoder.resolve("model.safetensors"), values, shapes, Map.of("format", "pt"));
        return encoder;
    }

    private static int token(String word) {
        return BundledModel.pipeline().components().tokenizer().encode(word).ids()[1];
    }
}
