package io.advunlearn.pipeline;

/**
 * A text encoder at the moment it was used.
 *
 * @param id its id
 * @param digest SHA-256 of its weights file, hex
 * @param generation the slot's generation at the time
 */
public record EncoderVersion(String id, String digest, long generation) {

    /** Between the versions of a pipeline's two text encoders. */
    public static final String SEPARATOR = ", ";

    static EncoderVersion of(ComponentSnapshot<?> snapshot) {
        return new EncoderVersion(snapshot.id(), snapshot.digest(), snapshot.generation());
    }

    /** Both encoders of a pipeline, or this one alone. @param second {@code null} in families with one */
    String with(EncoderVersion second) {
        return second == null ? toString() : this + SEPARATOR + second;
    }

    /** As headers and PNG text chunks say it. */
    @Override
    public String toString() {
        return id + "@" + digest;
    }
}
