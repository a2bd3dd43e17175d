package io.advunlearn.service.jobs;

import ai.djl.Device;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.serving.ServedPipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether an encoder has passed its pipeline's gates: of every concept that its lineage erased, the newest evaluation of exactly these
 * weights must pass. The base encoder is no candidate; the pipeline's floor rules over it.
 */
public final class PromotionGates {

    private final EvaluationJobs evaluations;
    private final EncoderRegistry registry;

    public PromotionGates(EvaluationJobs evaluations, EncoderRegistry registry) {
        this.evaluations = evaluations;
        this.registry = registry;
    }

    /** What an encoder lacks, in one sentence; empty if it may be promoted or the pipeline has no gates. */
    public Optional<String> missing(ServedPipeline pipeline, String encoder) {
        Gates gates = pipeline.settings().gates();
        Optional<EncoderManifest> manifest = gates.configured() && !ComponentSnapshot.BASE_ID.equals(encoder) ? registry.encoder(encoder) : Optional.empty();
        if (manifest.isEmpty()) {
            return Optional.empty();
        }
        String model = Evaluator.digest(pipeline.pipeline().components().baseEncoder());
        List<EvaluationReport> reports = evaluations.reports(pipeline.name(), encoder).stream().filter(report -> report.model().equals(model)).toList();
        return missing(gates, digest(encoder), manifest.get().erasures(), reports)
                .map(reason -> "encoder " + encoder + " does not pass the gates of pipeline " + pipeline.name() + ": " + reason);
    }

    private String digest(String encoder) {
        try (EncoderOnDevice loaded = EncoderOnDevice.load(registry.directory(encoder), Device.cpu())) {
            return Evaluator.digest(loaded.model());
        }
    }

    /**
     * @param digest of the encoder's tensors, as reports have it
     * @param erasures concepts that must have been evaluated; if empty, any one
     * @param reports oldest first
     */
    static Optional<String> missing(Gates gates, String digest, List<String> erasures, List<EvaluationReport> reports) {
        List<EvaluationReport> own = reports.stream().filter(report -> report.encoder().equals(digest)).toList();
        List<String> reasons = new ArrayList<>();
        for (String concept : erasures) {
            lacks(gates, own, concept).ifPresent(reasons::add);
        }
        if (erasures.isEmpty() && own.stream().noneMatch(report -> gates.verdict(report).passed())) {
            reasons.add("no evaluation of it passes");
        }
        return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", reasons));
    }

    private static Optional<String> lacks(Gates gates, List<EvaluationReport> reports, String concept) {
        String name = ErasureFloor.normalise(concept);
        Optional<EvaluationReport> newest = reports.stream().filter(report -> ErasureFloor.normalise(report.request().concept()).equals(name))
                .reduce((older, newer) -> newer);
        if (newest.isEmpty()) {
            return Optional.of("no evaluation of it for " + concept);
        }
        List<String> failed = gates.verdict(newest.get()).failed();
        return failed.isEmpty() ? Optional.empty() : Optional.of("for " + concept + " it fails " + String.join(", ", failed));
    }
}
