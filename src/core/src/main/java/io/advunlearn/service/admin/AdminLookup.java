package io.advunlearn.service.admin;

import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.registry.EncoderKind;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineState;
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

    /** A registered CLIPTextModel's id or {@code base}. */
    String encoderField(JsonFields fields) {
        return encoder("encoder", fields.requiredText("encoder", NAME_CHARACTERS));
    }

    /** As {@link #encoder(String, String, EncoderKind)}, of a CLIPTextModel. */
    String encoder(String field, String id) {
        return encoder(field, id, EncoderKind.CLIP_TEXT_MODEL);
    }

    /** @param field that holds the id, for the message; @throws FieldException if there is no such encoder or it is of another kind */
    private String encoder(String field, String id, EncoderKind kind) {
        if (id.equals(ComponentSnapshot.BASE_ID)) {
            return id;
        }
        EncoderManifest manifest = registry.encoder(id).orElseThrow(() -> new FieldException(field, "invalid_value", "there is no encoder " + id));
        if (manifest.architecture() != kind) {
            throw new FieldException(field, "invalid_value", manifest.mismatch(kind, field));
        }
        return id;
    }

    /** The encoders that a body names, one or, where the pipeline has two, both. */
    EncoderPair encoderFields(JsonFields fields, ServedPipeline pipeline) {
        String second = fields.text(PipelineState.TEXT_ENCODER_2, NAME_CHARACTERS);
        if (second == null) {
            return EncoderPair.of(encoderField(fields));
        }
        if (pipeline.pipeline().secondSlot().isEmpty()) {
            throw new FieldException(PipelineState.TEXT_ENCODER_2, "invalid_value",
                    PipelineState.TEXT_ENCODER_2 + " must be left out: pipeline " + pipeline.name() + " has one text encoder");
        }
        String first = fields.text("encoder", NAME_CHARACTERS);
        return new EncoderPair(first == null ? null : encoder("encoder", first),
                encoder(PipelineState.TEXT_ENCODER_2, second, EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION));
    }
}
