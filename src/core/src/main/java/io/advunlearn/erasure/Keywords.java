package io.advunlearn.erasure;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Words around a concept.
 *
 * @param related say much of it, and never the concept itself
 * @param unrelated often stand beside it, but must keep their meaning
 */
public record Keywords(List<String> related, List<String> unrelated) {

    static final int MOST = 1000;
    static final int CHARACTERS = 100;

    private static final ObjectMapper JSON = JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

    /** @throws IllegalArgumentException naming the list and what is accepted */
    public Keywords {
        related = checked("related", related);
        unrelated = checked("unrelated", unrelated);
    }

    /**
     * Reads a list that a user wrote: JSON {@code {"related": [...], "unrelated": [...]}}, where either may be left out, or text with one
     * related keyword a line.
     *
     * @throws IllegalArgumentException naming the file and what is accepted
     */
    public static Keywords read(Path file) throws IOException {
        String text = Files.readString(file);
        try {
            return text.stripLeading().startsWith("{") ? parse(text) : new Keywords(text.lines().filter(line -> !line.isBlank()).toList(), List.of());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /** Only those two members, each a list of texts. @throws IllegalArgumentException saying what is accepted */
    static Keywords parse(String json) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("keywords must be one JSON object", e);
        }
        if (root == null || !root.isObject()) {
            throw new IllegalArgumentException("keywords must be one JSON object");
        }
        Map<String, List<String>> lists = new LinkedHashMap<>(Map.of("related", List.of(), "unrelated", List.of()));
        root.fields().forEachRemaining(field -> {
            if (!lists.containsKey(field.getKey())) {
                throw new IllegalArgumentException("keywords may hold related and unrelated only");
            }
            lists.put(field.getKey(), texts(field.getKey(), field.getValue()));
        });
        return new Keywords(lists.get("related"), lists.get("unrelated"));
    }

    private static List<String> texts(String name, JsonNode node) {
        if (!node.isArray()) {
            throw new IllegalArgumentException(name + " must be a list of texts");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : node) {
            if (!text.isTextual()) {
                throw new IllegalArgumentException(name + " must be a list of texts");
            }
            texts.add(text.asText());
        }
        return texts;
    }

    /** Stripped, without doubles. */
    static List<String> checked(String name, List<String> words) {
        if (words == null || words.size() > MOST) {
            throw new IllegalArgumentException(name + " must be a list of at most " + MOST + " keywords");
        }
        List<String> result = new ArrayList<>();
        for (String word : words) {
            if (word == null || word.isBlank() || word.length() > CHARACTERS) {
                throw new IllegalArgumentException(name + " must hold keywords of 1 to " + CHARACTERS + " characters");
            }
            if (result.stream().noneMatch(known -> PromptCatalog.same(known, word))) {
                result.add(word.strip());
            }
        }
        return List.copyOf(result);
    }

    /** Without the concept in either list, and nothing both related and unrelated. */
    Keywords about(String concept) {
        List<String> clean = related.stream().filter(word -> !PromptCatalog.same(word, concept)).toList();
        return new Keywords(clean, unrelated.stream().filter(word -> !PromptCatalog.same(word, concept))
                .filter(word -> clean.stream().noneMatch(other -> PromptCatalog.same(other, word))).toList());
    }
}
