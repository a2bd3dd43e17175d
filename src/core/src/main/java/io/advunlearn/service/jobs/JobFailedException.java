package io.advunlearn.service.jobs;

/** Ends a job; the message is for people. */
class JobFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    JobFailedException(String message) {
        super(message, null, false, false);
    }
}
