package io.advunlearn.evaluation;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.erasure.PromptCatalog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the background words look like.
 *
 * @param colours red, green, blue, 0 to 255, by word
 */
record Palette(Map<String, List<Integer>> colours) {

    /** {@code palette} in the model's {@code prompts.json}, or else the colours of the bundled model's training pictures. */
    static Palette of(Path modelDirectory) {
        ObjectMapper mapper = new ObjectMapper();
        Path file = modelDirectory.resolve(PromptCatalog.FILE);
        try (InputStream in = Palette.class.getResourceAsStream("palette.json")) {
            JsonNode own = Files.exists(file) ? mapper.readTree(file.toFile()).path("palette") : mapper.missingNode();
            JsonNode colours = own.isObject() ? own : mapper.readTree(in);
            return new Palette(mapper.convertValue(colours, new TypeReference<Map<String, List<Integer>>>() { }));
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": palette must map words to [red, green, blue]", e);
        }
    }

    boolean knows(String word) {
        return colours.containsKey(word);
    }

    /** The nearest word. */
    String nearest(List<Integer> colour) {
        return colours.entrySet().stream().min((a, b) -> Double.compare(distance(colour, a.getValue()), distance(colour, b.getValue())))
                .orElseThrow().getKey();
    }

    private static double distance(List<Integer> a, List<Integer> b) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            sum += Math.pow(a.get(c) - b.get(c), 2);
        }
        return sum;
    }
}
