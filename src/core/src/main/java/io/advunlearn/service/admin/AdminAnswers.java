package io.advunlearn.service.admin;

import io.advunlearn.pipeline.BelowFloorException;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.pipeline.SwapInProgressException;
import io.advunlearn.registry.ConflictException;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.RegistryUnavailableException;
import io.advunlearn.report.ReportPage;
import io.advunlearn.service.jobs.InsufficientMemoryException;
import io.advunlearn.service.jobs.JobStateException;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.Bodies;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.PipelineNotReadyException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers of the admin API and of what a host adds to it: JSON, or a problem document for whatever went wrong. */
public final class AdminAnswers {

    private static final Logger LOG = LoggerFactory.getLogger(AdminAnswers.class);

    private AdminAnswers() {
    }

    /** Runs the work of one request. */
    public static Answer answer(Supplier<Answer> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return problem(e).answer();
        }
    }

    /** Turns complaints about a request's values, which are worded for people, into 400. */
    public static <T> T checked(Supplier<T> work) {
        try {
            return work.get();
        } catch (IllegalArgumentException e) {
            throw new FieldException(null, "invalid_value", e.getMessage());
        }
    }

    /** A report's page. @param missing what to say if there is none */
    static Answer page(Optional<String> html, String missing) {
        return Answer.page(html.orElseThrow(() -> ProblemException.notFound(missing)), ReportPage.CONTENT_SECURITY_POLICY);
    }

    private static Problem problem(RuntimeException e) {
        if (e instanceof ProblemException p) {
            return p.problem();
        }
        if (e instanceof FieldException f) {
            return new Problem(400, f.getMessage(), f.field(), Map.of());
        }
        if (e instanceof Bodies.BodyTooLargeException) {
            return Problem.of(413, e.getMessage());
        }
        if (e instanceof ConflictException || e instanceof SwapInProgressException || e instanceof BelowFloorException
                || e instanceof JobStateException) {
            return Problem.of(409, e.getMessage());
        }
        if (e instanceof RegistryUnavailableException) {
            return Problem.of(503, e.getMessage());
        }
        if (e instanceof SwapException || e instanceof RegistryException) {
            return Problem.of(422, e.getMessage());
        }
        if (e instanceof InsufficientMemoryException memory) {
            return new Problem(507, e.getMessage(), null, Map.of(), Map.of("needed_bytes", memory.needed(), "available_bytes", memory.available()));
        }
        if (e instanceof PipelineNotReadyException || e instanceof EncoderUnavailableException) {
            return Problem.of(503, e.getMessage());
        }
        String incident = UUID.randomUUID().toString();
        LOG.error("Incident {}", incident, e);
        return Problem.of(500, "internal error (incident " + incident + ")");
    }
}
