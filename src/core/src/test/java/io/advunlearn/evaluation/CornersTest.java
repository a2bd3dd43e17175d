package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.pipeline.RgbImage;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CornersTest {

    @Test
    void theBackgroundIsTheMedianOfTheCorners() {
        byte[] rgb = new byte[32 * 32 * 3];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) 104;
            rgb[i + 1] = (byte) 164;
            rgb[i + 2] = (byte) 236;
        }
        // one of the four corners is covered
        rgb[0] = rgb[1] = rgb[2] = 0;
        assertThat(Corners.colour(new RgbImage(32, 32, rgb))).isEqualTo(List.of(104, 164, 236));
    }

    @Test
    void theNearestWordWins() {
        assertThat(Palette.of(Path.of("no-such-model")).nearest(List.of(100, 160, 240))).isEqualTo("blue");
    }
}
