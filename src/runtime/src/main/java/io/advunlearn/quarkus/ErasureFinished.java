package io.advunlearn.quarkus;

/**
 * Fired asynchronously ({@code @ObservesAsync}) when an erasure of this process is over. What a succeeded one made is a registered encoder
 * of the job's id, which waits for its promotion.
 *
 * @param id the job's id
 * @param pipeline whose encoder was trained
 * @param state {@code succeeded}, {@code failed} or {@code cancelled}
 */
public record ErasureFinished(String id, String pipeline, String state) {

    public boolean succeeded() {
        return "succeeded".equals(state);
    }
}
