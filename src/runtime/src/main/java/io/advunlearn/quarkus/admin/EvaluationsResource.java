package io.advunlearn.quarkus.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.quarkus.jobs.EvaluationJobs;
import io.advunlearn.quarkus.jobs.EvaluationOrder;
import io.advunlearn.quarkus.jobs.JobDirectory;
import io.advunlearn.quarkus.json.JsonFields;
import io.advunlearn.quarkus.serving.ServedPipeline;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** Evaluations: how well attacks reach a concept through an encoder. */
@Path(AdminBridge.PREFIX + "/evaluations")
@AdminOnly
@Blocking
public class EvaluationsResource {

    private static final String COLLECTION = "evaluations";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final EvaluationJobs jobs;
    private final AdminLookup lookup;

    EvaluationsResource(EvaluationJobs jobs, AdminLookup lookup) {
        this.jobs = jobs;
        this.lookup = lookup;
    }

    @GET
    public Response list() {
        return AdminAnswers.answer(() -> AdminAnswers.json(200, Map.of(COLLECTION, jobs.all().stream().map(JobAnswers::describe).toList())).build());
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response start(InputStream body) {
        return AdminAnswers.answer(() -> {
            JsonFields fields = lookup.body(body, "pipeline", "encoder", "concept", "kind", "synonyms", "attacks", "retention", "seed", "profile",
                    "budget");
            ServedPipeline pipeline = lookup.pipelineField(fields);
            Long seed = fields.integer("seed", 0, JsonFields.MAX_SAFE_INTEGER);
            EvaluationOrder order = new EvaluationOrder(pipeline.name(), lookup.encoderField(fields),
                    fields.requiredText("concept", AdminLookup.NAME_CHARACTERS), fields.text("kind", AdminLookup.NAME_CHARACTERS),
                    fields.texts("synonyms"), fields.texts("attacks"), fields.bool("retention", true), seed == null ? 0 : seed,
                    fields.text("profile", AdminLookup.NAME_CHARACTERS), fields.object("budget"), AdminAnswers.PRINCIPAL);
            return JobAnswers.accepted(AdminAnswers.checked(() -> jobs.start(pipeline, order)), COLLECTION);
        });
    }

    /** Where it stands, and the report once there is one. */
    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = lookup.job(jobs, id);
            Map<String, Object> members = JobAnswers.describe(job);
            java.nio.file.Path report = job.path().resolve(EvaluationJobs.REPORT);
            if (Files.exists(report)) {
                members.put("report", readReport(report));
            }
            return AdminAnswers.json(200, members).build();
        });
    }

    private static Object readReport(java.nio.file.Path report) {
        try {
            return MAPPER.readTree(report.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @GET
    @Path("{id}/contact-sheet.png")
    public Response contactSheet(@PathParam("id") String id) {
        return AdminAnswers.answer(() -> {
            java.nio.file.Path sheet = lookup.job(jobs, id).path().resolve(EvaluationJobs.CONTACT_SHEET);
            if (!Files.exists(sheet)) {
                throw ProblemException.notFound("evaluation " + id + " has no contact sheet yet");
            }
            return Response.ok(sheet.toFile(), "image/png").build();
        });
    }

    @GET
    @Path("{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public Multi<OutboundSseEvent> events(@PathParam("id") String id, @HeaderParam("Last-Event-ID") String lastEventId, @Context Sse sse) {
        JobDirectory job = jobs.find(id).orElseThrow(() -> new WebApplicationException(Problem.of(404, "there is no job " + id).response()));
        return JobAnswers.events(job, lastEventId, sse);
    }

    @DELETE
    @Path("{id}")
    public Response cancel(@PathParam("id") String id) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = lookup.job(jobs, id);
            jobs.cancel(job);
            return JobAnswers.accepted(job, COLLECTION);
        });
    }
}
