package io.advunlearn.gateway.load;

import io.advunlearn.gateway.ChildGateway;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.ImageSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A request of the mix.
 *
 * @param size {@code null} for the model's own
 * @param scheduler {@code null} for the model's own
 */
record Drawing(Form form, String prompt, String negativePrompt, String size, int n, int steps, String scheduler, long seed) {

    /** How the images come. */
    enum Form { JSON, JSON_JPEG, PNG, STREAM }

    private static final int GUIDANCE = 5;
    private static final int SEEDS = 3;

    /** Every one that is asked for. Offline images are made of each, so there are not too many. */
    static List<Drawing> mix() {
        List<Drawing> mix = new ArrayList<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            mix.add(new Drawing(Form.JSON, "a church", "", null, 1, 3, null, seed));
            mix.add(new Drawing(Form.JSON, "a dog on a blue background", "a cat", null, 1, 3, null, seed));
            mix.add(new Drawing(Form.JSON, "a church, twemoji style", "", "32x48", 3, 2, null, seed));
            mix.add(new Drawing(Form.JSON, "a pizza", "", "96x64", 1, 2, "EulerDiscrete", seed));
            mix.add(new Drawing(Form.JSON_JPEG, "a guitar", "red", null, 2, 2, null, seed));
            mix.add(new Drawing(Form.PNG, "an airplane", "", null, 1, 4, "DDIM", seed));
            mix.add(new Drawing(Form.STREAM, "a cat", "", null, 1, 4, null, seed));
        }
        return mix;
    }

    Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>(Map.of("model", ChildGateway.PIPELINE, "prompt", prompt, "negative_prompt", negativePrompt, "n", n,
                "num_inference_steps", steps, "guidance_scale", GUIDANCE, "seed", seed));
        if (size != null) {
            body.put("size", size);
        }
        if (scheduler != null) {
            body.put("scheduler", scheduler);
        }
        if (form == Form.JSON_JPEG) {
            body.put("output_format", "jpeg");
        }
        if (form == Form.STREAM) {
            body.put("stream", true);
            body.put("partial_images", 1);
        }
        return body;
    }

    /** What image i alone is. */
    GenerationRequest image(int i) {
        return new GenerationRequest(prompt, negativePrompt, List.of(seed + i), steps, GUIDANCE, size == null ? null : ImageSize.parse(size), scheduler);
    }

    List<GenerationRequest> images() {
        List<GenerationRequest> images = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            images.add(image(i));
        }
        return images;
    }
}
