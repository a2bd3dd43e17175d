package io.advunlearn.registry;

import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.EncoderSlot;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.SwapResult;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps one pipeline's slot at the newest state of the registry, and changes that state. A promotion verifies the encoder
 * first, then writes the state, then flips: a crash leaves the old state or the new one, and a restart serves whichever it is.
 * Thread-safe.
 */
public final class PipelineReconciler {

    private final String pipeline;
    private final EncoderRegistry registry;
    private final EncoderSlot slot;
    private final ErasureFloor configured;

    /** @param slot whose floor is the configured one; the registry's is united with it */
    public PipelineReconciler(String pipeline, EncoderRegistry registry, EncoderSlot slot) {
        this.pipeline = RegistryNames.requireId("pipeline", pipeline);
        this.registry = registry;
        this.slot = slot;
        this.configured = slot.floor();
    }

    /**
     * Brings the slot to the newest state; at start-up and whenever another replica may have changed it.
     *
     * @return the swap, empty if the slot was there already
     * @throws RegistryException if the registry cannot be trusted
     * @throws io.advunlearn.pipeline.SwapException if the demanded encoder does not pass its checks; the slot keeps what it has
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
        return Optional.of(slot.swap(new SwapRequest(source(state.encoder()), state.generation(), state.weakened())));
    }

    /** As {@link #promote(String, String, boolean)}, within the floor. */
    public SwapResult promote(String encoderId, String principal) {
        return promote(encoderId, principal, false);
    }

    /**
     * Makes an encoder the desired and active one.
     *
     * @param encoderId a registered encoder, or {@code base}
     * @param principal who asks, for the audit log
     * @param weaken an administrator's explicit permission to go below the floor
     * @throws ConflictException if another replica changed the pipeline meanwhile; the slot keeps what it has
     * @throws io.advunlearn.pipeline.SwapException if the encoder is refused
     */
    public SwapResult promote(String encoderId, String principal, boolean weaken) {
        return audited(principal, weaken ? "promote-weakened" : "promote", encoderId,
                () -> activate(registry.state(pipeline).orElse(null), encoderId, principal, weaken));
    }

    /** Back to the encoder before, as a new generation; under the same rules as a promotion. */
    public SwapResult rollback(String principal, boolean weaken) {
        PipelineState state = registry.state(pipeline)
                .orElseThrow(() -> new RegistryException("pipeline '" + pipeline + "' has no encoder to roll back to"));
        String target = state.previous() == null ? ComponentSnapshot.BASE_ID : state.previous();
        return audited(principal, weaken ? "rollback-weakened" : "rollback", target, () -> activate(state, target, principal, weaken));
    }

    private SwapResult activate(PipelineState state, String encoderId, String principal, boolean weaken) {
        applyFloor(state);
        ComponentSource source = source(encoderId);
        long generation = state == null ? 0 : state.generation();
        List<String> required = state == null ? List.of() : state.requiredErasures();
        boolean below = weaken && !slot.floor().missing(source == null ? List.of() : source.erasures()).isEmpty();
        return slot.swap(new SwapRequest(source, generation + 1, weaken),
                () -> commit(generation, encoderId, below, required, principal));
    }

    /** A weakening that cannot be audited does not happen. */
    private long commit(long generation, String encoderId, boolean below, List<String> required, String principal) {
        if (below) {
            registry.audit(principal, "weaken", pipeline + " -> " + encoderId, "allowed below the floor " + slot.floor().required());
        }
        return registry.advance(pipeline, generation, encoderId, below, required, principal).generation();
    }

    private void applyFloor(PipelineState state) {
        slot.floor(state == null ? configured : configured.union(state.requiredErasures()));
    }

    /** {@code null} for the base encoder. */
    private ComponentSource source(String encoderId) {
        if (ComponentSnapshot.BASE_ID.equals(encoderId)) {
            return null;
        }
        EncoderManifest manifest = registry.encoder(encoderId).orElseThrow(() -> EncoderStore.unknown(encoderId));
        return manifest.source(registry.directory(encoderId));
    }

    private SwapResult audited(String principal, String action, String encoderId, Supplier<SwapResult> change) {
        String target = pipeline + " -> " + encoderId;
        SwapResult result;
        try {
            result = change.get();
        } catch (RuntimeException e) {
            auditFailure(principal, action, target, e);
            throw e;
        }
        registry.audit(principal, action, target, "generation " + result.generation());
        return result;
    }

    private void auditFailure(String principal, String action, String target, RuntimeException failure) {
        try {
            registry.audit(principal, action, target, "refused: " + failure.getMessage());
        } catch (RegistryException e) {
            failure.addSuppressed(e);
        }
    }
}
