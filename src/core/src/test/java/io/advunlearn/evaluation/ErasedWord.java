package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;

/** An encoder that has lost a word: its token reads as another. */
final class ErasedWord {

    private ErasedWord() {
    }

    static ClipTextModel encoder(PipelineComponents components, String word) {
        int concept = components.tokenizer().tokenize(word)[0];
        int other = components.tokenizer().tokenize("a")[0];
        Map<String, NDArray> tensors = new LinkedHashMap<>(components.baseEncoder().weights().asMap());
        tensors.computeIfPresent("text_model.embeddings.token_embedding.weight", (name, table) -> {
            NDArray changed = table.duplicate();
            changed.set(new NDIndex(concept), table.get(other));
            return changed;
        });
        return new ClipTextModel(components.baseEncoder().config(), Weights.of(tensors));
    }
}
