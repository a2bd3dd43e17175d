package io.advunlearn.erasure;

import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Drops from retained prompts what would hold a concept in place: words that a list relates to it, and, with a threshold above 0, whatever the UNet
 * can hardly tell from it.
 */
final class RetainFilter {

    private final ErasureRequest request;
    private final double threshold;
    private final ClassDistance distance;
    private final Noise noise;
    private final List<String> dropped = new ArrayList<>();

    /** @param threshold relative distance below which something is dropped, 0 for no look at distances */
    RetainFilter(ErasureRequest request, double threshold, ClassDistance distance, Noise noise) {
        this.request = request;
        this.threshold = threshold;
        this.distance = distance;
        this.noise = noise;
    }

    /** A catalogue without classes too near to a concept of their kind. */
    PromptCatalog catalog(PromptCatalog catalog) {
        Set<String> near = new LinkedHashSet<>();
        for (ErasureConcept concept : request.concepts()) {
            List<String> classes = catalog.classes(concept.kind());
            if (threshold > 0 && !"topic".equals(concept.kind())) {
                near.addAll(near(classes, distance.classes(classes, concept, noise.fork(concept.concept()))));
            }
        }
        dropped.addAll(near);
        return catalog.without(near);
    }

    /** The user's list without what is related or too near to a concept, each prompt once. @throws IllegalArgumentException if nothing is left */
    List<String> list(List<RetainPrompt> list) {
        if (list.isEmpty()) {
            return List.of();
        }
        Map<String, String> kept = new LinkedHashMap<>();
        for (RetainPrompt prompt : list) {
            if (isRelated(prompt.prompt())) {
                dropped.add(prompt.prompt());
            } else {
                kept.putIfAbsent(PromptCatalog.normalised(prompt.prompt()), prompt.prompt());
            }
        }
        List<String> prompts = new ArrayList<>(kept.values());
        for (ErasureConcept concept : request.concepts()) {
            if (threshold > 0 && !prompts.isEmpty()) {
                List<String> near = near(prompts, distance.prompts(prompts, concept, noise.fork("list-" + concept.concept())));
                prompts.removeAll(near);
                dropped.addAll(near);
            }
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("retain must hold prompts that are not related to " + String.join(", ", request.words())
                    + ": all of the list's are");
        }
        return prompts;
    }

    private boolean isRelated(String prompt) {
        return request.words().stream().flatMap(word -> RelatedWords.of(word).stream()).anyMatch(word -> RelatedWords.holds(prompt, word));
    }

    private List<String> near(List<String> words, double[] distances) {
        List<String> near = new ArrayList<>();
        for (int i = 0; i < distances.length; i++) {
            if (distances[i] < threshold) {
                near.add(words.get(i));
            }
        }
        return near;
    }

    /** What was dropped so far. */
    List<String> dropped() {
        return List.copyOf(dropped);
    }
}
