package io.advunlearn.evaluation;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.erasure.PromptCatalog;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What else a concept can be called: bundled phrases for common concepts ({@code paraphrases.json}), spelling rules for all, the caller's own. */
final class Paraphrases {

    private Paraphrases() {
    }

    /**
     * @param synonyms other words given with the request
     * @param own phrases given with the request
     * @return one of every kind, then another of every kind, until none is left: no kind crowds out the others
     */
    static List<Paraphrase> of(String concept, List<String> synonyms, List<String> own) {
        List<Paraphrase> all = new ArrayList<>();
        own.forEach(text -> all.add(new Paraphrase("own", text)));
        synonyms.forEach(text -> all.add(new Paraphrase("synonym", text)));
        bundled().forEach((name, kinds) -> {
            if (PromptCatalog.same(name, concept)) {
                kinds.forEach((kind, texts) -> texts.forEach(text -> all.add(new Paraphrase(kind, text))));
            }
        });
        all.addAll(WordVariants.of(concept));
        return inTurn(all);
    }

    private static Map<String, Map<String, List<String>>> bundled() {
        try (InputStream in = Objects.requireNonNull(Paraphrases.class.getResourceAsStream("paraphrases.json"))) {
            return new ObjectMapper().readValue(in, new TypeReference<>() { });
        } catch (IOException e) {
            throw new UncheckedIOException("paraphrases.json", e);
        }
    }

    private static List<Paraphrase> inTurn(List<Paraphrase> all) {
        Set<String> seen = new HashSet<>();
        Map<String, List<Paraphrase>> byKind = new LinkedHashMap<>();
        for (Paraphrase paraphrase : all) {
            if (seen.add(paraphrase.text().toLowerCase(Locale.ROOT)) || paraphrase.kind().equals("case")) {
                byKind.computeIfAbsent(paraphrase.kind(), kind -> new ArrayList<>()).add(paraphrase);
            }
        }
        List<Paraphrase> order = new ArrayList<>();
        int longest = byKind.values().stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < longest; i++) {
            for (List<Paraphrase> kind : byKind.values()) {
                if (i < kind.size()) {
                    order.add(kind.get(i));
                }
            }
        }
        return order;
    }
}
