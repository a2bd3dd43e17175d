package io.advunlearn.quarkus.openai;

import io.advunlearn.quarkus.serving.PipelineManager;
import io.advunlearn.quarkus.serving.ServedPipeline;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;

/** OpenAI's list of models: the configured pipelines. */
@Path("/v1/models")
@Blocking
public class ModelsResource {

    private final PipelineManager pipelines;
    private final Models models;

    ModelsResource(PipelineManager pipelines, Models models) {
        this.pipelines = pipelines;
        this.models = models;
    }

    @GET
    public Response list() {
        return OpenAiAnswers.json(200, Map.of("object", "list", "data", pipelines.all().stream().map(ModelsResource::describe).toList()))
                .build();
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        try {
            return OpenAiAnswers.json(200, describe(models.resolve(id))).build();
        } catch (RuntimeException e) {
            return OpenAiAnswers.error(e).build();
        }
    }

    private static Map<String, Object> describe(ServedPipeline pipeline) {
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("id", pipeline.name());
        model.put("object", "model");
        model.put("created", pipeline.createdAt().getEpochSecond());
        model.put("owned_by", "advunlearn");
        return model;
    }
}
