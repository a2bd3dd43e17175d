package io.advunlearn.registry;

import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.pipeline.ComponentSlot;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.EncoderSlot;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.JointSwap;
import io.advunlearn.pipeline.OvertakenSwapException;
import io.advunlearn.pipeline.SwapRehearsal;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keeps one pipeline's text encoders at the newest state of the registry, and changes that state. A promotion verifies the encoders
 * first, then writes the state, then flips: a crash leaves the old state or the new one, and a restart serves whichever it is. SDXL's two
 * encoders change together, as one generation, also where only one of them becomes another. Thread-safe.
 */
public final class PipelineReconciler {

    private final String pipeline;
    private final EncoderRegistry registry;
    private final EncoderSlot slot;
    private final ComponentSlot<ClipTextModelWithProjection> second;
    private final ErasureFloor configured;

    /** As below, of a pipeline with one text encoder. */
    public PipelineReconciler(String pipeline, EncoderRegistry registry, EncoderSlot slot) {
        this(pipeline, registry, slot, null);
    }

    /** As below, of all text encoders of a loaded pipeline. */
    public PipelineReconciler(String pipeline, EncoderRegistry registry, TextToImagePipeline loaded) {
        this(pipeline, registry, loaded.slot(), loaded.secondSlot().orElse(null));
    }

    /**
     * @param slot whose floor is the configured one; the registry's is united with it
     * @param second the second text encoder's slot, {@code null} if the pipeline has one encoder
     */
    public PipelineReconciler(String pipeline, EncoderRegistry registry, EncoderSlot slot, ComponentSlot<ClipTextModelWithProjection> second) {
        this.pipeline = RegistryNames.requireId("pipeline", pipeline);
        this.registry = registry;
        this.slot = slot;
        this.second = second;
        this.configured = slot.floor();
    }

    /**
     * Brings the slots to the newest state; at start-up and whenever another replica may have changed it.
     *
     * @return the swap, empty if the slots were there already
     * @throws RegistryException if the registry cannot be trusted
     * @throws io.advunlearn.pipeline.SwapException if a demanded encoder does not pass its checks; the slots keep what they have
     */
    public Optional<SwapResult> reconcile() {
        PipelineState state = registry.state(pipeline).orElse(null);
        applyFloor(state);
        if (state == null) {
            slot.demandBase();
            return Optional.empty();
        }
        if (slot.status().generation() >= state.generation()) {
            return Optional.empty();
        }
        try {
            return Optional.of(swap(sources(complete(state.encoders())), state.generation(), state.weakened(), state::generation));
        } catch (OvertakenSwapException e) {
            // a promotion at this replica was there first
            return Optional.empty();
        }
    }

    /** As {@link #promote(EncoderPair, String, boolean)}, within the floor, of the text encoder alone. */
    public SwapResult promote(String encoderId, String principal) {
        return promote(encoderId, principal, false);
    }

    /** As {@link #promote(EncoderPair, String, boolean)}, of the text encoder alone. */
    public SwapResult promote(String encoderId, String principal, boolean weaken) {
        return promote(EncoderPair.of(encoderId), principal, weaken);
    }

    /**
     * Makes encoders the desired and active ones, at one moment and as one new generation, or changes nothing.
     *
     * @param change registered encoders' ids, or {@code base}; {@code null} leaves that encoder as it is
     * @param principal who asks, for the audit log
     * @param weaken an administrator's explicit permission to go below the floor
     * @throws ConflictException if another replica changed the pipeline meanwhile; the slots keep what they have
     * @throws RegistryException if an encoder is not registered or of the wrong kind, or the pipeline has no second text encoder
     * @throws io.advunlearn.pipeline.SwapException if an encoder is refused
     */
    public SwapResult promote(EncoderPair change, String principal, boolean weaken) {
        return audited(principal, weaken ? "promote-weakened" : "promote", change, () -> {
            PipelineState state = registry.state(pipeline).orElse(null);
            return activate(state, completed(change, state), principal, weaken);
        });
    }

    /**
     * Does everything that {@link #promote(EncoderPair, String, boolean)} does before it writes the state, frees what it loaded, and changes
     * nothing but the audit log.
     *
     * @throws RegistryException as a promotion
     * @throws io.advunlearn.pipeline.SwapException as a promotion
     */
    public SwapRehearsal rehearse(EncoderPair change, String principal, boolean weaken) {
        return audited(principal, "dry-run", change, () -> {
            PipelineState state = registry.state(pipeline).orElse(null);
            Plan plan = plan(state, completed(change, state), weaken);
            List<SwapRehearsal> all = swap(plan.sources).rehearse(plan.generation + 1, weaken);
            return second == null ? all.get(0) : all.get(0).with(all.get(1));
        }, rehearsal -> "would be generation " + rehearsal.generation());
    }

    private static EncoderPair completed(EncoderPair change, PipelineState state) {
        return change.orElse(state == null ? EncoderPair.BASE : state.encoders());
    }

