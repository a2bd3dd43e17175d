package io.advunlearn.pipeline;

/** Somebody else changes the same pipeline just now: look again, and decide again; HTTP 409. */
public class SwapInProgressException extends SwapException {

    private static final long serialVersionUID = 1L;

    public SwapInProgressException(String message) {
        super(message);
    }
}
