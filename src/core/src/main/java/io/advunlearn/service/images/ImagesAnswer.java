package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.ServedPipeline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OpenAI's answer, with the seeds and the encoder as extra fields. */
final class ImagesAnswer {

    private ImagesAnswer() {
    }

    static Answer of(GenerationResult result, GenerationRequest request, ServedPipeline pipeline) {
        List<Map<String, Object>> data = new ArrayList<>();
        for (int i = 0; i < result.images().size(); i++) {
            Map<String, Object> image = new LinkedHashMap<>();
            image.put("b64_json", Base64.getEncoder().encodeToString(PngAnswer.png(result, i, request)));
            image.put("seed", request.seeds().get(i));
            data.add(image);
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("created", Instant.now().getEpochSecond());
        body.put("data", data);
        body.put("output_format", "png");
        body.put("size", result.images().get(0).width() + "x" + result.images().get(0).height());
        body.put("model", pipeline.name());
        body.put("encoder", Map.of("id", result.encoderId(), "digest", result.encoderDigest(), "generation", result.generation()));
        if (result.textEncoder2() != null) {
            body.put("text_encoder_2", result.textEncoder2());
        }
        if (!result.cutPrompt().isEmpty()) {
            body.put("cut_prompt", result.cutPrompt());
        }
        return Answer.json(200, body).with(PngAnswer.ENCODER_HEADER, result.encoderVersion());
    }
}
