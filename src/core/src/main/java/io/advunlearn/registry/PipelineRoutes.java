package io.advunlearn.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * {@code pipelines/<name>/routes/<generation>.json}: whose requests other text encoders draw than the pipeline's. The highest generation wins.
 *
 * @param pipeline the pipeline's name
 * @param generation 1, 2, 3 ... without gaps, and not that of the pipeline's state
 * @param routes by tenant; {@link #CANARY} for a share of the requests that have no route of their own
 * @param changedBy principal
 * @param changedAt when
 */
public record PipelineRoutes(String pipeline, long generation, Map<String, Route> routes, String changedBy, Instant changedAt) {

    /** The route of a share of those who have none. */
    public static final String CANARY = "*";

    private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /**
     * Where requests go.
     *
     * @param encoder id of the text encoder, {@code base} for the one that came with the model
     * @param textEncoder2 id of the second text encoder (SDXL); {@code null} for {@code base} or where there is one encoder
     * @param share of the requests, above 0 and up to 1; {@code null} for a tenant's, which are all of its requests
     */
    public record Route(String encoder, @JsonProperty(PipelineState.TEXT_ENCODER_2) String textEncoder2, Double share) {

        @JsonIgnore
        public EncoderPair encoders() {
            return new EncoderPair(encoder, textEncoder2);
        }
    }

    public PipelineRoutes {
        routes = routes == null ? null : Map.copyOf(routes);
    }

    /**
     * Reads routes as a store keeps them.
     *
     * @param json routes' JSON
     * @param pipeline whose they must be
     * @param generation that they must have
     * @throws RegistryException if they are not that
     */
    public static PipelineRoutes read(byte[] json, String pipeline, long generation) {
        String what = "generation " + generation + " of the routes of pipeline '" + pipeline + "'";
        PipelineRoutes routes = RegistryJson.read(json, PipelineRoutes.class, what);
        boolean valid = pipeline.equals(routes.pipeline()) && routes.generation() == generation && routes.changedAt() != null && routes.routes() != null
                && routes.routes().entrySet().stream().allMatch(route -> isValid(route.getKey(), route.getValue()));
        if (!valid) {
            throw new RegistryException(what + " is not right: its pipeline, generation, tenants, encoders or share are wrong");
        }
        return routes;
    }

    /** As {@link #read} reads them, in lines for people. */
    public byte[] json() {
        return RegistryJson.pretty(this);
    }

    /** What a tenant may be called. */
    public static boolean isTenant(String tenant) {
        return tenant != null && TENANT.matcher(tenant).matches();
    }

    /** That in words, for messages. */
    public static String tenantPattern() {
        return TENANT.pattern();
    }

    /** Whether a route may stand under a name. */
    static boolean isValid(String name, Route route) {
        boolean canary = name.equals(CANARY);
        return (canary || isTenant(name)) && route != null && RegistryNames.isId(route.encoder())
                && (route.textEncoder2() == null || RegistryNames.isId(route.textEncoder2()))
                && (canary ? route.share() != null && route.share() > 0 && route.share() <= 1 : route.share() == null);
    }
}
