package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Builds the prompts that hold one concept: from the model's catalogue, and from those that the user gave. */
final class ConceptPrompts {

    private final PromptCatalog catalog;
    private final ClipTokenizer tokenizer;
    private final ErasureConcept concept;
    private final String anchor;

    /**
     * @param catalog without any erased concept
     * @param anchor the replacing words, empty to leave the concept out
     */
    ConceptPrompts(PromptCatalog catalog, ClipTokenizer tokenizer, ErasureConcept concept, String anchor) {
        this.catalog = catalog;
        this.tokenizer = tokenizer;
        this.concept = concept;
        this.anchor = anchor;
    }

    /**
     * {@code count} prompts with the concept, no two alike while they last: of the user's prompts at most three quarters, and every template
     * that mentions the kind in turn, random words elsewhere.
     */
    List<ConceptPrompt> contexts(int count, Noise noise) {
        List<String> templates = catalog.templatesWith(concept.kind());
        Map<String, ConceptPrompt> prompts = new LinkedHashMap<>();
        given(count, noise).forEach(prompt -> prompts.put(prompt.text(), prompt));
        for (int i = 0, misses = 0; prompts.size() < count && misses < 1000; i++) {
            ConceptPrompt prompt = context(templates.get(i % templates.size()), noise);
            misses = prompts.putIfAbsent(prompt.text(), prompt) == null ? 0 : misses + 1;
        }
        return RetainPrompts.repeated(new ArrayList<>(prompts.values()), count);
    }

    /** Some of the user's prompts; one that does not hold the concept's word is the concept as a whole. */
    private List<ConceptPrompt> given(int count, Noise noise) {
        if (concept.prompts().isEmpty()) {
            return List.of();
        }
        List<String> given = new ArrayList<>(concept.prompts());
        Collections.shuffle(given, new Random(noise.fork("given").nextInt(Integer.MAX_VALUE)));
        return given.subList(0, Math.min(given.size(), Math.max(1, count * 3 / 4))).stream()
                .map(text -> ConceptPrompt.of(tokenizer, text, instead(text), concept.concept(), true)).toList();
    }

    private String instead(String text) {
        Matcher word = Pattern.compile("(?iU)(?<!\\w)" + Pattern.quote(concept.concept()) + "(?!\\w)").matcher(text);
        return word.find() ? word.replaceAll(Matcher.quoteReplacement(anchor)).replaceAll("\\s+", " ").strip() : anchor;
    }

    /** The bare concept, as the published method trains. */
    ConceptPrompt bare() {
        return ConceptPrompt.of(tokenizer, concept.concept(), anchor, concept.concept());
    }

    private ConceptPrompt context(String template, Noise noise) {
        String kind = concept.kind();
        Noise words = noise.fork(template + noise.nextInt(Integer.MAX_VALUE));
        // Both prompts take the same words: the same stream is drawn twice.
        String text = PromptCatalog.fill(catalog.fillOthers(template, kind, words.fork("words")), kind, concept.concept());
        String instead = anchor.isEmpty()
                ? catalog.without(template, kind).map(t -> catalog.fillOthers(t, kind, words.fork("words"))).orElse("")
                : PromptCatalog.fill(catalog.fillOthers(template, kind, words.fork("words")), kind, anchor);
        return ConceptPrompt.of(tokenizer, text, instead, concept.concept());
    }
}
