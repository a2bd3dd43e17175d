package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.scheduler.Schedulers;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.RequestedImages;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The fields of a body that say what is drawn. No field can choose an encoder, and none carries tokens, embeddings or latents. */
public final class ImageFields {

    /** Their names. */
    public static final Set<String> NAMES = Set.of("prompt", "n", "size", "seed", "negative_prompt", "num_inference_steps", "guidance_scale", "scheduler");

    static final int NAME_CHARACTERS = 200;

    private ImageFields() {
    }

    /** @throws FieldException naming the field and what is accepted */
    public static RequestedImages parse(JsonFields fields, Limits limits) {
        Long n = fields.integer("n", 1, limits.images());
        int images = n == null ? 1 : n.intValue();
        Long steps = fields.integer("num_inference_steps", 1, limits.steps());
        return new RequestedImages(fields.requiredText("prompt", limits.promptCharacters()), fields.text("negative_prompt", limits.promptCharacters()), images,
                size(fields), fields.integer("seed", 0, JsonFields.MAX_SAFE_INTEGER - images), steps == null ? null : steps.intValue(),
                fields.number("guidance_scale", GenerationRequest.MIN_GUIDANCE, GenerationRequest.MAX_GUIDANCE), scheduler(fields));
    }

    private static String scheduler(JsonFields fields) {
        String name = fields.text("scheduler", NAME_CHARACTERS);
        return FieldException.checked("scheduler", UnaryOperator.identity(), () -> name == null ? null : Schedulers.className(name));
    }

    private static ImageSize size(JsonFields fields) {
        String size = fields.text("size", NAME_CHARACTERS);
        return FieldException.checked("size", reason -> "size must be auto or WIDTHxHEIGHT in pixels, such as 512x768",
                () -> size == null || size.equals("auto") ? null : ImageSize.parse(size));
    }
}
