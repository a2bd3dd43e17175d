package io.advunlearn.pipeline;

/** Another swap of the same pipeline is running; HTTP 409. */
public final class SwapInProgressException extends SwapException {

    private static final long serialVersionUID = 1L;

    public SwapInProgressException(String message) {
        super(message);
    }
}
