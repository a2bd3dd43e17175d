package io.advunlearn.pipeline;

import io.advunlearn.model.ClipTextModel;

/** An immutable encoder in use, reference-counted: the last release frees its tensors. */
public final class EncoderSnapshot {

    public String id() { throw new IllegalStateException("being written"); }

    /** SHA-256 of the weights file, hex. */
    public String digest() { throw new IllegalStateException("being written"); }

    public long generation() { throw new IllegalStateException("being written"); }

    public java.util.List<String> erasures() { throw new IllegalStateException("being written"); }

    public ClipTextModel encoder() { throw new IllegalStateException("being written"); }
}
