package io.advunlearn.service.serving;

import io.advunlearn.pipeline.ImageSize;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Limits of the public API.
 *
 * @param promptCharacters characters of a prompt and of a negative prompt
 * @param images images of one request
 * @param steps denoising steps of one request
 * @param pixels of one image, width times height; empty for {@value #MORE_PIXELS} times as many as the model was trained for
 * @param concurrency requests of one pipeline that are worked on at once
 * @param queueSize requests of one pipeline that may wait
 * @param queueWait how long a request may wait
 * @param bodyBytes size of a request body, of the public and of the admin API
 */
public record Limits(int promptCharacters, int images, int steps, OptionalLong pixels, int concurrency, int queueSize, Duration queueWait, long bodyBytes) {

    private static final int MORE_PIXELS = 4;

    public static final Limits DEFAULT = new Limits(4000, 10, 100, OptionalLong.empty(), 4, 32, Duration.ofSeconds(60), 64 * 1024);

    /** The most pixels of an image. @param own the size that the model was trained for */
    long pixels(ImageSize own) {
        return pixels.orElse(MORE_PIXELS * own.pixels());
    }
}
