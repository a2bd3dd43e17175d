package io.advunlearn.pipeline;

import java.util.List;

/**
 * What a swap would have done: its components were loaded, verified and freed again, and nothing changed.
 *
 * @param encoder id of the component that would be active, the text encoder or the UNet
 * @param digest SHA-256 of its weights file, hex
 * @param generation the slot's generation after such a swap
 * @param previous id of the component that is active, and stays it
 * @param loadMillis as in {@link SwapResult}
 * @param verifyMillis as in {@link SwapResult}
 * @param textEncoder2 the same of the second text encoder; {@code null} if the pipeline has none
 */
public record SwapRehearsal(String encoder, String digest, long generation, String previous, double loadMillis, double verifyMillis,
        SwapRehearsal textEncoder2) {

    /** The same with that of the pipeline's second text encoder. */
    public SwapRehearsal with(SwapRehearsal second) {
        return new SwapRehearsal(encoder, digest, generation, previous, loadMillis, verifyMillis, second);
    }

    /** The parts of a swap that were done. */
    public List<SwapResult.Stage> stages() {
        return List.of(new SwapResult.Stage("load", loadMillis), new SwapResult.Stage("verify", verifyMillis));
    }
}
