package io.advunlearn.pipeline;

/**
 * What to put into the slot.
 *
 * @param encoder the encoder; {@code null} for the base encoder
 * @param generation the slot's generation afterwards, greater than its generation now
 * @param weaken {@code true} allows an encoder below the floor; the caller audits it
 */
public record SwapRequest(EncoderSource encoder, long generation, boolean weaken) {

    public static SwapRequest of(EncoderSource encoder, long generation) {
        return new SwapRequest(encoder, generation, false);
    }

    /** Back to the pipeline's base encoder. */
    public static SwapRequest base(long generation, boolean weaken) {
        return new SwapRequest(null, generation, weaken);
    }
}
