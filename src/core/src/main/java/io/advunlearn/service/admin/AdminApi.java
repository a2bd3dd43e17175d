package io.advunlearn.service.admin;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.EncoderUploads;
import io.advunlearn.registry.PipelineReferences;
import io.advunlearn.registry.ReferenceRun;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.jobs.ErasureJobs;
import io.advunlearn.service.jobs.EvaluationJobs;
import io.advunlearn.service.jobs.PromotionGates;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Pipelines;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The admin API without its transport: a host finds the operation for a request, checks who sends it, and sends the answer. No
 * operation throws; whatever goes wrong is answered by a problem document. They block: a host calls them on a worker thread.
 */
public final class AdminApi {

    /** Where hosts mount it. */
    public static final String PREFIX = "/admin/advunlearn";

    private static final int AUDIT_ENTRIES = 200;

    private final Parts parts;
    private final Identity caller;

    /**
     * @param importDirectory the only directory from which encoders are imported; empty to import none
     * @param uploads encoders that arrive in parts
     * @param bodyLimit bytes of a request body, the parts' aside
     */
    public AdminApi(Pipelines pipelines, EncoderRegistry registry, ErasureJobs erasures, EvaluationJobs evaluations,
            Optional<Path> importDirectory, EncoderUploads uploads, long bodyLimit) {
        this(new Parts(pipelines, registry, erasures, evaluations, new ImportDirectory(importDirectory), new AdminLookup(pipelines, registry, bodyLimit),
                new PromotionGates(evaluations, registry), uploads,
                new PipelineReferences(() -> pipelines.all().stream().flatMap(pipeline -> pipeline.components().stream()))), Identity.LOCAL);
    }

    /** What the operations of every caller work on. */
    private record Parts(Pipelines pipelines, EncoderRegistry registry, ErasureJobs erasures, EvaluationJobs evaluations, ImportDirectory imports,
            AdminLookup lookup, PromotionGates gates, EncoderUploads uploads, ReferenceRun references) { }

    private AdminApi(Parts parts, Identity caller) {
        this.parts = parts;
        this.caller = caller;
    }

    /**
     * The same operations on behalf of somebody, whom the audit log names and whose role decides what fields of a body may ask for. Whether the
     * role is enough for the operation itself the host checks before, see {@link AdminPermissions}.
     */
    public AdminApi as(Identity caller) {
        return new AdminApi(parts, caller);
    }

    private Promotion promotion() {
        return new Promotion(parts.gates, parts.registry, caller);
    }

    /** Registered encoders. */
    public EncoderOperations encoders() {
        return new EncoderOperations(parts.registry, parts.imports, parts.lookup, parts.references, new EncoderLineage(parts.registry, parts.evaluations), caller);
    }

    /** Encoders that arrive in parts. */
    public UploadOperations uploads() {
        return new UploadOperations(parts.uploads, parts.registry, parts.references, parts.lookup, caller);
    }

    /** The registry as a whole. */
    public RegistryOperations registry() {
        return new RegistryOperations(parts.registry, parts.lookup, caller);
    }

    /** The pipelines and their text encoders. */
    public PipelineOperations pipelines() {
        return new PipelineOperations(parts.pipelines, parts.registry, promotion(), parts.lookup, caller);
    }

    /** Images by encoders that are not active, for administrators. */
    public PreviewOperations previews() {
        return new PreviewOperations(parts.registry, parts.lookup, caller);
    }

    /** Whose requests other encoders draw than the pipelines'. */
    public RouteOperations routes() {
        return new RouteOperations(promotion(), parts.lookup, caller);
    }

    /** Erasures: trained in the background, never served before their promotion. */
    public ErasureOperations erasures() {
        return new ErasureOperations(parts.erasures, parts.evaluations, parts.registry, promotion(), parts.lookup, caller);
    }

    /** Evaluations: how well attacks reach a concept through an encoder. */
    public EvaluationOperations evaluations() {
        return new EvaluationOperations(parts.evaluations, parts.registry, parts.lookup, caller);
    }

    /** Who did what, newest first. */
    public Answer audit() {
        return AdminAnswers.answer(() -> Answer.json(200, Map.of("audit", parts.registry.auditTrail(AUDIT_ENTRIES))));
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
