package io.advunlearn.service.admin;

import io.advunlearn.pipeline.SwapRehearsal;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
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
    private final Identity caller;

    Promotion(PromotionGates gates, EncoderRegistry registry, Identity caller) {
        this.gates = gates;
        this.registry = registry;
        this.caller = caller;
    }

    /** @param encoders {@code null} leaves one as it is; @param fields may hold {@link #OVERRIDE} and {@link #WEAKEN} */
    SwapResult promote(ServedPipeline pipeline, EncoderPair encoders, JsonFields fields) {
        boolean override = ofAdmin(fields, OVERRIDE);
        boolean weaken = weakens(fields);
        passGates(pipeline, encoders, pipeline.name() + " -> " + encoders, override);
        return pipeline.promote(encoders, caller.name(), weaken);
    }

    /** As for a promotion: encoders that are routed to are served as well. */
    void passGates(ServedPipeline pipeline, EncoderPair encoders, String target, JsonFields fields) {
        passGates(pipeline, encoders, target, ofAdmin(fields, OVERRIDE));
    }

    private void passGates(ServedPipeline pipeline, EncoderPair encoders, String target, boolean override) {
        String missing = missing(pipeline, encoders);
        if (!missing.isEmpty()) {
            // An override that cannot be audited does not happen.
            registry.audit(caller.name(), override ? "override-gates" : "promote", target, (override ? "allowed: " : "refused: ") + missing);
            if (!override) {
                throw refused(missing);
            }
        }
    }

    /** @throws ProblemException 403 if somebody without the right asks to go below the floor */
    boolean weakens(JsonFields fields) {
        return ofAdmin(fields, WEAKEN);
    }

    private boolean ofAdmin(JsonFields fields, String field) {
        boolean wanted = fields.bool(field, false);
        if (wanted) {
            AdminPermissions.require(caller, Role.ADMIN, field);
        }
        return wanted;
    }

    /** As {@link #promote}, up to the point where something would change. */
    SwapRehearsal rehearse(ServedPipeline pipeline, EncoderPair encoders, JsonFields fields) {
        boolean override = ofAdmin(fields, OVERRIDE);
        boolean weaken = weakens(fields);
        String missing = missing(pipeline, encoders);
        if (!missing.isEmpty() && !override) {
            throw refused(missing);
        }
        return pipeline.rehearse(encoders, caller.name(), weaken);
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
