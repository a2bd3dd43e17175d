package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;

/**
 * Prompts that hold concepts erased before. A later erasure must keep what the starting encoder says to them: training on other prompts alone
 * lets earlier erasures fade.
 */
final class HeldPrompts {

    /** Random tokens beside a prompt, as attackers write. */
    private static final int MOST_TOKENS = 3;

    private final PromptCatalog catalog;
    private final ClipTokenizer tokenizer;
    private final List<LineageEntry> earlier;

    /**
     * @param catalog without any erased concept
     * @param earlier concepts erased before and not now
     */
    HeldPrompts(PromptCatalog catalog, ClipTokenizer tokenizer, List<LineageEntry> earlier) {
        this.catalog = catalog;
        this.tokenizer = tokenizer;
        this.earlier = earlier;
    }

    /** How many of {@code count} retained prompts hold an earlier concept: a quarter, at least one a concept, at most half. */
    int share(int count) {
        return earlier.isEmpty() ? 0 : Math.min(count / 2, Math.max(count / 4, earlier.size()));
    }

    /** {@code count} prompts, the earlier concepts in turn; every second prompt of a concept has random tokens before or behind it. */
    List<String> prompts(int count, Noise noise) {
        List<String> prompts = new ArrayList<>();
        for (int c = 0; c < earlier.size(); c++) {
            int share = count / earlier.size() + (c < count % earlier.size() ? 1 : 0);
            LineageEntry entry = earlier.get(c);
            ConceptPrompts concept = new ConceptPrompts(catalog, tokenizer, new ErasureConcept(entry.concept(), entry.kind(), List.of()), "");
            List<ConceptPrompt> contexts = concept.contexts(share, noise.fork(entry.concept()));
            for (int i = 0; i < share; i++) {
                String text = contexts.get(i).text();
                prompts.add(i % 2 == 0 ? text : disturbed(text, noise));
            }
        }
        return prompts;
    }

    private String disturbed(String text, Noise noise) {
        int[] ids = new int[1 + noise.nextInt(MOST_TOKENS)];
        for (int i = 0; i < ids.length; i++) {
            do {
                ids[i] = noise.nextInt(tokenizer.vocabSize());
            } while (ids[i] == tokenizer.bosId() || ids[i] == tokenizer.eosId() || ids[i] == tokenizer.padId());
        }
        String words = tokenizer.decode(ids).strip();
        return noise.nextInt(2) == 0 ? words + " " + text : text + " " + words;
    }
}
