package io.advunlearn.service.serving;

/** The pipeline is still loading, or could not be loaded; HTTP 503. */
public final class PipelineNotReadyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PipelineNotReadyException(String message) {
        super(message, null, false, false);
    }
}
