package io.advunlearn.service.admin;

import io.advunlearn.pipeline.SwapRehearsal;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.jobs.PromotionGates;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.ServedPipeline;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes an encoder a pipeline's desired one, if the pipeline's gates let it or the administrator overrides them, which is audited. */
final class Promotion {

    static final String OVERRIDE = "override";
    static final String WEAKEN = "weaken";

    private final PromotionGates gates;
    private final EncoderRegistry registry;

    Promotion(PromotionGates gates, EncoderRegistry registry) {
        this.gates = gates;
        this.registry = registry;
    }

    /** @param encoders {@code null} leaves one as it is; @param fields may hold {@link #OVERRIDE} and {@link #WEAKEN} */
    SwapResult promote(ServedPipeline pipeline, EncoderPair encoders, JsonFields fields) {
        boolean override = fields.bool(OVERRIDE, false);
        boolean weaken = fields.bool(WEAKEN, false);
        String missing = missing(pipeline, encoders);
        if (!missing.isEmpty()) {
            String target = pipeline.name() + " -> " + encoders;
            // An override that cannot be audited does not happen.
            registry.audit(AdminAnswers.PRINCIPAL, override ? "override-gates" : "promote", target, (override ? "allowed: " : "refused: ") + missing);
            if (!override) {
                throw refused(missing);
            }
        }
        return pipeline.promote(encoders, AdminAnswers.PRINCIPAL, weaken);
    }

    /** As {@link #promote}, up to the point where something would change. */
    SwapRehearsal rehearse(ServedPipeline pipeline, EncoderPair encoders, JsonFields fields) {
        boolean override = fields.bool(OVERRIDE, false);
        boolean weaken = fields.bool(WEAKEN, false);
        String missing = missing(pipeline, encoders);
        if (!missing.isEmpty() && !override) {
            throw refused(missing);
        }
        return pipeline.rehearse(encoders, AdminAnswers.PRINCIPAL, weaken);
    }

    /** What the gates lack, {@code ""} for nothing. */
    private String missing(ServedPipeline pipeline, EncoderPair encoders) {
        return Stream.of(encoders.encoder(), encoders.textEncoder2()).filter(Objects::nonNull)
                .flatMap(encoder -> gates.missing(pipeline, encoder).stream()).collect(Collectors.joining("; "));
    }

    private static ProblemException refused(String missing) {
        return new ProblemException(Problem.of(409, missing + " (" + OVERRIDE + "=true promotes it nevertheless)"));
    }
}
