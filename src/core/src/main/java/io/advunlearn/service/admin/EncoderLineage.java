package io.advunlearn.service.admin;

import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.registry.EncoderKind;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.service.jobs.EvaluationJobs;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Where encoders come from, down to the one that came with the model. */
final class EncoderLineage {

    private final EncoderRegistry registry;
    private final EvaluationJobs evaluations;

    EncoderLineage(EncoderRegistry registry, EvaluationJobs evaluations) {
        this.registry = registry;
        this.evaluations = evaluations;
    }

    /**
     * One encoder of the chain.
     *
     * @param architecture {@code null} of the base encoder
     * @param digest SHA-256 of its weights; {@code null} if it is not known
     * @param method that made it
     * @param createdAt when it was registered; {@code null} of the base encoder
     * @param added what was erased in this step, with its circumstances
     * @param verdicts what evaluations of it said, oldest first
     */
    record Link(String id, EncoderKind architecture, String digest, String method, Instant createdAt, List<LineageEntry> added,
            List<EvaluationJobs.Judged> verdicts) { }

    /** The encoder first, and last the base encoder, if the chain is known as far as that. */
    List<Link> of(EncoderManifest encoder) {
        List<Link> chain = new ArrayList<>();
        EncoderManifest at = encoder;
        while (at != null) {
            EncoderManifest parent = at.parent() == null || ComponentSnapshot.BASE_ID.equals(at.parent()) ? null : registry.encoder(at.parent()).orElse(null);
            chain.add(link(at, parent));
            if (ComponentSnapshot.BASE_ID.equals(at.parent())) {
                chain.add(new Link(ComponentSnapshot.BASE_ID, null, at.baseDigest(), ComponentSnapshot.BASE_ID, null, List.of(),
                        evaluations.judged(ComponentSnapshot.BASE_ID)));
            }
            at = parent;
        }
        return chain;
    }

    private Link link(EncoderManifest encoder, EncoderManifest parent) {
        List<LineageEntry> history = encoder.history();
        int before = parent == null ? 0 : Math.min(parent.history().size(), history.size());
        return new Link(encoder.id(), encoder.architecture(), encoder.digest(), encoder.method(), encoder.createdAt(), history.subList(before, history.size()),
                evaluations.judged(encoder.id()));
    }
}
