package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class RgbImageTest {

    private static final RgbImage TWO_PIXELS = new RgbImage(2, 1, new byte[] {(byte) 255, 0, 0, 1, 2, 3});

    @Test
    void pngHoldsPixelsAndText() throws IOException {
        byte[] png = TWO_PIXELS.toPng(Map.of("Seed", "7", "X-Encoder-Version", "base@0"));
        var image = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(image.getRGB(0, 0) & 0xffffff).isEqualTo(0xff0000);
        assertThat(image.getRGB(1, 0) & 0xffffff).isEqualTo(0x010203);
        assertThat(new String(png, StandardCharsets.ISO_8859_1)).contains("Seed\0007", "X-Encoder-Version\000base@0");
    }

    @Test
    void bytesDoNotDependOnTheOrderOfTheText() {
        Map<String, String> one = new LinkedHashMap<>();
        one.put("Seed", "7");
        one.put("X-Encoder-Version", "base@0");
        Map<String, String> other = new LinkedHashMap<>();
        other.put("X-Encoder-Version", "base@0");
        other.put("Seed", "7");
        assertThat(TWO_PIXELS.toPng(one)).isEqualTo(TWO_PIXELS.toPng(other));
    }
}
