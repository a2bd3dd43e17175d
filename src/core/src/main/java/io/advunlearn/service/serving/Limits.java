package io.advunlearn.service.serving;

import java.time.Duration;

/**
 * Limits of the public API.
 *
 * @param promptCharacters characters of a prompt and of a negative prompt
 * @param images images of one request
 * @param steps denoising steps of one request
 * @param concurrency requests of one pipeline that are worked on at once
 * @param queueSize requests of one pipeline that may wait
 * @param queueWait how long a request may wait
 * @param bodyBytes size of a request body, of the public and of the admin API
 */
public record Limits(int promptCharacters, int images, int steps, int concurrency, int queueSize, Duration queueWait, long bodyBytes) {

    public static final Limits DEFAULT = new Limits(4000, 10, 100, 2, 32, Duration.ofSeconds(60), 64 * 1024);
}
