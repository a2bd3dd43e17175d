package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import io.advunlearn.evaluation.Detector.Verdict;
import java.util.ArrayList;
import java.util.List;

/** From a judge's logits to its verdicts. */
final class Verdicts {

    private static final String OTHER = "other";

    private Verdicts() {
    }

    /** @param objectLogits [B, objects]; @param styleLogits [B, styles] */
    static List<Verdict> of(DetectorConfig config, NDArray objectLogits, NDArray styleLogits) {
        float[] objects = objectLogits.softmax(-1).toFloatArray();
        float[] styles = styleLogits.softmax(-1).toFloatArray();
        List<Verdict> verdicts = new ArrayList<>();
        int objectCount = config.objects().size();
        int styleCount = config.styles().size();
        for (int row = 0; row * objectCount < objects.length; row++) {
            int object = best(objects, row * objectCount, objectCount);
            int style = best(styles, row * styleCount, styleCount);
            double objectProbability = objects[row * objectCount + object];
            double styleProbability = styles[row * styleCount + style];
            verdicts.add(new Verdict(
                    objectProbability < config.objectThresholds()[object] ? OTHER : config.objects().get(object), objectProbability,
                    styleProbability < config.styleThresholds()[style] ? OTHER : config.styles().get(style), styleProbability));
        }
        return verdicts;
    }

    private static int best(float[] values, int offset, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (values[offset + i] > values[offset + best]) {
                best = i;
            }
        }
        return best;
    }
}
