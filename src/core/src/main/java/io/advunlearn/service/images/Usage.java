package io.advunlearn.service.images;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.PipelineComponents;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * OpenAI's {@code usage}: what a request took, whatever it is charged for.
 *
 * @param textTokens tokens that the text encoder reads of the prompt and of the negative prompt, without start, end, padding and what does not fit
 * @param imageTokens latent positions of the images, which the denoiser's attention takes as its tokens
 */
record Usage(int textTokens, long imageTokens) {

    static Usage of(GenerationRequest request, PipelineComponents parts) {
        ImageSize size = request.size() == null ? parts.imageSize() : request.size();
        int cell = parts.vae().downscale();
        return new Usage(tokens(parts.tokenizer(), request.prompt()) + tokens(parts.tokenizer(), request.negativePrompt()),
                size.pixels() / cell / cell * request.seeds().size());
    }

    private static int tokens(ClipTokenizer tokenizer, String text) {
        return Math.min(tokenizer.tokenize(text).length, tokenizer.maxLength() - 2);
    }

    Map<String, Object> json() {
        Map<String, Object> usage = new LinkedHashMap<>();
        usage.put("input_tokens", textTokens);
        usage.put("input_tokens_details", Map.of("text_tokens", textTokens, "image_tokens", 0));
        usage.put("output_tokens", imageTokens);
        usage.put("output_tokens_details", Map.of("text_tokens", 0, "image_tokens", imageTokens));
        usage.put("total_tokens", textTokens + imageTokens);
        return usage;
    }
}
