package io.advunlearn.pipeline;

/** An encoder was refused; nothing changed, and what had been loaded is freed. The message says what is wrong. */
public class SwapException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SwapException(String message) {
        super(message);
    }

    public SwapException(String message, Throwable cause) {
        super(message, cause);
    }
}
