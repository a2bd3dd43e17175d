package io.advunlearn.registry;

/** A registry operation refused for its input; the message says what is wrong and what is accepted. */
public class RegistryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