    /** Back to the encoders before, as a new generation; under the same rules as a promotion. */
    public SwapResult rollback(String principal, boolean weaken) {
        PipelineState state = registry.state(pipeline)
                .orElseThrow(() -> new RegistryException("pipeline '" + pipeline + "' has no encoder to roll back to"));
        EncoderPair target = second == null ? state.previousEncoders() : state.previousEncoders().orBase();
        return audited(principal, weaken ? "rollback-weakened" : "rollback", target, () -> activate(state, target, principal, weaken));
    }

    /** What a change or a state says, for the encoders that this pipeline has. */
    private EncoderPair complete(EncoderPair encoders) {
        return complete(pipeline, encoders, second != null);
    }

    /** @throws RegistryException if they are more than the pipeline has */
    static EncoderPair complete(String pipeline, EncoderPair encoders, boolean two) {
        if (two) {
            return encoders.orBase();
        }
        if (encoders.textEncoder2() != null && !ComponentSnapshot.BASE_ID.equals(encoders.textEncoder2())) {
            throw new RegistryException("pipeline '" + pipeline + "' has one text encoder, it cannot serve " + PipelineState.TEXT_ENCODER_2 + " '"
                    + encoders.textEncoder2() + "'");
        }
        return EncoderPair.of(encoders.encoder());
    }

    /** What the slots load; {@code null} is the base encoder. */
    private record Sources(ComponentSource encoder, ComponentSource textEncoder2) { }

    /**
     * A change that was looked up and can be tried.
     *
     * @param generation that it follows
     * @param below whether it goes below the floor and may
     */
    private record Plan(long generation, EncoderPair encoders, Sources sources, boolean below, List<String> required) { }

    private Plan plan(PipelineState state, EncoderPair wanted, boolean weaken) {
        applyFloor(state);
        EncoderPair encoders = complete(wanted);
        Sources sources = sources(encoders);
        boolean below = weaken && (lacks(sources.encoder) || second != null && lacks(sources.textEncoder2));
        return new Plan(state == null ? 0 : state.generation(), encoders, sources, below, state == null ? List.of() : state.requiredErasures());
    }

    private SwapResult activate(PipelineState state, EncoderPair wanted, String principal, boolean weaken) {
        Plan plan = plan(state, wanted, weaken);
        return swap(plan.sources, plan.generation + 1, weaken, () -> commit(plan, principal));
    }

    private boolean lacks(ComponentSource source) {
        return !slot.floor().missing(source == null ? List.of() : source.erasures()).isEmpty();
    }

    private SwapResult swap(Sources sources, long generation, boolean weaken, LongSupplier commit) {
        List<SwapResult> all = swap(sources).run(generation, weaken, commit);
        return second == null ? all.get(0) : all.get(0).with(all.get(1));
    }

    private JointSwap swap(Sources sources) {
        JointSwap swap = new JointSwap().put(slot, sources.encoder);
        return second == null ? swap : swap.put(second, sources.textEncoder2);
    }

    /** A weakening that cannot be audited does not happen. */
    private long commit(Plan plan, String principal) {
        if (plan.below) {
            registry.audit(principal, "weaken", pipeline + " -> " + plan.encoders, "allowed below the floor " + slot.floor().required());
        }
        return registry.advance(pipeline, plan.generation, plan.encoders, plan.below, plan.required, principal).generation();
    }

    private void applyFloor(PipelineState state) {
        slot.floor(state == null ? configured : configured.union(state.requiredErasures()));
    }

    private Sources sources(EncoderPair encoders) {
        return new Sources(source(encoders.encoder(), EncoderKind.CLIP_TEXT_MODEL, "encoder"), second == null ? null
                : source(encoders.textEncoder2(), EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION, PipelineState.TEXT_ENCODER_2));
    }

    private ComponentSource source(String encoderId, EncoderKind kind, String field) {
        return source(registry, encoderId, kind, field);
    }

    /** {@code null} for the base encoder. @throws RegistryException if it is not registered or of another kind */
    static ComponentSource source(EncoderRegistry registry, String encoderId, EncoderKind kind, String field) {
        if (ComponentSnapshot.BASE_ID.equals(encoderId)) {
            return null;
        }
        EncoderManifest manifest = registry.encoder(encoderId).orElseThrow(() -> EncoderStore.unknown(encoderId));
        manifest.require(kind, field);
        return manifest.source(registry.directory(encoderId));
    }

    private SwapResult audited(String principal, String action, EncoderPair encoders, Supplier<SwapResult> change) {
        return audited(principal, action, encoders, change, result -> "generation " + result.generation());
    }

    private <T> T audited(String principal, String action, EncoderPair encoders, Supplier<T> change, Function<T, String> outcome) {
        String target = pipeline + " -> " + encoders;
        T result;
        try {
            result = change.get();
        } catch (RuntimeException e) {
            auditFailure(registry, principal, action, target, e);
            throw e;
        }
        registry.audit(principal, action, target, outcome.apply(result));
        return result;
    }

    /** The failure goes on, whether it could be audited or not. */
    static void auditFailure(EncoderRegistry registry, String principal, String action, String target, RuntimeException failure) {
        try {
            registry.audit(principal, action, target, "refused: " + failure.getMessage());
        } catch (RegistryException e) {
            failure.addSuppressed(e);
        }
    }
}
