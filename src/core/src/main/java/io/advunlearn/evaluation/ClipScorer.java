package io.advunlearn.evaluation;

import io.advunlearn.model.ClipModel;
import io.advunlearn.pipeline.RgbImage;
import java.util.HashMap;
import java.util.Map;

/** CLIP score: the cosine of an image's and its prompt's CLIP embeddings (Hessel et al. 2021, without their factor 2.5). */
final class ClipScorer implements AutoCloseable {

    private final ClipModel clip;
    private final Map<String, float[]> texts = new HashMap<>();

    ClipScorer(ClipModel clip) {
        this.clip = clip;
    }

    double score(RgbImage image, String prompt) {
        float[] text = texts.computeIfAbsent(prompt, clip::textEmbed);
        return ClipModel.cosine(clip.imageEmbed(image.rgb(), image.width(), image.height()), text);
    }

    @Override
    public void close() {
        clip.close();
    }
}
