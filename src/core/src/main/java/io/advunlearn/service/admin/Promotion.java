package io.advunlearn.service.admin;

import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.jobs.PromotionGates;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.ServedPipeline;
import java.util.Optional;

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

    /** @param fields may hold {@link #OVERRIDE} and {@link #WEAKEN} */
    SwapResult promote(ServedPipeline pipeline, String encoder, JsonFields fields) {
        boolean override = fields.bool(OVERRIDE, false);
        boolean weaken = fields.bool(WEAKEN, false);
        Optional<String> missing = gates.missing(pipeline, encoder);
        if (missing.isPresent()) {
            String target = pipeline.name() + " -> " + encoder;
            // An override that cannot be audited does not happen.
            registry.audit(AdminAnswers.PRINCIPAL, override ? "override-gates" : "promote", target, (override ? "allowed: " : "refused: ") + missing.get());
            if (!override) {
                throw new ProblemException(Problem.of(409, missing.get() + " (" + OVERRIDE + "=true promotes it nevertheless)"));
            }
        }
        return pipeline.promote(encoder, AdminAnswers.PRINCIPAL, weaken);
    }
}
