package io.advunlearn.erasure;

import java.util.concurrent.atomic.AtomicLong;

/** Counts what does not depend on the machine: latents through the UNet. Thread-safe. */
public final class UnetMeter {

    private final AtomicLong forward = new AtomicLong();
    private final AtomicLong backward = new AtomicLong();

    /** @param latents rows of one forward call */
    public void forward(long latents) {
        forward.addAndGet(latents);
    }

    /** @param latents rows whose gradient went back to the context */
    public void backward(long latents) {
        backward.addAndGet(latents);
    }

    /**
     * Latents that go forward and whose gradient comes back.
     *
     * @param checkpointing whether they go forward a second time on the way back
     */
    void gradient(long latents, boolean checkpointing) {
        forward(checkpointing ? 2 * latents : latents);
        backward(latents);
    }

    public long forward() {
        return forward.get();
    }

    public long backward() {
        return backward.get();
    }

    /** Continues from a checkpoint. */
    void restore(long forwardBefore, long backwardBefore) {
        forward.set(forwardBefore);
        backward.set(backwardBefore);
    }
}
