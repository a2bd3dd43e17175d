package io.advunlearn.erasure;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.tensor.Noise;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What a model's prompts look like: the words of its world and the templates that hold them. Read from {@code prompts.json} in the
 * model directory, or else from a general list in this library. Erasure takes its concept contexts and retain prompts from it,
 * evaluation its test prompts.
 *
 * @param objects words for {@code {object}}
 * @param styles words for {@code {style}}
 * @param backgrounds words for {@code {background}}
 * @param templates prompts with those placeholders, the commonest first
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PromptCatalog(List<String> objects, List<String> styles, List<String> backgrounds, List<String> templates) {

    /** File name in a model directory. */
    public static final String FILE = "prompts.json";

    /** For concepts of which a catalogue knows nothing. */
    private static final List<String> PLAIN = List.of("%s", "a photo of %s", "a picture of %s", "an image that shows %s", "a painting of %s", "%s, detailed");

    /** @throws IllegalArgumentException naming the field */
    public PromptCatalog {
        objects = words("objects", objects);
        styles = words("styles", styles);
        backgrounds = words("backgrounds", backgrounds);
        templates = words("templates", templates);
        if (objects.isEmpty() || templates.isEmpty()) {
            throw new IllegalArgumentException("objects and templates must not be empty");
        }
    }

    /** Reads the model's own catalogue, or the general one. */
    public static PromptCatalog of(Path modelDirectory) {
        Path file = modelDirectory.resolve(FILE);
        try (InputStream in = Files.exists(file) ? Files.newInputStream(file)
                : Objects.requireNonNull(PromptCatalog.class.getResourceAsStream("default-prompts.json"))) {
            return new ObjectMapper().readValue(in, PromptCatalog.class);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": not a prompt catalogue", e);
        }
    }

    /** The classes of a kind; of a topic, the objects. @param kind {@code object}, {@code style} or {@code topic} */
    public List<String> classes(String kind) {
        return "style".equals(kind) ? styles : objects;
    }

    /** The templates that mention a kind and whose other placeholders have words; plain ones if the catalogue has none. */
    public List<String> templatesWith(String kind) {
        List<String> known = templates.stream().filter(t -> t.contains(placeholder(kind))).filter(t -> fillable(t, kind)).toList();
        return known.isEmpty() ? PLAIN.stream().map(template -> template.formatted(placeholder(kind))).toList() : known;
    }

    private boolean fillable(String template, String kind) {
        return List.of("object", "style", "background").stream()
                .allMatch(other -> other.equals(kind) || !template.contains(placeholder(other)) || !words(other).isEmpty());
    }

    private List<String> words(String kind) {
        return "background".equals(kind) ? backgrounds : classes(kind);
    }

    /** The catalogue without some concepts, so that no prompt made of it holds one of them. @throws IllegalArgumentException if no object is left */
    public PromptCatalog without(Collection<String> concepts) {
        Set<String> gone = ErasureFloor.of(concepts).required();
        return new PromptCatalog(objects.stream().filter(o -> !gone.contains(ErasureFloor.normalise(o))).toList(),
                styles.stream().filter(o -> !gone.contains(ErasureFloor.normalise(o))).toList(), backgrounds, templates);
    }

    /** The same template without one kind: the template with just the other placeholders, if there is one. */
    public Optional<String> without(String template, String kind) {
        String kept = shape(template.replace(placeholder(kind), ""));
        return templates.stream().filter(t -> shape(t).equals(kept)).findFirst();
    }

    /** Fills every placeholder but {@code kind}'s with random words. */
    public String fillOthers(String template, String kind, Noise noise) {
        String filled = template;
        if (!"object".equals(kind)) {
            filled = fill(filled, "object", objects, noise);
        }
        if (!"style".equals(kind)) {
            filled = fill(filled, "style", styles, noise);
        }
        return fill(filled, "background", backgrounds, noise);
    }

    /** Fills {@code kind}'s placeholder; the article before it agrees. */
    public static String fill(String template, String kind, String word) {
        return template.replace(placeholder(kind), word).replaceAll("\\b([Aa]) (?=[aeiouAEIOU])", "$1n ");
    }

    private static String fill(String template, String kind, List<String> words, Noise noise) {
        return template.contains(placeholder(kind)) ? fill(template, kind, words.get(noise.nextInt(words.size()))) : template;
    }

    private static String placeholder(String kind) {
        return "{" + kind + "}";
    }

    private static String shape(String template) {
        StringBuilder shape = new StringBuilder();
        for (String kind : List.of("object", "style", "background")) {
            shape.append(template.contains(placeholder(kind)) ? '1' : '0');
        }
        return shape.toString();
    }

    private static List<String> words(String field, List<String> values) {
        if (values == null) {
            return List.of();
        }
        List<String> result = new ArrayList<>();
        for (String value : values) {
            if (value == null || value.isBlank()) {
                throw new IllegalArgumentException(field + " must hold non-blank texts");
            }
            if (!result.contains(value.strip())) {
                result.add(value.strip());
            }
        }
        return List.copyOf(result);
    }

    /** The form in which prompts are compared. */
    static String normalised(String text) {
        return ErasureFloor.normalise(text);
    }

    /** Whether two concept names mean the same class. */
    public static boolean same(String a, String b) {
        return ErasureFloor.normalise(a).equals(ErasureFloor.normalise(b));
    }
}
