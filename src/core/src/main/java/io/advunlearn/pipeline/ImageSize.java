package io.advunlearn.pipeline;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pixels of an image.
 *
 * @param width pixels, at least 1
 * @param height pixels, at least 1
 */
public record ImageSize(int width, int height) {

    private static final Pattern TEXT = Pattern.compile("([1-9][0-9]{0,4})x([1-9][0-9]{0,4})");

    /** @throws IllegalArgumentException if a side is not positive */
    public ImageSize {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("an image has at least one pixel, not " + width + "x" + height);
        }
    }

    /** @param text {@code WIDTHxHEIGHT}; @throws IllegalArgumentException if it is not, or a side has more than five digits */
    public static ImageSize parse(String text) {
        Matcher sides = TEXT.matcher(text);
        if (!sides.matches()) {
            throw new IllegalArgumentException("a size is WIDTHxHEIGHT in pixels, such as 512x768, not '" + text + "'");
        }
        return new ImageSize(Integer.parseInt(sides.group(1)), Integer.parseInt(sides.group(2)));
    }

    public long pixels() {
        return (long) width * height;
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
