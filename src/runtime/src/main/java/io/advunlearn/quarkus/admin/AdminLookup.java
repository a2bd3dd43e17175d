package io.advunlearn.quarkus.admin;

import io.advunlearn.pipeline.EncoderSnapshot;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.jobs.JobDirectory;
import io.advunlearn.quarkus.jobs.Jobs;
import io.advunlearn.quarkus.json.Bodies;
import io.advunlearn.quarkus.json.FieldException;
import io.advunlearn.quarkus.json.JsonFields;
import io.advunlearn.quarkus.serving.PipelineManager;
import io.advunlearn.quarkus.serving.ServedPipeline;
import io.advunlearn.registry.EncoderRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.InputStream;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds what a request names, and says so if there is no such thing. */
@ApplicationScoped
class AdminLookup {

    static final int NAME_CHARACTERS = 200;

    private final PipelineManager pipelines;
    private final EncoderRegistry registry;
    private final long bodyLimit;

    AdminLookup(PipelineManager pipelines, EncoderRegistry registry, AdvUnlearnConfig config) {
        this.pipelines = pipelines;
        this.registry = registry;
        bodyLimit = config.limits().bodySize().asLongValue();
    }

    JsonFields body(InputStream body, String... accepted) {
        return JsonFields.parse(Bodies.read(body, bodyLimit), Set.of(accepted));
    }

    /** As {@link #body}, for requests that may have none. */
    JsonFields optionalBody(InputStream body, String... accepted) {
        byte[] bytes = body == null ? new byte[0] : Bodies.read(body, bodyLimit);
        return JsonFields.parse(bytes.length == 0 ? new byte[] {'{', '}'} : bytes, Set.of(accepted));
    }

    /** The pipeline of a path. */
    ServedPipeline pipeline(String name) {
        return pipelines.find(name).orElseThrow(() -> ProblemException.notFound("there is no pipeline " + name + "; there are: " + names()));
    }

    /** The pipeline of a body's field, which may be left out if there is only one. */
    ServedPipeline pipelineField(JsonFields fields) {
        String name = fields.text("pipeline", NAME_CHARACTERS);
        if (name == null && pipelines.all().size() == 1) {
            return pipelines.all().iterator().next();
        }
        return pipelines.find(name == null ? "" : name)
                .orElseThrow(() -> new FieldException("pipeline", "invalid_value", "pipeline must be one of " + names()));
    }

    /** A registered encoder's id or {@code base}. */
    String encoderField(JsonFields fields) {
        String id = fields.requiredText("encoder", NAME_CHARACTERS);
        if (!id.equals(EncoderSnapshot.BASE_ID) && registry.encoder(id).isEmpty()) {
            throw new FieldException("encoder", "invalid_value", "there is no encoder " + id);
        }
        return id;
    }

    JobDirectory job(Jobs<?> jobs, String id) {
        return jobs.find(id).orElseThrow(() -> ProblemException.notFound("there is no job " + id));
    }

    private String names() {
        return pipelines.all().stream().map(ServedPipeline::name).collect(Collectors.joining(", "));
    }
}
