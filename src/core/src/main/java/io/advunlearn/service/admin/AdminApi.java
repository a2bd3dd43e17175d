package io.advunlearn.service.admin;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.EncoderUploads;
import io.advunlearn.registry.PipelineReferences;
import io.advunlearn.registry.ReferenceRun;
import io.advunlearn.service.jobs.ErasureJobs;
import io.advunlearn.service.jobs.EvaluationJobs;
import io.advunlearn.service.jobs.PromotionGates;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Pipelines;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The admin API without its transport: a host finds the operation for a request, checks the key, and sends the answer. No
 * operation throws; whatever goes wrong is answered by a problem document. They block: a host calls them on a worker thread.
 */
public final class AdminApi {

    /** Where hosts mount it. */
    public static final String PREFIX = "/admin/advunlearn";

    private static final int AUDIT_ENTRIES = 200;

    private final EncoderRegistry registry;
    private final EncoderOperations encoders;
    private final UploadOperations uploads;
    private final RegistryOperations registryOperations;
    private final PipelineOperations pipelines;
    private final ErasureOperations erasures;
    private final EvaluationOperations evaluations;

    /**
     * @param importDirectory the only directory from which encoders are imported; empty to import none
     * @param uploads encoders that arrive in parts
     * @param bodyLimit bytes of a request body, the parts' aside
     */
    public AdminApi(Pipelines pipelines, EncoderRegistry registry, ErasureJobs erasures, EvaluationJobs evaluations,
            Optional<Path> importDirectory, EncoderUploads uploads, long bodyLimit) {
        this.registry = registry;
        AdminLookup lookup = new AdminLookup(pipelines, registry, bodyLimit);
        Promotion promotion = new Promotion(new PromotionGates(evaluations, registry), registry);
        ReferenceRun references = new PipelineReferences(() -> pipelines.all().stream().flatMap(pipeline -> pipeline.components().stream()));
        this.encoders = new EncoderOperations(registry, new ImportDirectory(importDirectory), lookup, references, new EncoderLineage(registry, evaluations));
        this.uploads = new UploadOperations(uploads, registry, references, lookup);
        registryOperations = new RegistryOperations(registry, lookup);
        this.pipelines = new PipelineOperations(pipelines, registry, promotion, lookup);
        this.erasures = new ErasureOperations(erasures, evaluations, registry, promotion, lookup);
        this.evaluations = new EvaluationOperations(evaluations, lookup);
    }

    /** Registered encoders. */
    public EncoderOperations encoders() {
        return encoders;
    }

    /** Encoders that arrive in parts. */
    public UploadOperations uploads() {
        return uploads;
    }

    /** The registry as a whole. */
    public RegistryOperations registry() {
        return registryOperations;
    }

    /** The pipelines and their text encoders. */
    public PipelineOperations pipelines() {
        return pipelines;
    }

    /** Erasures: trained in the background, never served before their promotion. */
    public ErasureOperations erasures() {
        return erasures;
    }

    /** Evaluations: how well attacks reach a concept through an encoder. */
    public EvaluationOperations evaluations() {
        return evaluations;
    }

    /** Who did what, newest first. */
    public Answer audit() {
        return AdminAnswers.answer(() -> Answer.json(200, Map.of("audit", registry.auditTrail(AUDIT_ENTRIES))));
    }

    /** The JSON schema of a report. @param name {@code evaluation-report.json} or {@code erasure-report.json} */
    public Answer schema(String name) {
        return AdminAnswers.answer(() -> Schemas.get(name));
    }

    /** A path that there is not. @param path below {@link #PREFIX}, without the slash */
    public static Answer nothing(String path) {
        return Problem.of(404, "there is no admin path /" + path).answer();
    }
}
