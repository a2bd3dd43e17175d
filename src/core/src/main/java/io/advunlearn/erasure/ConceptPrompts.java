package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds an erasure's concept contexts and retain prompts from the model's catalogue. */
final class ConceptPrompts {

    private final PromptCatalog catalog;
    private final ClipTokenizer tokenizer;
    private final String concept;
    private final String kind;
    private final String anchor;

    /** @param anchor the replacing words, empty to leave the concept out */
    ConceptPrompts(PromptCatalog catalog, ClipTokenizer tokenizer, String concept, String kind, String anchor) {
        this.catalog = catalog;
        this.tokenizer = tokenizer;
        this.concept = concept;
        this.kind = kind;
        this.anchor = anchor;
    }

    /**
     * {@code count} prompts with the concept, no two alike while the catalogue lasts: every template that mentions the kind in turn,
     * random words elsewhere.
     */
    List<ConceptPrompt> contexts(int count, Noise noise) {
        List<String> templates = catalog.templatesWith(kind);
        if (templates.isEmpty()) {
            throw new IllegalArgumentException("kind: the model's catalogue has no template for a " + kind);
        }
        Map<String, ConceptPrompt> prompts = new LinkedHashMap<>();
        for (int i = 0, misses = 0; prompts.size() < count && misses < 1000; i++) {
            ConceptPrompt prompt = context(templates.get(i % templates.size()), noise);
            misses = prompts.putIfAbsent(prompt.text(), prompt) == null ? 0 : misses + 1;
        }
        return repeated(new ArrayList<>(prompts.values()), count);
    }

    /** The bare concept, as the published method trains. */
    ConceptPrompt bare() {
        return ConceptPrompt.of(tokenizer, concept, anchor, concept);
    }

    private ConceptPrompt context(String template, Noise noise) {
        Noise words = noise.fork(template + noise.nextInt(Integer.MAX_VALUE));
        // Both prompts take the same words: the same stream is drawn twice.
        String text = PromptCatalog.fill(catalog.fillOthers(template, kind, words.fork("words")), kind, concept);
        String instead = anchor.isEmpty()
                ? catalog.without(template, kind).map(t -> catalog.fillOthers(t, kind, words.fork("words"))).orElse("")
                : PromptCatalog.fill(catalog.fillOthers(template, kind, words.fork("words")), kind, anchor);
        return ConceptPrompt.of(tokenizer, text, instead, concept);
    }

    /**
     * {@code count} prompts without the concept, no two alike while the catalogue lasts: every other class of every kind in turn.
     * The anchor is retained like any other class.
     */
    List<String> retained(int count, Noise noise) {
        List<String> classes = catalog.classes(kind).stream().filter(c -> !PromptCatalog.same(c, concept)).toList();
        List<String> templates = catalog.templatesWith(kind);
        Set<String> prompts = new LinkedHashSet<>();
        for (int i = 0, misses = 0; prompts.size() < count && misses < 1000; i++) {
            String template = templates.get(noise.nextInt(templates.size()));
            String filled = PromptCatalog.fill(catalog.fillOthers(template, kind, noise), kind, classes.get(i % classes.size()));
            misses = prompts.add(filled) ? 0 : misses + 1;
        }
        return repeated(new ArrayList<>(prompts), count);
    }

    private static <T> List<T> repeated(List<T> list, int count) {
        for (int i = 0; list.size() < count; i++) {
            list.add(list.get(i));
        }
        return list;
    }
}
