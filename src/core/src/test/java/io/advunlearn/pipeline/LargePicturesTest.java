package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.FamilyFixture;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a pipeline decodes in tiles. The fixtures' UNets and VAEs were made for 16 pixels, two to a cell of the latents. */
class LargePicturesTest {

    @TempDir
    Path folder;

    private static TextToImagePipeline load(Path model, VaeTiling tiling) {
        return TextToImagePipeline.load("tiny", model, CheckpointOptions.NONE.with(tiling), Device.cpu(), ErasureFloor.NONE, false);
    }

    @ParameterizedTest
    @CsvSource({"AUTO, 8, 8, false", "AUTO, 8, 9, true", "AUTO, 12, 8, true", "ON, 8, 8, false", "ON, 9, 8, true", "OFF, 12, 12, false"})
    void tilesAreMadeOfLargePictures(VaeTiling tiling, int height, int width, boolean tiles) {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small"); NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            fixture.write(folder);
            NDArray latents = FamilyFixture.input(manager, "large", 2, 4, height, width);
            try (TextToImagePipeline pipeline = load(folder, tiling); TextToImagePipeline whole = load(folder, VaeTiling.OFF)) {
                assertThat(pipeline.components().vae().tiles(latents)).isEqualTo(tiles);
                NDArray drawn = new ImageSampler(pipeline.components(), DeviceLane.Priority.SERVING).decode(latents);
                NDArray expected = new ImageSampler(whole.components(), DeviceLane.Priority.SERVING).decode(latents);
                assertThat(manager.getManagedArrays().size()).as("the latents and both pictures").isEqualTo(3);
                assertThat(drawn.getShape()).isEqualTo(expected.getShape());
                assertThat(Arrays.equals(Tensors.floats(drawn), Tensors.floats(expected))).isNotEqualTo(tiles);
            }
        }
    }

    /** One file has no configuration: its tiles are as large as the pictures that its family was published for. */
    @Test
    void oneFileIsTiledByTheSizeItWasPublishedFor() {
        try (FamilyFixture fixture = new FamilyFixture("sd2_file"); TextToImagePipeline pipeline = load(fixture.write(folder), VaeTiling.ON)) {
            assertThat(pipeline.components().vae().config().sampleSize()).isEqualTo(pipeline.components().imageSize().width());
        }
    }
}
