package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Keywords without a language model: the catalogue's words, by how differently the denoiser hears them from the concept. */
final class KeywordRanking {

    /** One word of so many is related. */
    private static final int RELATED_SHARE = 4;

    private KeywordRanking() {
    }

    /**
     * The nearest quarter of the words is related, the farthest are unrelated.
     *
     * @param most of each
     */
    static Keywords rank(PromptCatalog catalog, String concept, int most, PromptEncoder frozen, UNet2DConditionModel unet, NDManager manager) {
        List<String> words = Stream.of(catalog.objects(), catalog.styles(), catalog.backgrounds()).flatMap(List::stream)
                .filter(word -> !PromptCatalog.same(word, concept)).distinct().toList();
        if (words.isEmpty()) {
            return new Keywords(List.of(), List.of());
        }
        List<String> prompts = new ArrayList<>();
        Stream.concat(Stream.of(concept), words.stream()).forEach(word -> prompts.add("a photo of " + word));
        float[] distances;
        try (NDManager scratch = manager.newSubManager(); KeyValueDistance distance = KeyValueDistance.of(unet)) {
            NDArray states = frozen.encode(scratch, prompts);
            distances = Tensors.floats(distance.distance(states.get("1:"), states.get("0:1")));
        }
        List<String> ranked = IntStream.range(0, words.size()).boxed().sorted(Comparator.comparingDouble(i -> distances[i])).map(words::get).toList();
        int related = Math.min(most, (words.size() + RELATED_SHARE - 1) / RELATED_SHARE);
        return new Keywords(ranked.subList(0, related), ranked.subList(Math.max(related, ranked.size() - most), ranked.size()));
    }
}
