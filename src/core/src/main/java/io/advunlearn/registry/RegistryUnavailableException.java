package io.advunlearn.registry;

/** Where the registry keeps its states cannot be reached now. What is loaded goes on being served; the same call may work later. */
public final class RegistryUnavailableException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public RegistryUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
