package io.advunlearn.pipeline;

/**
 * What to put into the slot.
 *
 * @param component the text encoder or UNet, as the slot's; {@code null} for the base one
 * @param generation the slot's generation afterwards, greater than its generation now
 * @param weaken {@code true} allows going below the floor; the caller audits it
 */
public record SwapRequest(ComponentSource component, long generation, boolean weaken) {

    public static SwapRequest of(ComponentSource component, long generation) {
        return new SwapRequest(component, generation, false);
    }

    /** Back to the pipeline's own component. */
    public static SwapRequest base(long generation, boolean weaken) {
        return new SwapRequest(null, generation, weaken);
    }
}
