package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.filter.ImageVerdict;
import io.advunlearn.service.json.Answer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * OpenAI's answers to one request, with the seeds and the encoder as extra fields.
 *
 * @param model the pipeline's name
 * @param request what was drawn
 * @param size of its images
 * @param format of its images
 */
record ImagesAnswer(String model, GenerationRequest request, ImageSize size, ImageFormat format, Usage usage) {

    /** All images in JSON. @throws OpenAiException if the filter leaves none */
    Answer json(FilteredImages images) {
        refuseNothing(images);
        GenerationResult result = images.result();
        List<Map<String, Object>> data = new ArrayList<>();
        for (int i = 0; i < result.images().size(); i++) {
            Map<String, Object> image = new LinkedHashMap<>();
            if (!images.withheld(i)) {
                image.put("b64_json", base64(format.encode(result, i, request)));
            }
            image.put("seed", request.seeds().get(i));
            putVerdict(image, images, i);
            data.add(image);
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("created", now());
        body.put("data", data);
        putDescription(body);
        body.put("usage", usage.json());
        putMakers(body, result);
        return Answer.json(200, body).with(ImageFormat.ENCODER, result.encoderVersion());
    }

    /** The only image's bytes. @throws OpenAiException if the filter withholds it */
    Answer raw(FilteredImages images) {
        refuseNothing(images);
        GenerationResult result = images.result();
        Answer answer = new Answer(200, format.mediaType(), Map.of(), format.encode(result, 0, request)).with(ImageFormat.ENCODER, result.encoderVersion())
                .with(RawImageAnswer.SEED_HEADER, request.seeds().get(0).toString());
        return images.verdicts().isEmpty() ? answer : answer.with(RawImageAnswer.FILTER_HEADER, images.verdicts().get(0).flagged() ? "flagged" : "passed");
    }

    private static void refuseNothing(FilteredImages images) {
        if (images.allWithheld()) {
            throw OpenAiException.withheld(images.verdicts().stream().flatMap(verdict -> verdict.concepts().stream()).distinct().toList());
        }
    }

    private static void putVerdict(Map<String, Object> image, FilteredImages images, int index) {
        if (!images.verdicts().isEmpty()) {
            ImageVerdict verdict = images.verdicts().get(index);
            image.put("content_filter", Map.of("flagged", verdict.flagged(), "withheld", verdict.withheld(), "concepts", verdict.concepts()));
        }
    }

    /** The event {@code image_generation.partial_image}. @param index from 0; @param version of the encoders that draw it */
    Map<String, Object> partial(int index, RgbImage image, String version) {
        Map<String, Object> event = event(base64(format.encode(image, version, request.seeds().get(0))));
        event.put("partial_image_index", index);
        return event;
    }

    /** The event {@code image_generation.completed}. @throws OpenAiException if the filter withholds the image */
    Map<String, Object> completed(FilteredImages images) {
        refuseNothing(images);
        GenerationResult result = images.result();
        Map<String, Object> event = event(base64(format.encode(result, 0, request)));
        event.put("usage", usage.json());
        event.put("seed", request.seeds().get(0));
        putVerdict(event, images, 0);
        putMakers(event, result);
        return event;
    }

    private Map<String, Object> event(String image) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("b64_json", image);
        event.put("created_at", now());
        putDescription(event);
        event.put("quality", "auto");
        return event;
    }

    private static long now() {
        return Instant.now().getEpochSecond();
    }

    private void putDescription(Map<String, Object> body) {
        body.put("background", "opaque");
        body.put("output_format", format.name());
        body.put("size", size.toString());
        body.put("model", model);
    }

    private static void putMakers(Map<String, Object> body, GenerationResult result) {
        body.put("encoder", Map.of("id", result.encoderId(), "digest", result.encoderDigest(), "generation", result.generation()));
        if (result.textEncoder2() != null) {
            body.put("text_encoder_2", result.textEncoder2());
        }
        if (!result.cutPrompt().isEmpty()) {
            body.put("cut_prompt", result.cutPrompt());
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
