package io.advunlearn.service.jobs;

/** An erasure needs more memory than its device has left, or than erasures may take; HTTP 507. */
public final class InsufficientMemoryException extends JobFailedException {

    private static final long serialVersionUID = 1L;

    private final long needed;
    private final long available;

    InsufficientMemoryException(String message, long needed, long available) {
        super(message);
        this.needed = needed;
        this.available = available;
    }

    /** Bytes, estimated. */
    public long needed() {
        return needed;
    }

    /** Bytes. */
    public long available() {
        return available;
    }
}
