package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.pipeline.UnetLoader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a CPU recorded of a component when it was registered, the device gives again: such a component can be swapped in there. */
@Tag("gpu")
class CpuReferenceTest {

    private static final String PROMPT = "a photo";

    @TempDir
    Path folder;

    @Test
    void encoder() {
        try (TextToImagePipeline pipeline = Both.load(TestDevice.gpu())) {
            assertThat(pipeline.slot().swap(SwapRequest.of(OtherEncoder.register(folder), 1)).encoder()).isEqualTo("horse");
        }
    }

    @Test
    void unet() {
        Path unet = BundledModel.directory().resolve("unet");
        float[] reference = UnetLoader.of(Both.cpu().components()).referenceOutput(unet, PROMPT);
        ComponentSource own = UnetLoader.source("own", unet, List.of());
        ComponentSource recorded = new ComponentSource("own", unet, own.digest(), List.of(), own.tensorDigests(), PROMPT, reference);
        try (TextToImagePipeline pipeline = Both.load(TestDevice.gpu())) {
            assertThat(pipeline.unetSlot().swap(SwapRequest.of(recorded, 1)).encoder()).isEqualTo("own");
        }
    }
}
