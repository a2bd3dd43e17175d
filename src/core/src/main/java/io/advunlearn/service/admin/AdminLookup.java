package io.advunlearn.service.admin;

import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.json.Bodies;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds what a request names, and says so if there is no such thing. */
final class AdminLookup {

    static final int NAME_CHARACTERS = 200;

    private final Pipelines pipelines;
    private final EncoderRegistry registry;
    private final long bodyLimit;

    AdminLookup(Pipelines pipelines, EncoderRegistry registry, long bodyLimit) {
        this.pipelines = pipelines;
        this.registry = registry;
        this.bodyLimit = bodyLimit;
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
        return pipelines.find(name).orElseThrow(
                () -> ProblemException.notFound("there is no pipeline " + name + "; there are: " + pipelines.names()));
    }

    /** The pipeline of a body's field, which may be left out if there is only one. */
    ServedPipeline pipelineField(JsonFields fields) {
        String name = fields.text("pipeline", NAME_CHARACTERS);
        List<ServedPipeline> all = new ArrayList<>(pipelines.all());
        if (name == null && all.size() == 1) {
            return all.get(0);
        }
        return pipelines.find(name == null ? "" : name)
                .orElseThrow(() -> new FieldException("pipeline", "invalid_value", "pipeline must be one of " + pipelines.names()));
    }

    /** A registered encoder's id or {@code base}. */
    String encoderField(JsonFields fields) {
        return encoder("encoder", fields.requiredText("encoder", NAME_CHARACTERS));
    }

    /** @param field that holds the id, for the message */
    String encoder(String field, String id) {
        if (!id.equals(ComponentSnapshot.BASE_ID) && registry.encoder(id).isEmpty()) {
            throw new FieldException(field, "invalid_value", "there is no encoder " + id);
        }
        return id;
    }
}
