package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.FamilyFixture;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text encoders that are not where the denoiser is; the copying alone, between two managers of the one device that is everywhere. */
class TextEncoderDeviceTest {

    @TempDir
    Path folder;

    private static List<NDArray> arrays(EmbeddingCache.Embeddings embeddings) {
        return Stream.of(embeddings.hiddenStates(), embeddings.textEmbeds()).filter(Objects::nonNull).toList();
    }

    private TextToImagePipeline load(String device) {
        CheckpointOptions options = new CheckpointOptions(null, null, Dtype.FLOAT32, VaeTiling.AUTO, device);
        return TextToImagePipeline.load("tiny", folder, options, Device.cpu(), ErasureFloor.NONE, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd1_small", "sdxl_small"})
    void whatTheEncodersReadIsCopied(String name) {
        try (FamilyFixture fixture = new FamilyFixture(name)) {
            fixture.write(folder);
            try (TextToImagePipeline pipeline = load("cpu"); NDManager manager = NDManager.newBaseManager(Device.cpu())) {
                PipelineComponents parts = pipeline.components();
                TextReader reader = new TextReader(parts, TextReader.Encoders.base(parts), parts.imageSize(), new EmbeddingCache(manager));
                List<NDArray> expected = arrays(reader.encode(manager, reader.tokens("a cat")));
                int before = manager.getManagedArrays().size();
                List<NDArray> copied = arrays(reader.encodeThere(manager, reader.tokens("a cat")));
                assertThat(manager.getManagedArrays()).as("what is left behind").hasSize(before + copied.size());
                for (int i = 0; i < copied.size(); i++) {
                    assertThat(copied.get(i).getManager()).isSameAs(manager);
                    assertThat(Tensors.floats(copied.get(i))).isEqualTo(Tensors.floats(expected.get(i)));
                }
            }
        }
    }

    @Test
    void aWrongNameIsRefused() {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            fixture.write(folder);
            assertThatThrownBy(() -> load("tpu")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("text-encoder-device: device is tpu; accepted: cpu, gpu, gpu<index>");
        }
    }

    @Test
    void trainingNeedsOneDevice() {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            fixture.write(folder);
            try (TextToImagePipeline pipeline = load(null)) {
                PipelineComponents c = pipeline.components();
                PipelineComponents split = new PipelineComponents(c.directory(), c.configs(), c.tokenizer(), c.baseEncoder(), c.baseDigest(), null,
                        c.unet(), c.vae(), c.scheduler(), Device.gpu(), c.lane());
                assertThatThrownBy(() -> split.requireFullPrecision("erasure")).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("erasure needs the text encoder on the pipeline's device").hasMessageEndingWith("as text-encoder-device says");
                c.requireFullPrecision("erasure");
            }
        }
    }
}
