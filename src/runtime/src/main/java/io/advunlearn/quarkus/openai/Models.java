package io.advunlearn.quarkus.openai;

import io.advunlearn.quarkus.json.FieldException;
import io.advunlearn.quarkus.serving.PipelineManager;
import io.advunlearn.quarkus.serving.ServedPipeline;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.stream.Collectors;

/** Which pipeline a request's {@code model} means. */
@ApplicationScoped
class Models {

    private final PipelineManager pipelines;

    Models(PipelineManager pipelines) {
        this.pipelines = pipelines;
    }

    /** @param name a pipeline's name, {@code null} for the only one */
    ServedPipeline resolve(String name) {
        if (name == null) {
            if (pipelines.all().size() != 1) {
                throw new FieldException("model", "missing_required_parameter", "model is required and must be one of " + names());
            }
            return pipelines.all().iterator().next();
        }
        return pipelines.find(name).orElseThrow(() -> OpenAiException.invalid(404, "model", "model_not_found",
                "the model " + name + " does not exist; there are: " + names()));
    }

    private String names() {
        return pipelines.all().stream().map(ServedPipeline::name).collect(Collectors.joining(", "));
    }
}
