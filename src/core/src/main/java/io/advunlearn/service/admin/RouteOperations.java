package io.advunlearn.service.admin;

import io.advunlearn.pipeline.RoutedEncoders;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.PipelineRoutes;
import io.advunlearn.registry.PipelineRoutes.Route;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Operations on routes: a tenant's requests, or a share of those without a route, go to other encoders. A route goes below a pipeline's floor with no
 * permission at all.
 */
public final class RouteOperations {

    private static final String SHARE = "share";
    static final double LEAST_SHARE = 0.0001;

    private final Promotion promotion;
    private final AdminLookup lookup;
    private final Identity caller;

    RouteOperations(Promotion promotion, AdminLookup lookup, Identity caller) {
        this.promotion = promotion;
        this.lookup = lookup;
        this.caller = caller;
    }

    /** All routes of a pipeline, and what each serves in this replica. */
    public Answer list(String pipeline) {
        return AdminAnswers.answer(() -> {
            ServedPipeline served = lookup.pipeline(pipeline);
            Map<String, Object> routes = new TreeMap<>();
            served.routes().routes().forEach((name, route) -> routes.put(name, describe(served, name, route)));
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("pipeline", pipeline);
            members.put("generation", served.routes().generation());
            members.put("routes", routes);
            return Answer.json(200, members);
        });
    }

    /** One of them. @param name a tenant or {@link PipelineRoutes#CANARY} */
    public Answer get(String pipeline, String name) {
        return AdminAnswers.answer(() -> {
            ServedPipeline served = lookup.pipeline(pipeline);
            return Answer.json(200, describe(served, name, existing(served, name)));
        });
    }

    /** Makes or changes a route; its encoder is loaded and verified before it counts. */
    public Answer put(String pipeline, String name, InputStream body) {
        return AdminAnswers.answer(() -> {
            ServedPipeline served = lookup.pipeline(pipeline);
            JsonFields fields = lookup.body(body, "encoder", PipelineState.TEXT_ENCODER_2, SHARE, Promotion.OVERRIDE);
            requireName(name);
            EncoderPair encoders = lookup.encoderFields(fields, served);
            Route route = new Route(encoders.encoder() == null ? lookup.encoderField(fields) : encoders.encoder(), encoders.textEncoder2(), share(name, fields));
            promotion.passGates(served, encoders, pipeline + ": " + name + " -> " + encoders, fields);
            served.routes().put(name, route, caller.name());
            return Answer.json(200, describe(served, name, route));
        });
    }

    /** Sends the requests to the pipeline's own encoder again. */
    public Answer delete(String pipeline, String name) {
        return AdminAnswers.answer(() -> {
            ServedPipeline served = lookup.pipeline(pipeline);
            existing(served, name);
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("pipeline", pipeline);
            members.put("generation", served.routes().remove(name, caller.name()).generation());
            return Answer.json(200, members);
        });
    }

    private static Route existing(ServedPipeline served, String name) {
        return Optional.ofNullable(served.routes().routes().get(name))
                .orElseThrow(() -> ProblemException.notFound("pipeline " + served.name() + " has no route of " + name));
    }

    private static void requireName(String name) {
        if (!name.equals(PipelineRoutes.CANARY) && !PipelineRoutes.isTenant(name)) {
            throw new FieldException("tenant", "invalid_value", "the tenant in the path must match " + PipelineRoutes.tenantPattern() + ", or be "
                    + PipelineRoutes.CANARY + " for a share of the requests that have no route");
        }
    }

    private static Double share(String name, JsonFields fields) {
        Double share = fields.number(SHARE, LEAST_SHARE, 1);
        if (name.equals(PipelineRoutes.CANARY) != (share != null)) {
            throw new FieldException(SHARE, "invalid_value", share == null ? "share is required for " + PipelineRoutes.CANARY + " and must be a number up to 1"
                    : "share must be left out: all requests of a tenant take its route");
        }
        return share;
    }

    private static Map<String, Object> describe(ServedPipeline served, String name, Route route) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("tenant", name);
        members.put("encoder", route.encoder());
        if (served.pipeline().secondSlot().isPresent()) {
            members.put(PipelineState.TEXT_ENCODER_2, route.textEncoder2() == null ? "base" : route.textEncoder2());
        }
        if (route.share() != null) {
            members.put(SHARE, route.share());
        }
        Optional<RoutedEncoders.Status> status = served.pipeline().routedEncoders().status(name);
        status.map(RoutedEncoders.Status::encoder).ifPresent(version -> members.put("digest", version.digest()));
        members.put("unavailable", status.map(RoutedEncoders.Status::unavailable).orElse(null));
        return members;
    }
}
