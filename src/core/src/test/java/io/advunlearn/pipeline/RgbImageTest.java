package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

    @Test
    void jpegHoldsPixelsAndTextAndNoAlpha() throws IOException {
        RgbImage image = gradient();
        byte[] jpeg = image.toJpeg(100, Map.of("Seed", "7", "X-Encoder-Version", "base@0"));
        var read = ImageIO.read(new ByteArrayInputStream(jpeg));
        assertThat(read.getColorModel().hasAlpha()).isFalse();
        assertThat(read.getRaster().getNumBands()).isEqualTo(3);
        assertThat(new Color(read.getRGB(3, 20))).satisfies(color -> {
            assertThat(color.getRed()).isBetween(8, 16);
            assertThat(color.getGreen()).isBetween(76, 84);
            assertThat(color.getBlue()).isBetween(196, 204);
        });
        assertThat(comments(jpeg)).containsExactlyInAnyOrder("Seed: 7", "X-Encoder-Version: base@0");
        assertThat(image.toJpeg(100, Map.of("X-Encoder-Version", "base@0", "Seed", "7"))).isEqualTo(jpeg);
    }

    @Test
    void lowerQualityIsASmallerFile() {
        RgbImage image = gradient();
        assertThat(image.toJpeg(0, Map.of()).length).isLessThan(image.toJpeg(50, Map.of()).length);
        assertThat(image.toJpeg(50, Map.of()).length).isLessThan(image.toJpeg(100, Map.of()).length);
    }

    private static RgbImage gradient() {
        byte[] rgb = new byte[32 * 32 * 3];
        for (int i = 0; i < 32 * 32; i++) {
            rgb[3 * i] = (byte) (4 * (i % 32));
            rgb[3 * i + 1] = (byte) (4 * (i / 32));
            rgb[3 * i + 2] = (byte) 200;
        }
        return new RgbImage(32, 32, rgb);
    }

    /** The comment segments (0xFFFE) before the first scan, as ITU-T T.81 lays them out. */
    private static List<String> comments(byte[] jpeg) {
        List<String> comments = new ArrayList<>();
        for (int at = 2; (jpeg[at + 1] & 255) != 0xda; at += 2 + ((jpeg[at + 2] & 255) << 8 | jpeg[at + 3] & 255)) {
            if ((jpeg[at + 1] & 255) == 0xfe) {
                int length = (jpeg[at + 2] & 255) << 8 | jpeg[at + 3] & 255;
                comments.add(new String(jpeg, at + 4, length - 2, StandardCharsets.ISO_8859_1));
            }
        }
        return comments;
    }
}
