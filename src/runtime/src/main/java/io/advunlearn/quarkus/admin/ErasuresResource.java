package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.jobs.ErasureJobs;
import io.advunlearn.quarkus.jobs.ErasureOrder;
import io.advunlearn.quarkus.jobs.JobDirectory;
import io.advunlearn.quarkus.jobs.JobState;
import io.advunlearn.quarkus.jobs.JobStatus;
import io.advunlearn.quarkus.json.JsonFields;
import io.advunlearn.quarkus.serving.ServedPipeline;
import io.advunlearn.registry.EncoderRegistry;
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
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Erasures: trained in the background, never served before their promotion. */
@Path(AdminBridge.PREFIX + "/erasures")
@AdminOnly
@Blocking
public class ErasuresResource {

    private static final String COLLECTION = "erasures";

    private final ErasureJobs jobs;
    private final EncoderRegistry registry;
    private final AdminLookup lookup;

    ErasuresResource(ErasureJobs jobs, EncoderRegistry registry, AdminLookup lookup) {
        this.jobs = jobs;
        this.registry = registry;
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
            JsonFields fields = lookup.body(body, "pipeline", "concept", "kind", "method", "profile", "seed", "settings", "promote");
            ServedPipeline pipeline = lookup.pipelineField(fields);
            Long seed = fields.integer("seed", 0, JsonFields.MAX_SAFE_INTEGER);
            ErasureOrder order = new ErasureOrder(pipeline.name(), fields.requiredText("concept", AdminLookup.NAME_CHARACTERS),
                    fields.text("kind", AdminLookup.NAME_CHARACTERS), fields.text("method", AdminLookup.NAME_CHARACTERS),
                    fields.text("profile", AdminLookup.NAME_CHARACTERS), seed == null ? 0 : seed, fields.object("settings"),
                    fields.oneOf("promote", List.of("manual")), AdminAnswers.PRINCIPAL);
            JobDirectory job = AdminAnswers.checked(() -> jobs.start(pipeline, order));
            registry.audit(AdminAnswers.PRINCIPAL, "erase", pipeline.name() + " -> " + job.id(), "queued");
            return JobAnswers.accepted(job, COLLECTION);
        });
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return AdminAnswers.answer(() -> AdminAnswers.json(200, JobAnswers.describe(lookup.job(jobs, id))).build());
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
            registry.audit(AdminAnswers.PRINCIPAL, "cancel-erasure", id, "asked to stop");
            return JobAnswers.accepted(job, COLLECTION);
        });
    }

    @POST
    @Path("{id}/resume")
    public Response resume(@PathParam("id") String id) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = lookup.job(jobs, id);
            jobs.resume(job, lookup.pipeline(job.request().path("pipeline").asText()));
            registry.audit(AdminAnswers.PRINCIPAL, "resume-erasure", id, "queued");
            return JobAnswers.accepted(job, COLLECTION);
        });
    }

    /** Makes the candidate the pipeline's encoder, under the same rules as any other swap. */
    @POST
    @Path("{id}/promotion")
    @Consumes(MediaType.WILDCARD)
    public Response promote(@PathParam("id") String id, InputStream body) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = lookup.job(jobs, id);
            JsonFields fields = lookup.optionalBody(body, "weaken");
            JobStatus status = job.status();
            if (status.state() != JobState.SUCCEEDED) {
                throw new ProblemException(Problem.of(409, "erasure " + id + " is " + status.state().word() + "; only a succeeded one has a candidate"));
            }
            ServedPipeline pipeline = lookup.pipeline(job.request().path("pipeline").asText());
            return PipelinesResource.swapped(
                    pipeline.promote((String) status.result().get("encoder"), AdminAnswers.PRINCIPAL, fields.bool("weaken", false)));
        });
    }
}
