package io.advunlearn.pipeline;

/** The plug: holds one {@link EncoderSnapshot}; see the design, section 4. */
public final class EncoderSlot {

    /** A request's hold on the snapshot; close it exactly once, at the end. */
    public interface Lease extends AutoCloseable {
        EncoderSnapshot snapshot();

        @Override
        void close();
    }

    /** @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it */
    public Lease acquire() { throw new IllegalStateException("being written"); }
}
