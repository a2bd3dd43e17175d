package io.advunlearn.service.jobs;

/** The job's state does not allow what was asked; HTTP 409. */
public final class JobStateException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    JobStateException(String message) {
        super(message, null, false, false);
    }
}
