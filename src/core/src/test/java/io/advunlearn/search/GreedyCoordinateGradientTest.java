package io.advunlearn.search;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.search.TokenSearch.Found;
import io.advunlearn.search.TokenSearch.Slot;
import io.advunlearn.tensor.Noise;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On the bundled model's own encoder, towards its embedding of another prompt. */
class GreedyCoordinateGradientTest {

    private static final int FREE = 3;

    private static TextToImagePipeline pipeline;
    private static KeyValueDistance distance;

    @BeforeAll
    static void load() {
        pipeline = TextToImagePipeline.load("search", Path.of(System.getProperty("advunlearn.models"), "emoji-sd"), TestDevice.any());
        distance = KeyValueDistance.of(pipeline.components().unet());
    }

    @AfterAll
    static void close() {
        distance.close();
        pipeline.close();
    }

    private static Found search(int steps, long seed) {
        PipelineComponents components = pipeline.components();
        PromptEncoder prompts = new PromptEncoder(components.tokenizer(), components.baseEncoder(), components.lane());
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray target = prompts.encode(manager, List.of("a picture a a church"));
            Slot slot = new Slot(components.tokenizer().tokenize("a picture"), FREE, new int[0]);
            return new GreedyCoordinateGradient(components.tokenizer(), prompts, PromptMetric.keyValue(distance), 64, 24, components.lane(),
                    new CancellationToken()).search("key", target, slot, steps, new Noise(seed));
        }
    }

    @Test
    void theFoundPromptIsNearerThanItsRandomStart() {
        Found found = search(8, 1);
        assertThat(found.distance()).isLessThan(0.7 * found.start());
    }

    @Test
    void theFoundTextIsWhatTheEncoderReads() {
        Found found = search(3, 2);
        assertThat(found.text()).startsWith("a picture ");
        assertThat(pipeline.components().tokenizer().tokenize(found.text())).hasSize(FREE + pipeline.components().tokenizer().tokenize("a picture").length);
    }

    @Test
    void moreStepsNeverEndFartherAway() {
        assertThat(search(6, 3).distance()).isLessThanOrEqualTo(search(2, 3).distance() * 1.05);
    }

    @Test
    void theSameSeedFindsTheSame() {
        assertThat(search(2, 4).text()).isEqualTo(search(2, 4).text());
    }
}
