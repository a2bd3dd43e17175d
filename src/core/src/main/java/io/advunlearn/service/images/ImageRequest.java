package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.scheduler.Schedulers;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.Limits;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The body of {@code POST /v1/images/generations}, checked. No field of it can choose an encoder, and none carries tokens,
 * embeddings or latents.
 *
 * @param prompt what to draw
 * @param model a pipeline's name, {@code null} if not said
 * @param n images, at least 1
 * @param size of the images, {@code null} for the pipeline's own
 * @param seed of the first image, {@code null} for a random one; image i has seed + i
 * @param negativePrompt what to steer away from, {@code null} for nothing
 * @param steps denoising steps, {@code null} for the pipeline's default
 * @param guidanceScale 1 to 20, {@code null} for the pipeline's default
 * @param scheduler a scheduler's class in diffusers, {@code null} for the pipeline's own
 * @param output how the answer is wanted
 */
record ImageRequest(String prompt, String model, int n, ImageSize size, Long seed, String negativePrompt, Integer steps,
        Double guidanceScale, String scheduler, OutputFields output) {

    private static final Set<String> FIELDS = Stream.concat(OutputFields.NAMES.stream(), Stream.of("prompt", "model", "n", "size", "user",
            "safety_identifier", "seed", "negative_prompt", "num_inference_steps", "guidance_scale", "scheduler")).collect(Collectors.toUnmodifiableSet());

    private static final int NAME_CHARACTERS = 200;

    /** @throws FieldException naming the field and what is accepted */
    static ImageRequest parse(byte[] body, Limits limits) {
        JsonFields fields = JsonFields.parse(body, FIELDS);
        OutputFields output = OutputFields.parse(fields);
        fields.text("user", NAME_CHARACTERS);
        fields.text("safety_identifier", NAME_CHARACTERS);
        Long n = fields.integer("n", 1, limits.images());
        int images = n == null ? 1 : n.intValue();
        Long steps = fields.integer("num_inference_steps", 1, limits.steps());
        return new ImageRequest(fields.requiredText("prompt", limits.promptCharacters()), fields.text("model", NAME_CHARACTERS), images,
                size(fields), fields.integer("seed", 0, JsonFields.MAX_SAFE_INTEGER - images),
                fields.text("negative_prompt", limits.promptCharacters()), steps == null ? null : steps.intValue(),
                fields.number("guidance_scale", GenerationRequest.MIN_GUIDANCE, GenerationRequest.MAX_GUIDANCE), scheduler(fields), output);
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
