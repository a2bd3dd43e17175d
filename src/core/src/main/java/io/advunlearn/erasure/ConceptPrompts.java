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
    private final HeldPrompts held;

    /**
     * @param catalog without any erased concept
     * @param anchor the replacing words, empty to leave the concept out
     * @param held what earlier erasures need
     */
    ConceptPrompts(PromptCatalog catalog, ClipTokenizer tokenizer, String concept, String kind, String anchor, HeldPrompts held) {
        this.catalog = catalog;
        this.tokenizer = tokenizer;
        this.concept = concept;
        this.kind = kind;
        this.anchor = anchor;
        this.held = held;
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
     * {@code count} prompts that should stay as they are, no two alike while the catalogue lasts: every class that is not erased in turn, and
     * behind them the prompts that hold earlier erasures. The anchor is retained like any other class.
     */
    List<String> retained(int count, Noise noise) {
        int earlier = held.share(count);
        String varied = catalog.classes(kind).isEmpty() ? "object" : kind;
        List<String> classes = catalog.classes(varied);
        List<String> templates = catalog.templatesWith(varied);
        Set<String> prompts = new LinkedHashSet<>();
        for (int i = 0, misses = 0; prompts.size() < count - earlier && misses < 1000; i++) {
            String template = templates.get(noise.nextInt(templates.size()));
            String filled = PromptCatalog.fill(catalog.fillOthers(template, varied, noise), varied, classes.get(i % classes.size()));
            misses = prompts.add(filled) ? 0 : misses + 1;
        }
        List<String> all = repeated(new ArrayList<>(prompts), count - earlier);
        all.addAll(held.prompts(earlier, noise.fork("held")));
        return all;
    }

    private static <T> List<T> repeated(List<T> list, int count) {
        for (int i = 0; list.size() < count; i++) {
            list.add(list.get(i));
        }
        return list;
    }
}
