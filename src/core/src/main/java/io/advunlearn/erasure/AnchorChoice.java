package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;

/** Resolves the anchor {@code auto}: the catalogue's class of the same kind that the UNet can least tell from the concept. */
final class AnchorChoice {

    private AnchorChoice() {
    }

    /** @return the anchor's words, empty if the catalogue has no other class of that kind */
    static String resolve(String anchor, PromptCatalog catalog, ErasureRequest request, FrozenPredictions frozen,
            PipelineComponents components, NDManager manager) {
        if (!"auto".equals(anchor)) {
            for (String erased : request.start().lineage().stream().map(LineageEntry::concept).toList()) {
                if (PromptCatalog.same(anchor, erased)) {
                    throw new IllegalArgumentException("anchor must be no erased concept, and " + erased + " is erased in encoder '" + request.start().id() + "'");
                }
            }
            return anchor.strip();
        }
        List<String> classes = new ArrayList<>(catalog.classes(request.kind()));
        classes.removeIf(c -> PromptCatalog.same(c, request.concept()));
        List<String> templates = catalog.templatesWith(request.kind());
        if (classes.isEmpty() || templates.isEmpty()) {
            return "";
        }
        double[] distances = new double[classes.size()];
        Noise noise = new Noise(request.seed()).fork("anchor");
        try (NDManager scratch = manager.newSubManager(); KeyValueDistance metric = KeyValueDistance.of(components.unet())) {
            for (String template : templates) {
                String filled = catalog.fillOthers(template, request.kind(), noise);
                List<String> prompts = new ArrayList<>();
                prompts.add(PromptCatalog.fill(filled, request.kind(), request.concept()));
                classes.forEach(c -> prompts.add(PromptCatalog.fill(filled, request.kind(), c)));
                NDArray embeddings = frozen.encode(prompts, scratch);
                float[] row = metric.distance(embeddings.get("1:"), embeddings.get("0:1")).toFloatArray();
                for (int i = 0; i < row.length; i++) {
                    distances[i] += row[i];
                }
            }
        }
        int best = 0;
        for (int i = 1; i < distances.length; i++) {
            best = distances[i] < distances[best] ? i : best;
        }
        return classes.get(best);
    }
}
