package io.advunlearn.service.jobs;

import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.evaluation.Detectors;
import io.advunlearn.evaluation.EvaluationRequest;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.pipeline.SwapInProgressException;
import io.advunlearn.registry.ConflictException;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.registry.PipelineRoutes;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.serving.ServedPipeline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.LongSupplier;

/**
 * Does with an erasure's candidate what its order's policy says: evaluates it for every concept of its lineage, and promotes it, or makes it a canary,
 * if it passes the pipeline's gates. Floor and gates hold as for anybody, and nothing overrides them. Interrupted, it goes on where it stopped and
 * promotes once.
 */
final class AutomaticPromotion {

    private static final int SWAP_TRIES = 60;
    private static final long SWAP_PAUSE_MILLIS = 1000;

    private final EvaluationJobs evaluations;
    private final PromotionGates gates;
    private final EncoderRegistry registry;

    AutomaticPromotion(EvaluationJobs evaluations, EncoderRegistry registry) {
        this.evaluations = evaluations;
        this.registry = registry;
        gates = new PromotionGates(evaluations, registry);
    }

    /**
     * Refuses at once what could not be done after the erasure.
     *
     * @throws JobStateException if the pipeline has no gates
     * @throws IllegalArgumentException if its candidate could not be evaluated
     */
    void check(ErasureOrder order, ErasureStart start, ServedPipeline pipeline) {
        if (!pipeline.settings().gates().configured()) {
            throw new JobStateException("promotion " + order.promotion().word() + " needs gates, and pipeline " + pipeline.name()
                    + " has none: configure its gates, or leave promotion out to promote by hand");
        }
        ErasureRequest request = order.request(start);
        Map<String, String> kinds = new LinkedHashMap<>();
        start.concepts().forEach(entry -> kinds.put(entry.concept(), entry.kind()));
        request.concepts().forEach(concept -> kinds.put(concept.concept(), concept.kind()));
        kinds.forEach((concept, kind) -> {
            EvaluationRequest evaluation = evaluation(order, "candidate", concept, kind, pipeline).request();
            Detectors.requireKnown(pipeline.pipeline().components().directory(), pipeline.settings().detectors(), evaluation.kind(), evaluation.concept());
        });
    }

    /**
     * @param job the erasure, held
     * @return what became of the candidate, for the job's result
     * @throws CancellationException if the erasure was cancelled
     */
    Map<String, Object> run(JobDirectory job, ErasureOrder order, ServedPipeline pipeline, EncoderManifest candidate, CancellationToken token) {
        Map<String, Object> outcome = new LinkedHashMap<>();
        outcome.put("policy", order.promotion().word());
        Optional<Long> before = promotedBefore(order, candidate.id());
        if (before.isPresent()) {
            return with(outcome, order, before.get());
        }
        Optional<String> refused = evaluate(job, order, pipeline, candidate, token, outcome).or(() -> gates.missing(pipeline, candidate.id()));
        if (refused.isPresent()) {
            return refused(outcome, order, candidate, refused.get());
        }
        token.throwIfCancelled();
        job.renew();
        try {
            return with(outcome, order, patiently(token, () -> {
                requireAllErasures(pipeline, candidate);
                return activate(order, pipeline, candidate.id());
            }));
        } catch (SwapException | RegistryException e) {
            return refused(outcome, order, candidate, e.getMessage());
        }
    }

    /** A crash may have come between the promotion and the end of the job; whatever was done to the pipeline since then stays. */
    private Optional<Long> promotedBefore(ErasureOrder order, String candidate) {
        if (order.promotion() == PromotionPolicy.CANARY) {
            return registry.routes(order.pipeline()).filter(routes -> isCanary(routes, candidate)).map(PipelineRoutes::generation);
        }
        return registry.history(order.pipeline()).stream().filter(state -> candidate.equals(state.encoder()) && principal(order).equals(state.changedBy()))
                .map(PipelineState::generation).findFirst();
    }

    private static boolean isCanary(PipelineRoutes routes, String candidate) {
        return Optional.ofNullable(routes.routes().get(PipelineRoutes.CANARY)).map(PipelineRoutes.Route::encoder).filter(candidate::equals).isPresent();
    }

