package io.advunlearn.pipeline;

/** The pipeline refuses to serve rather than use a weaker encoder; HTTP 503. */
public final class EncoderUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public EncoderUnavailableException(String message) {
        super(message);
    }
}
