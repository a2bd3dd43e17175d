package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.FamilyFixture;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pipelines in half precision on a processor, which serves none: its kernels are slow there, but round as those of a GPU do. */
class HalfPrecisionTest {

    @TempDir
    Path folder;

    private TextToImagePipeline load(Dtype dtype) {
        return dtype == Dtype.FLOAT16 ? HalfPipelines.load(folder, CheckpointOptions.NONE, Device.cpu())
                : TextToImagePipeline.load("full", folder, Device.cpu());
    }

    private static byte[] draw(TextToImagePipeline pipeline, long seed) {
        return pipeline.generate(new GenerationRequest("a cat", "dog", List.of(seed), 3, 5), StepListener.NONE, new CancellationToken()).images().get(0).rgb();
    }

    /** Mean difference of a colour value. */
    private static double difference(byte[] a, byte[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs((a[i] & 255) - (b[i] & 255));
        }
        return sum / a.length;
    }

    /** SDXL's configuration says that half precision is too little for its VAE. */
    @ParameterizedTest
    @CsvSource({"sd1_small, FLOAT16", "sd1_deep, FLOAT16", "sd2_small, FLOAT16", "sd2_noise, FLOAT16", "sdxl_small, FLOAT32", "sdxl_shifted, FLOAT32"})
    void everyFamilyDrawsTheSamePicture(String name, DataType vae) {
        try (FamilyFixture fixture = new FamilyFixture(name)) {
            fixture.write(folder);
            try (TextToImagePipeline full = load(Dtype.FLOAT32); TextToImagePipeline half = load(Dtype.FLOAT16)) {
                PipelineComponents parts = half.components();
                parts.unet().weights().asMap().forEach((tensor, weight) -> assertThat(weight.getDataType()).as(tensor).isEqualTo(DataType.FLOAT16));
                assertThat(parts.baseEncoder().weights().dataType()).isEqualTo(DataType.FLOAT16);
                assertThat(parts.vae().dataType()).isEqualTo(vae);
                assertThat(parts.baseDigest()).as("of the file").isEqualTo(full.components().baseDigest());
                byte[] expected = draw(full, 1);
                assertThat(difference(draw(half, 1), expected)).isLessThan(3).isLessThan(difference(draw(full, 2), expected) / 10);
            }
        }
    }

    @Test
    void picturesLeaveNoArraysBehind() {
        try (FamilyFixture fixture = new FamilyFixture("sdxl_small")) {
            fixture.write(folder);
            try (TextToImagePipeline half = load(Dtype.FLOAT16)) {
                draw(half, 1);
                int arrays = half.components().unet().weights().asMap().values().iterator().next().getManager().getManagedArrays().size();
                draw(half, 2);
                assertThat(half.components().unet().weights().asMap().values().iterator().next().getManager().getManagedArrays()).hasSize(arrays);
            }
        }
    }

    @Test
    void erasureAndEvaluationNeedFullPrecision() {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            fixture.write(folder);
            try (TextToImagePipeline half = load(Dtype.FLOAT16)) {
                for (String method : ErasureMethods.names()) {
                    ErasureRequest request = new ErasureRequest("cat", "object", method, null, 1, Map.of());
                    assertThatThrownBy(() -> ErasureMethods.byName(method).check(half.components(), request)).isInstanceOf(IllegalArgumentException.class)
                            .hasMessage("erasure needs a pipeline with dtype float32; load the model once more with it, "
                                    + "and the encoders it gives can be served in float16");
                }
            }
        }
    }

    @Test
    void processorsServeInFullPrecisionOnly() {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            fixture.write(folder);
            CheckpointOptions options = CheckpointOptions.NONE.with(Dtype.FLOAT16);
            assertThatThrownBy(() -> TextToImagePipeline.load("tiny", folder, options, Device.cpu(), ErasureFloor.NONE, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("dtype is float16 and device is cpu; float16 needs a GPU, processors compute in float32 (and read files in fp16 all the same)");
        }
    }
}
