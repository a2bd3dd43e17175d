package io.advunlearn.service.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.evaluation.FoundPrompt;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.jobs.EvaluationJobs;
import io.advunlearn.service.jobs.EvaluationOrder;
import io.advunlearn.service.jobs.JobDirectory;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Operations on evaluations. */
public final class EvaluationOperations extends JobOperations {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final EvaluationJobs jobs;
    private final EncoderRegistry registry;
    private final AdminLookup lookup;
    private final Identity caller;

    EvaluationOperations(EvaluationJobs jobs, EncoderRegistry registry, AdminLookup lookup, Identity caller) {
        super(jobs, "evaluations");
        this.jobs = jobs;
        this.registry = registry;
        this.lookup = lookup;
        this.caller = caller;
    }

    public Answer start(InputStream body) {
        return AdminAnswers.answer(() -> {
            JsonFields fields = lookup.body(body, "pipeline", "encoder", "concept", "kind", "synonyms", "paraphrases", "replay", "attacks", "retention", "seed", "profile",
                    "budget");
            ServedPipeline pipeline = lookup.pipelineField(fields);
            Long seed = fields.integer("seed", 0, JsonFields.MAX_SAFE_INTEGER);
            String concept = fields.requiredText("concept", AdminLookup.NAME_CHARACTERS);
            List<FoundPrompt> replay = AdminAnswers.checked(() -> jobs.found(fields.texts("replay"), concept));
            EvaluationOrder order = new EvaluationOrder(pipeline.name(), lookup.encoderField(fields), concept, fields.text("kind", AdminLookup.NAME_CHARACTERS),
                    fields.texts("synonyms"), fields.texts("paraphrases"), replay, fields.texts("attacks"), fields.bool("retention", true), seed == null ? 0 : seed,
                    fields.text("profile", AdminLookup.NAME_CHARACTERS), fields.object("budget"), caller.name());
            JobDirectory job = AdminAnswers.checked(() -> jobs.start(pipeline, order));
            registry.audit(caller.name(), "evaluate", pipeline.name() + " -> " + job.id(), "queued");
            return accepted(job);
        });
    }

    @Override
    void cancelled(JobDirectory job) {
        registry.audit(caller.name(), "cancel-evaluation", job.id(), "asked to stop");
    }

    /** With the report once there is one. */
    @Override
    Map<String, Object> members(JobDirectory job) {
        Map<String, Object> members = describe(job);
        Path report = job.path().resolve(EvaluationJobs.REPORT);
        if (Files.exists(report)) {
            members.put("report", readReport(report));
        }
        return members;
    }

    private static Object readReport(Path report) {
        try {
            return MAPPER.readTree(report.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The report for people. */
    public Answer report(String id) {
        return AdminAnswers.answer(() -> AdminAnswers.page(jobs.page(job(id)), "evaluation " + id + " has no report yet"));
    }

    /** The report's images. */
    public Answer contactSheet(String id) {
        return AdminAnswers.answer(() -> {
            Path sheet = job(id).path().resolve(EvaluationJobs.CONTACT_SHEET);
            if (!Files.exists(sheet)) {
                throw ProblemException.notFound("evaluation " + id + " has no contact sheet yet");
            }
            try {
                return new Answer(200, "image/png", Map.of(), Files.readAllBytes(sheet));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
