package io.advunlearn.service.admin;

import io.advunlearn.erasure.ErasureConcept;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.jobs.ErasureJobs;
import io.advunlearn.service.jobs.ErasureOrder;
import io.advunlearn.service.jobs.EvaluationJobs;
import io.advunlearn.service.jobs.JobDirectory;
import io.advunlearn.service.jobs.JobState;
import io.advunlearn.service.jobs.JobStatus;
import io.advunlearn.service.jobs.PromotionPolicy;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Operations on erasures. */
public final class ErasureOperations extends JobOperations {

    private static final long MAX_SECONDS = Duration.ofDays(365).toSeconds();

    private final ErasureJobs jobs;
    private final EvaluationJobs evaluations;
    private final EncoderRegistry registry;
    private final Promotion promotion;
    private final AdminLookup lookup;
    private final Identity caller;

    ErasureOperations(ErasureJobs jobs, EvaluationJobs evaluations, EncoderRegistry registry, Promotion promotion, AdminLookup lookup,
            Identity caller) {
        super(jobs, "erasures");
        this.jobs = jobs;
        this.evaluations = evaluations;
        this.registry = registry;
        this.promotion = promotion;
        this.lookup = lookup;
        this.caller = caller;
    }

    public Answer start(InputStream body) {
        return AdminAnswers.answer(() -> {
            JsonFields fields = lookup.body(body, "pipeline", "concept", "kind", "prompts", "concepts", "method", "profile", "seed", "settings",
                    "from", "retain", "max_seconds", "promotion", "share", "evaluation", "promote");
            ServedPipeline pipeline = lookup.pipelineField(fields);
            JobDirectory job = AdminAnswers.checked(() -> jobs.start(pipeline, order(fields, pipeline)));
            registry.audit(caller.name(), "erase", pipeline.name() + " -> " + job.id(), "queued");
            return accepted(job);
        });
    }

    private ErasureOrder order(JsonFields fields, ServedPipeline pipeline) {
        List<ErasureConcept> concepts = concepts(fields);
        Long seed = fields.integer("seed", 0, JsonFields.MAX_SAFE_INTEGER);
        return new ErasureOrder(pipeline.name(), concepts.get(0).concept(), concepts.get(0).kind(), concepts,
                fields.text("method", AdminLookup.NAME_CHARACTERS), fields.text("profile", AdminLookup.NAME_CHARACTERS), seed == null ? 0 : seed,
                fields.object("settings"), from(fields, pipeline), fields.texts("retain"), fields.integer("max_seconds", 1, MAX_SECONDS),
                policy(fields), share(fields), evaluation(fields), caller.name());
    }

    /** {@code promote} is the older name, from when there was nothing to choose. */
    private static PromotionPolicy policy(JsonFields fields) {
        fields.oneOf("promote", List.of(PromotionPolicy.MANUAL.word()));
        String word = fields.oneOf("promotion", PromotionPolicy.words());
        return word == null ? PromotionPolicy.MANUAL : PromotionPolicy.of(word);
    }

    private static Double share(JsonFields fields) {
        PromotionPolicy policy = policy(fields);
        Double share = fields.number("share", RouteOperations.LEAST_SHARE, 1);
        if ((policy == PromotionPolicy.CANARY) != (share != null)) {
            throw new FieldException("share", "invalid_value", share == null ? "share is required for promotion " + policy.word() + " and must be a number up to 1"
                    : "share must be left out: only promotion canary takes one");
        }
        return share;
    }

    private static ErasureOrder.EvaluationTerms evaluation(JsonFields fields) {
        JsonFields evaluation = fields.part("evaluation", Set.of("profile", "budget"));
        if (evaluation == null) {
            return null;
        }
        if (policy(fields) == PromotionPolicy.MANUAL) {
            throw new FieldException("evaluation", "invalid_value", "evaluation must be left out: promotion manual evaluates nothing");
        }
        return new ErasureOrder.EvaluationTerms(evaluation.text("profile", AdminLookup.NAME_CHARACTERS), evaluation.object("budget"));
    }

    /** {@code concepts}, or the one whose members stand in the body itself. */
    private static List<ErasureConcept> concepts(JsonFields fields) {
        List<JsonFields> several = fields.objects("concepts", Set.of("concept", "kind", "prompts"));
        if (several == null) {
            return List.of(concept(fields));
        }
        if (several.isEmpty() || fields.text("concept", AdminLookup.NAME_CHARACTERS) != null) {
            throw new FieldException("concepts", "invalid_value", "concepts must hold at least one concept and stand alone, without concept");
        }
        return several.stream().map(ErasureOperations::concept).toList();
    }

    private static ErasureConcept concept(JsonFields fields) {
        return new ErasureConcept(fields.requiredText("concept", AdminLookup.NAME_CHARACTERS), fields.text("kind", AdminLookup.NAME_CHARACTERS),
                fields.texts("prompts"));
    }

    /** The active encoder unless the request says otherwise; resolved now, so that a later swap does not change what a resumed job does. */
    private String from(JsonFields fields, ServedPipeline pipeline) {
        String from = fields.text("from", AdminLookup.NAME_CHARACTERS);
        return from == null || from.equals("active") ? pipeline.pipeline().slot().status().encoder() : lookup.encoder("from", from);
    }

    @Override
    void cancelled(JobDirectory job) {
        registry.audit(caller.name(), "cancel-erasure", job.id(), "asked to stop");
    }

    /** Goes on from the checkpoint. */
    public Answer resume(String id) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = job(id);
            jobs.resume(job, pipelineOf(job));
            registry.audit(caller.name(), "resume-erasure", id, "queued");
            return accepted(job);
        });
    }

    /** Makes the candidate the pipeline's encoder, under the same rules as any other swap. @param body may be null or empty */
    public Answer promote(String id, InputStream body) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = job(id);
            JsonFields fields = lookup.optionalBody(body, Promotion.WEAKEN, Promotion.OVERRIDE);
            JobStatus status = job.status();
            if (status.state() != JobState.SUCCEEDED) {
                throw new ProblemException(
                        Problem.of(409, "erasure " + id + " is " + status.state().word() + "; only a succeeded one has a candidate"));
            }
            return PipelineOperations.swapped(promotion.promote(pipelineOf(job), EncoderPair.of((String) status.result().get("encoder")), fields));
        });
    }

    /** The candidate's page: its newest evaluation with the erasure's curves, or these alone before there is one. */
    public Answer report(String id) {
        return AdminAnswers.answer(() -> AdminAnswers.page(evaluations.pageOfEncoder(job(id).id()), "erasure " + id + " has no report yet"));
    }

    private ServedPipeline pipelineOf(JobDirectory job) {
        return lookup.pipeline(job.request().path("pipeline").asText());
    }
}
