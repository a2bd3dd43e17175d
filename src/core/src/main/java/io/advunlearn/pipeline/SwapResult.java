package io.advunlearn.pipeline;

import java.util.List;
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
 * @param verifyMillis digests, read-back and reference prompt; if they were still in memory, the reference prompt alone
 * @param commitMillis making the change durable
 * @param flipMillis exchanging the reference, the only part that a request could notice
 * @param drain completes with the milliseconds from the flip until the last request on the component before had ended
 * @param textEncoder2 what happened to the second text encoder at the same moment; {@code null} if the pipeline has none or it was not concerned
 */
public record SwapResult(String encoder, String digest, long generation, String previous, double loadMillis, double verifyMillis,
        double commitMillis, double flipMillis, CompletableFuture<Double> drain, SwapResult textEncoder2) {

    /** The same with that of the pipeline's second text encoder. */
    public SwapResult with(SwapResult second) {
        return new SwapResult(encoder, digest, generation, previous, loadMillis, verifyMillis, commitMillis, flipMillis, drain, second);
    }

    /**
     * A part of a swap.
     *
     * @param millis how long it took; {@code null} while it goes on
     */
    public record Stage(String name, Double millis) { }

    /** Its parts, in their order. */
    public List<Stage> stages() {
        return List.of(new Stage("load", loadMillis), new Stage("verify", verifyMillis), new Stage("commit", commitMillis), new Stage("flip", flipMillis),
                new Stage("drain", drained() ? drain.join() : null));
    }

    /** Whether every request on the component before has ended. */
    public boolean drained() {
        return drain.isDone();
    }

    /** Empty while requests on the component before are running. */
    public OptionalDouble drainMillis() {
        return drain.isDone() ? OptionalDouble.of(drain.join()) : OptionalDouble.empty();
    }
}
