package io.advunlearn.quarkus.admin;

import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.quarkus.json.JsonFields;
import io.advunlearn.quarkus.serving.ImageSize;
import io.advunlearn.quarkus.serving.PipelineManager;
import io.advunlearn.quarkus.serving.ServedPipeline;
import io.advunlearn.registry.EncoderRegistry;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The pipelines and their text encoders. */
@Path(AdminBridge.PREFIX + "/pipelines")
@AdminOnly
@Blocking
public class PipelinesResource {

    private final PipelineManager pipelines;
    private final EncoderRegistry registry;
    private final AdminLookup lookup;

    PipelinesResource(PipelineManager pipelines, EncoderRegistry registry, AdminLookup lookup) {
        this.pipelines = pipelines;
        this.registry = registry;
        this.lookup = lookup;
    }

    @GET
    public Response list() {
        return AdminAnswers.answer(() -> AdminAnswers.json(200, Map.of("pipelines", pipelines.all().stream().map(this::describe).toList())).build());
    }

    @GET
    @Path("{name}")
    public Response get(@PathParam("name") String name) {
        return AdminAnswers.answer(() -> AdminAnswers.json(200, describe(lookup.pipeline(name))).build());
    }

    /** What is active in this replica, and what the registry wants. */
    @GET
    @Path("{name}/text-encoder")
    public Response textEncoder(@PathParam("name") String name) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("active", pipeline.pipeline().slot().status());
            members.put("desired", registry.state(name).orElse(null));
            return AdminAnswers.json(200, members).build();
        });
    }

    @PUT
    @Path("{name}/text-encoder")
    @Consumes(MediaType.WILDCARD)
    public Response swap(@PathParam("name") String name, InputStream body) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            JsonFields fields = lookup.body(body, "encoder", "weaken");
            return swapped(pipeline.promote(lookup.encoderField(fields), AdminAnswers.PRINCIPAL, fields.bool("weaken", false)));
        });
    }

    @POST
    @Path("{name}/text-encoder/rollback")
    @Consumes(MediaType.WILDCARD)
    public Response rollback(@PathParam("name") String name, InputStream body) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            JsonFields fields = lookup.optionalBody(body, "weaken");
            return swapped(pipeline.rollback(AdminAnswers.PRINCIPAL, fields.bool("weaken", false)));
        });
    }

    static Response swapped(SwapResult result) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("encoder", result.encoder());
        members.put("digest", result.digest());
        members.put("generation", result.generation());
        members.put("previous", result.previous());
        members.put("loadMillis", result.loadMillis());
        members.put("verifyMillis", result.verifyMillis());
        members.put("flipMillis", result.flipMillis());
        members.put("drained", result.drained());
        result.drainMillis().ifPresent(millis -> members.put("drainMillis", millis));
        return AdminAnswers.json(200, members).build();
    }

    private Map<String, Object> describe(ServedPipeline pipeline) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", pipeline.name());
        members.put("ready", pipeline.notReady().isEmpty());
        pipeline.notReady().ifPresent(reason -> members.put("notReady", reason));
        members.put("device", pipeline.config().device());
        members.put("size", pipeline.imageSize().map(ImageSize::toString).orElse(null));
        members.put("requiredErasures", pipeline.config().requiredErasures().orElse(List.of()));
        members.put("enforce", pipeline.config().enforce());
        members.put("desired", registry.state(pipeline.name()).orElse(null));
        return members;
    }
}
