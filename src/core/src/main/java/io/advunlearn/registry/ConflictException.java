package io.advunlearn.registry;

/** Another writer changed the same state first. */
public final class ConflictException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public ConflictException(String message) {
        super(message);
    }
}
