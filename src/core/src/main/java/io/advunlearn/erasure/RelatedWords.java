package io.advunlearn.erasure;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.ErasureFloor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Words that must not be retained while a concept is erased: its synonyms, its hypernyms and what cannot be told from it. From a small bundled
 * list; concepts it does not know have no related words.
 */
final class RelatedWords {

    private static final Map<String, List<String>> LIST = load();

    private RelatedWords() {
    }

    private static Map<String, List<String>> load() {
        try (InputStream in = Objects.requireNonNull(RelatedWords.class.getResourceAsStream("related-words.json"))) {
            return new ObjectMapper().readValue(in, new TypeReference<>() { });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Words related to a concept, in lower case, the concept itself left out. */
    static Set<String> of(String concept) {
        String wanted = ErasureFloor.normalise(concept);
        Set<String> related = new LinkedHashSet<>(LIST.getOrDefault(wanted, List.of()));
        related.remove(wanted);
        return related;
    }

    /** Whether a text holds a word or its regular plural; case and the width of white space do not matter. */
    static boolean holds(String text, String word) {
        String plain = ErasureFloor.normalise(text);
        String pattern = Pattern.quote(ErasureFloor.normalise(word));
        return Pattern.compile("(?U)(?<!\\w)" + pattern + "(?:s|es)?(?!\\w)").matcher(plain).find();
    }
}
