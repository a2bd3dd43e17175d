package io.advunlearn.service.jobs;

import java.util.concurrent.CancellationException;

/** Another replica may run the job by now: this one stops and writes nothing more for it. */
final class ClaimLostException extends CancellationException {

    private static final long serialVersionUID = 1L;

    ClaimLostException(String job) {
        super("job " + job + " may be another replica's by now");
    }
}
