package io.advunlearn.pipeline;

/** The pipeline serves the wanted generation or a newer one by now, since another replica changed it meanwhile. */
public final class OvertakenSwapException extends SwapInProgressException {

    private static final long serialVersionUID = 1L;

    public OvertakenSwapException(String message) {
        super(message);
    }
}
