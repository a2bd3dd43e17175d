package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.advunlearn.Fixture;
import io.advunlearn.TestDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against transformers' CLIPModel and CLIPImageProcessor: src/test/fixtures/clip.py. */
class ClipModelTest {

    private static final Path FOLDER = Path.of("src", "test", "fixtures", "clip");
    private static final int WIDTH = 25;
    private static final int HEIGHT = 18;
    private static final int BYTES = WIDTH * HEIGHT * 3;
    private static final List<String> TEXTS = List.of("a dog", "cat", "the quick brown fox jumps over");

    private static Fixture fixture;
    private static ClipModel clip;

    @BeforeAll
    static void load() {
        fixture = new Fixture("clip");
        clip = ClipModel.load(FOLDER, TestDevice.any());
    }

    @AfterAll
    static void close() {
        clip.close();
        fixture.close();
    }

    private static byte[] picture(int index) {
        return Arrays.copyOfRange(fixture.bytes("pictures"), index * BYTES, (index + 1) * BYTES);
    }

    private static float[] row(String name, int index) {
        NDArray rows = fixture.get(name);
        return rows.get(index).toFloatArray();
    }

    @Test
    void picturesAreResizedCutAndNormalisedAsByTransformers() {
        for (int i = 0; i < 2; i++) {
            float[] expected = row("pixel_values", i);
            float[] actual = clip.processor().process(picture(i), WIDTH, HEIGHT);
            for (int j = 0; j < expected.length; j++) {
                assertThat(actual[j]).isCloseTo(expected[j], within(1e-6f));
            }
        }
    }

    @Test
    void theVisionModelGivesTransformersStates() {
        ClipVisionModel.Output output = clip.vision().forward(fixture.get("pixel_values"));
        fixture.assertClose(output.lastHiddenState(), "last_hidden_state");
        fixture.assertClose(output.pooled(), "pooled");
        assertThat(output.pooled().getManager()).isSameAs(fixture.manager());
    }

    @Test
    void imagesAndTextsAreTransformersUnitVectors() {
        for (int i = 0; i < 2; i++) {
            Fixture.assertClose(clip.imageEmbed(picture(i), WIDTH, HEIGHT), row("image_embeds", i), "image_embeds");
        }
        for (int i = 0; i < TEXTS.size(); i++) {
            Fixture.assertClose(clip.textEmbed(TEXTS.get(i)), row("text_embeds", i), "text_embeds");
        }
    }

    @Test
    void aFolderWithoutSafetensorsIsRefused(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("pytorch_model.bin"), "pickle");
        assertThatThrownBy(() -> ClipModel.load(folder, TestDevice.any())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no model.safetensors");
    }

    @Test
    void anInputSizeOtherThanThePreprocessorsIsRefused(@TempDir Path folder) throws IOException {
        for (String file : List.of("config.json", "model.safetensors", "vocab.json", "merges.txt", "tokenizer_config.json")) {
            Files.copy(FOLDER.resolve(file), folder.resolve(file));
        }
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"size\": 224, \"crop_size\": 224}");
        assertThatThrownBy(() -> ClipModel.load(folder, TestDevice.any())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vision_config.image_size is 16").hasMessageContaining("224");
    }
}
