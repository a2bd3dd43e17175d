package io.advunlearn.erasure;

import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Resolves the anchor {@code auto}: the catalogue's class of the same kind that the UNet can least tell from the concept. */
final class AnchorChoice {

    private static final String AUTO = "auto";

    private AnchorChoice() {
    }

    /**
     * @param anchor the setting
     * @param catalog without any erased concept
     * @return one anchor a concept of the request, empty if the catalogue has no other class of that kind
     * @throws IllegalArgumentException if the anchor is an erased concept
     */
    static List<String> resolve(String anchor, PromptCatalog catalog, ErasureRequest request, ClassDistance distance) {
        if (AUTO.equals(anchor)) {
            return request.concepts().stream().map(concept -> nearest(concept, catalog, request, distance)).toList();
        }
        List<String> erased = Stream.concat(request.words().stream(), request.start().lineage().stream().map(LineageEntry::concept)).toList();
        erased.stream().filter(concept -> PromptCatalog.same(anchor, concept)).findFirst().ifPresent(concept -> {
            throw new IllegalArgumentException("anchor must be no erased concept, and " + concept + " is one");
        });
        return request.concepts().stream().map(concept -> anchor.strip()).toList();
    }

    private static String nearest(ErasureConcept concept, PromptCatalog catalog, ErasureRequest request, ClassDistance distance) {
        List<String> classes = new ArrayList<>("topic".equals(concept.kind()) ? List.of() : catalog.classes(concept.kind()));
        if (classes.isEmpty()) {
            return "";
        }
        double[] distances = distance.classes(classes, concept, new Noise(request.seed()).fork("anchor"));
        int best = 0;
        for (int i = 1; i < distances.length; i++) {
            best = distances[i] < distances[best] ? i : best;
        }
        return classes.get(best);
    }
}