    /** @return why it cannot be judged; empty if it can */
    private Optional<String> evaluate(JobDirectory job, ErasureOrder order, ServedPipeline pipeline, EncoderManifest candidate, CancellationToken token,
            Map<String, Object> outcome) {
        List<String> ids = new ArrayList<>();
        outcome.put("evaluations", ids);
        Map<String, LineageEntry> concepts = new LinkedHashMap<>();
        candidate.history().forEach(entry -> concepts.put(ErasureFloor.normalise(entry.concept()), entry));
        for (LineageEntry entry : concepts.values()) {
            String id = job.id() + "-e" + (ids.size() + 1);
            ids.add(id);
            job.append("promotion", Map.of("policy", order.promotion(), "stage", "evaluating", "evaluation", id));
            try {
                evaluations.runWithin(job, id, evaluation(order, candidate.id(), entry.concept(), entry.kind(), pipeline), pipeline, token);
            } catch (CancellationException e) {
                token.throwIfCancelled();
                return Optional.of("evaluation " + id + " was cancelled");
            } catch (IllegalArgumentException e) {
                return Optional.of("evaluation " + id + " failed: " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static EvaluationOrder evaluation(ErasureOrder order, String encoder, String concept, String kind, ServedPipeline pipeline) {
        ErasureOrder.EvaluationTerms terms = order.evaluation() == null ? new ErasureOrder.EvaluationTerms(null, null) : order.evaluation();
        Gates gates = pipeline.settings().gates();
        Set<String> attacks = new LinkedHashSet<>(gates.requiredAttacks());
        attacks.addAll(gates.attackSuccess().keySet());
        attacks.remove(Gates.ANY);
        return new EvaluationOrder(order.pipeline(), encoder, concept, kind, null, null, null, attacks.isEmpty() ? null : List.copyOf(attacks),
                gates.retainedMeanLoss() != null || gates.retainedWorstLoss() != null, order.seed(), terms.profile(), terms.budget(), principal(order), true);
    }

    /** Others may have promoted something else during the erasure, which must not be lost without anybody deciding so. */
    private void requireAllErasures(ServedPipeline pipeline, EncoderManifest candidate) {
        List<String> active = registry.state(pipeline.name()).map(PipelineState::encoder).flatMap(registry::encoder).map(EncoderManifest::erasures).orElse(List.of());
        List<String> missing = ErasureFloor.of(active).missing(candidate.erasures());
        if (!missing.isEmpty()) {
            throw new RegistryException("the encoder that pipeline " + pipeline.name() + " serves by now has erased " + String.join(", ", missing) + " as well");
        }
    }

    private static long activate(ErasureOrder order, ServedPipeline pipeline, String candidate) {
        if (order.promotion() == PromotionPolicy.CANARY) {
            return pipeline.routes().put(PipelineRoutes.CANARY, new PipelineRoutes.Route(candidate, null, order.share()), principal(order)).generation();
        }
        return pipeline.promote(EncoderPair.of(candidate), principal(order), false).generation();
    }

    /** Another swap, or another replica's change, is no reason to give up. */
    private static long patiently(CancellationToken token, LongSupplier promotion) {
        for (int i = 1;; i++) {
            try {
                return promotion.getAsLong();
            } catch (SwapInProgressException | ConflictException e) {
                if (i == SWAP_TRIES) {
                    throw new RegistryException(e.getMessage(), e);
                }
                pause(token);
            }
        }
    }

    private static void pause(CancellationToken token) {
        try {
            Thread.sleep(SWAP_PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        token.throwIfCancelled();
    }

    private static Map<String, Object> with(Map<String, Object> outcome, ErasureOrder order, long generation) {
        outcome.put("outcome", order.promotion() == PromotionPolicy.CANARY ? "canary" : "promoted");
        outcome.put("generation", generation);
        return outcome;
    }

    private Map<String, Object> refused(Map<String, Object> outcome, ErasureOrder order, EncoderManifest candidate, String reason) {
        registry.audit(principal(order), "promote", order.pipeline() + " -> " + candidate.id(), "refused: " + reason);
        outcome.put("outcome", "candidate");
        outcome.put("reason", reason);
        return outcome;
    }

    private static String principal(ErasureOrder order) {
        return "policy/" + order.promotion().word() + " of " + order.principal();
    }
}
