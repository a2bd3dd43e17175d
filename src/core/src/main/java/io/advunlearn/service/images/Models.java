package io.advunlearn.service.images;

import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.ServedPipeline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OpenAI's {@code /v1/models}: the served pipelines, and which of them a request's {@code model} means. */
public final class Models {

    private final Pipelines pipelines;

    public Models(Pipelines pipelines) {
        this.pipelines = pipelines;
    }

    /** All of them. */
    public Answer list() {
        return Answer.json(200, Map.of("object", "list", "data", pipelines.all().stream().map(Models::describe).toList()));
    }

    /** One of them, or 404 in OpenAI's envelope. */
    public Answer get(String id) {
        try {
            return Answer.json(200, describe(resolve(id)));
        } catch (RuntimeException e) {
            return OpenAiErrors.answer(e);
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

    /** @param name a pipeline's name, {@code null} for the only one */
    ServedPipeline resolve(String name) {
        if (name == null) {
            List<ServedPipeline> all = new ArrayList<>(pipelines.all());
            if (all.size() != 1) {
                throw new FieldException("model", "missing_required_parameter", "model is required and must be one of " + pipelines.names());
            }
            return all.get(0);
        }
        return pipelines.find(name).orElseThrow(() -> OpenAiException.invalid(404, "model", "model_not_found",
                "the model " + name + " does not exist; there are: " + pipelines.names()));
    }
}
