package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.Fixture;
import io.advunlearn.model.ImageResize.Filter;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against Pillow and numpy: src/test/fixtures/onnx_judges.py. */
class ImageProcessorTest {

    private static final int WIDTH = 20;
    private static final int HEIGHT = 12;
    private static final int BYTES = WIDTH * HEIGHT * 3;

    private static byte[] part(byte[] all, int index, int size) {
        return Arrays.copyOfRange(all, index * size, (index + 1) * size);
    }

    @ParameterizedTest
    @CsvSource({"bilinear_down,BILINEAR,8,8", "bicubic_down,BICUBIC,8,8", "bicubic_up,BICUBIC,33,21", "bilinear_rows,BILINEAR,20,17"})
    void resizingGivesPillowsBytes(String name, Filter filter, int width, int height) {
        try (Fixture fixture = new Fixture("onnx")) {
            byte[] expected = fixture.bytes("resized." + name);
            for (int i = 0; i < 3; i++) {
                byte[] resized = ImageResize.resize(part(fixture.bytes("pictures"), i, BYTES), WIDTH, HEIGHT, width, height, filter);
                assertThat(resized).isEqualTo(part(expected, i, width * height * 3));
            }
        }
    }

    @Test
    void normalisesInTheNetworksOrderOfChannels() {
        ImageProcessor processor = new ImageProcessor(0, 8, 8, "bilinear", 0, 1, List.of(0.4, 0.5, 0.6), List.of(0.2, 0.25, 0.3), true, false);
        try (Fixture fixture = new Fixture("onnx")) {
            float[] expected = fixture.get("inputs").toFloatArray();
            float[] actual = processor.process(part(fixture.bytes("pictures"), 0, BYTES), WIDTH, HEIGHT);
            Fixture.assertClose(actual, Arrays.copyOf(expected, actual.length), "inputs");
        }
    }

    @Test
    void theMiddleOfTheResizedPictureIsCutOut() {
        byte[] stripes = new byte[4 * 2 * 3];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = (byte) (50 * (i / 3 % 4));
        }
        ImageProcessor processor = new ImageProcessor(2, 2, 2, "bilinear", 0, 255, List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0), false, true);
        assertThat(processor.process(stripes, 4, 2)).containsExactly(50, 50, 50, 100, 100, 100, 50, 50, 50, 100, 100, 100);
    }
}
