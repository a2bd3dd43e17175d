package io.advunlearn.registry;

import io.advunlearn.pipeline.RoutedEncoders;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.PipelineRoutes.Route;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the routed encoders of one pipeline at the newest routes of the registry, and changes those. As with a promotion, encoders are verified first,
 * then the routes are written, then they count. A route whose encoder is refused stays, and its requests are refused: they never go to another
 * encoder. Thread-safe.
 */
public final class RouteReconciler {

    private static final Logger LOG = LoggerFactory.getLogger(RouteReconciler.class);

    /** Until an encoder that was refused is looked at again: hashing one takes a while. */
    private static final Duration RETRY = Duration.ofSeconds(30);

    private final String pipeline;
    private final EncoderRegistry registry;
    private final RoutedEncoders encoders;
    private final boolean two;
    private final Clock clock;
    private volatile Map<String, Route> routes;
    private volatile long generation;
    private Map<String, String> refused = Map.of();
    private Instant retryAt = Instant.MIN;

    public RouteReconciler(String pipeline, EncoderRegistry registry, TextToImagePipeline loaded) {
        this(pipeline, registry, loaded, Clock.systemUTC());
    }

    RouteReconciler(String pipeline, EncoderRegistry registry, TextToImagePipeline loaded, Clock clock) {
        this.pipeline = RegistryNames.requireId("pipeline", pipeline);
        this.registry = registry;
        this.clock = clock;
        encoders = loaded.routedEncoders();
        two = loaded.secondSlot().isPresent();
    }

    /**
     * Brings the routed encoders to the newest routes.
     *
     * @param initial what they are while the registry says nothing; written there once all of their encoders are accepted
     * @throws RegistryException if the registry cannot be read; routes stay as they are, and until the first success none are known
     * @throws io.advunlearn.pipeline.SwapInProgressException if a swap of the pipeline is running
     */
    public synchronized void reconcile(Map<String, Route> initial) {
        Optional<PipelineRoutes> newest = registry.routes(pipeline);
        long wanted = newest.map(PipelineRoutes::generation).orElse(0L);
        if (routes != null && wanted == generation && (refused.isEmpty() || clock.instant().isBefore(retryAt))) {
            return;
        }
        if (newest.isPresent()) {
            install(newest.get().routes(), failures -> wanted);
        } else {
            install(initial, failures -> initial.isEmpty() || !failures.isEmpty() ? 0
                    : registry.advanceRoutes(pipeline, 0, initial, "configuration").generation());
        }
    }

    /**
     * Sends a tenant's requests, or a share of those without a route, to other encoders.
     *
     * @param name a tenant or {@link PipelineRoutes#CANARY}
     * @throws ConflictException if another replica changed the routes meanwhile
     * @throws RegistryException if the route is not valid or an encoder not registered
     * @throws io.advunlearn.pipeline.BelowFloorException if the encoders have not erased what the pipeline requires; no permission goes below it here
     * @throws io.advunlearn.pipeline.SwapException if an encoder does not pass its checks
     */
    public PipelineRoutes put(String name, Route route, String principal) {
        return change(name, name + " -> " + route.encoders() + (route.share() == null ? "" : " for a share of " + route.share()), principal, all -> {
            all.put(name, route);
            return all;
        });
    }

    /** Sends them to the pipeline's own encoder again. @throws RegistryException if there is no such route */
    public PipelineRoutes remove(String name, String principal) {
        return change(name, name + " -> the pipeline's own", principal, all -> {
            if (all.remove(name) == null) {
                throw new RegistryException("pipeline '" + pipeline + "' has no route of '" + name + "'");
            }
            return all;
        });
    }

