package io.advunlearn.pipeline;

import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;

/**
 * A swap that happened.
 *
 * @param encoder id of the component now active, the text encoder or the UNet
 * @param digest SHA-256 of its weights file, hex
 * @param generation the slot's generation now
 * @param previous id of the component that was active before
 * @param loadMillis reading the weights and copying them to the device; 0 if they were still in memory
 * @param verifyMillis digests, read-back and reference prompt; 0 if they were still in memory
 * @param flipMillis exchanging the reference, the only part that a request could notice
 * @param drain completes with the milliseconds from the flip until the last request on the component before had ended
 */
public record SwapResult(String encoder, String digest, long generation, String previous, double loadMillis, double verifyMillis,
        double flipMillis, CompletableFuture<Double> drain) {

    /** Whether every request on the component before has ended. */
    public boolean drained() {
        return drain.isDone();
    }

    /** Empty while requests on the component before are running. */
    public OptionalDouble drainMillis() {
        return drain.isDone() ? OptionalDouble.of(drain.join()) : OptionalDouble.empty();
    }
}