    private synchronized PipelineRoutes change(String name, String what, String principal, UnaryOperator<Map<String, Route>> change) {
        String target = pipeline + ": " + what;
        PipelineRoutes[] written = new PipelineRoutes[1];
        try {
            Optional<PipelineRoutes> before = registry.routes(pipeline);
            Map<String, Route> wanted = change.apply(new LinkedHashMap<>(before.map(PipelineRoutes::routes).orElseGet(() -> routes == null ? Map.of() : routes)));
            install(wanted, failures -> {
                if (failures.containsKey(name)) {
                    throw failures.get(name);
                }
                written[0] = registry.advanceRoutes(pipeline, before.map(PipelineRoutes::generation).orElse(0L), wanted, principal);
                return written[0].generation();
            });
        } catch (RuntimeException e) {
            PipelineReconciler.auditFailure(registry, principal, "route", target, e);
            throw e;
        }
        registry.audit(principal, "route", target, "generation " + written[0].generation());
        return written[0];
    }

    /** @param commit given those whose encoders are refused, the generation that counts from then on; if it throws, nothing changes */
    private void install(Map<String, Route> wanted, ToLongFunction<Map<String, RuntimeException>> commit) {
        Map<String, RuntimeException> failures = new HashMap<>();
        Map<String, RoutedEncoders.Sources> sources = new LinkedHashMap<>();
        wanted.forEach((name, route) -> {
            try {
                sources.put(name, sources(route));
            } catch (RegistryException e) {
                failures.put(name, e);
            }
        });
        encoders.replace(sources, failures, commit, installed -> {
            generation = installed;
            routes = Map.copyOf(wanted);
        });
        tell(failures);
    }

    private RoutedEncoders.Sources sources(Route route) {
        EncoderPair pair = PipelineReconciler.complete(pipeline, route.encoders(), two);
        return new RoutedEncoders.Sources(PipelineReconciler.source(registry, pair.encoder(), EncoderKind.CLIP_TEXT_MODEL, "encoder"), !two ? null
                : PipelineReconciler.source(registry, pair.textEncoder2(), EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION, PipelineState.TEXT_ENCODER_2));
    }

    private void tell(Map<String, RuntimeException> failures) {
        Map<String, String> reasons = new HashMap<>();
        failures.forEach((name, failure) -> reasons.put(name, String.valueOf(failure.getMessage())));
        reasons.forEach((name, reason) -> {
            if (!Objects.equals(refused.get(name), reason)) {
                LOG.error("Pipeline {}: requests of {} are refused: {}", pipeline, name, reason);
            }
        });
        refused = reasons;
        retryAt = clock.instant().plus(RETRY);
    }

    /**
     * The name of the route that a request takes; empty for the pipeline's own encoders.
     *
     * @param tenant {@code null} for none
     * @param identity who sends it, for whom a share always falls the same way; {@code null} if unknown, and chance decides
     * @throws io.advunlearn.pipeline.EncoderUnavailableException if the tenant's route is not known because the registry could never be read
     */
    public Optional<String> choose(String tenant, String identity) {
        Map<String, Route> known = routes;
        if (known == null && tenant != null) {
            throw RoutedEncoders.unavailable(pipeline);
        }
        if (known == null) {
            return Optional.empty();
        }
        if (tenant != null && known.containsKey(tenant)) {
            return Optional.of(tenant);
        }
        Route canary = known.get(PipelineRoutes.CANARY);
        boolean taken = canary != null && (identity == null ? ThreadLocalRandom.current().nextDouble() : place(canary.encoder(), identity)) < canary.share();
        return taken ? Optional.of(PipelineRoutes.CANARY) : Optional.empty();
    }

    /** In [0, 1); depends on the encoder, so that it is not always the same who tries a new one first. */
    private static double place(String encoder, String identity) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest((encoder + "\n" + identity).getBytes(StandardCharsets.UTF_8));
            return ((hash[0] & 0xff) << 16 | (hash[1] & 0xff) << 8 | hash[2] & 0xff) / (double) (1 << 24);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The routes that count in this process, by name. */
    public Map<String, Route> routes() {
        Map<String, Route> known = routes;
        return known == null ? Map.of() : known;
    }

    /** Their generation in the registry, 0 if it says nothing. */
    public long generation() {
        return generation;
    }
}
