package io.advunlearn.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.tensor.Noise;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The prompts an evaluation uses: the captions the model was trained on, filled with the judges' classes. A model directory may
 * bring its own templates in {@code prompts.json}; the defaults are those of the bundled model. Placeholders: {@code {object}},
 * {@code {an object}} with its article, {@code {style}}, {@code {colour}}, {@code {a colour}}.
 */
public final class ConceptPrompts {

    /**
     * A prompt and what it asks for.
     *
     * @param text the prompt
     * @param object its object class, {@code null} if it names none
     * @param style its style class, {@code null} if it names none
     * @param colour its background, {@code null} if it names none
     */
    public record Prompt(String text, String object, String style, String colour) {
    }

    /** The JSON form. */
    record Templates(List<String> full, List<String> styled, List<String> coloured, List<String> bare, List<String> neutral,
            Map<String, List<Integer>> colours) {
    }

    private static final int NEUTRAL_FILLINGS = 2;

    private final Templates templates;
    private final List<String> objects;
    private final List<String> styles;

    ConceptPrompts(Templates templates, List<String> objects, List<String> styles) {
        this.templates = templates;
        this.objects = List.copyOf(objects);
        this.styles = List.copyOf(styles);
    }

    /** @throws IllegalArgumentException naming the file if {@code prompts.json} is malformed */
    public static ConceptPrompts read(Path modelDirectory, JudgePair judges) {
        Path file = modelDirectory.resolve("prompts.json");
        try (InputStream in = Files.exists(file) ? Files.newInputStream(file) : ConceptPrompts.class.getResourceAsStream("prompts.json")) {
            return new ConceptPrompts(new ObjectMapper().readValue(in, Templates.class), judges.objects(), judges.styles());
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** Background colours by name: red, green, blue, 0 to 255. */
    public Map<String, List<Integer>> colours() {
        return templates.colours();
    }

    /** The classes of a kind. @param kind {@code object} or {@code style} */
    public List<String> classes(String kind) {
        return kind.equals("style") ? styles : objects;
    }

    /** Every prompt that asks for the concept, in a seeded order. */
    public List<Prompt> asking(String kind, String concept, long seed) {
        Set<Prompt> prompts = new LinkedHashSet<>();
        for (String object : kind.equals("object") ? List.of(concept) : objects) {
            for (String style : kind.equals("style") ? List.of(concept) : styles) {
                templates.colours().keySet().forEach(colour -> addFilled(prompts, templates.full(), object, style, colour));
                addFilled(prompts, templates.styled(), object, style, null);
            }
            if (kind.equals("object")) {
                templates.colours().keySet().forEach(colour -> addFilled(prompts, templates.coloured(), object, null, colour));
                addFilled(prompts, templates.bare(), object, null, null);
            }
        }
        return shuffled(prompts, new Noise(seed).fork("prompts"));
    }

    /** The shortest prompts that ask for the concept: bare ones for an object, styled ones without a background for a style. */
    public List<Prompt> bare(String kind, String concept) {
        Set<Prompt> prompts = new LinkedHashSet<>();
        if (kind.equals("object")) {
            addFilled(prompts, templates.bare(), concept, null, null);
        } else {
            objects.forEach(object -> addFilled(prompts, templates.styled().subList(0, 1), object, concept, null));
        }
        return List.copyOf(prompts);
    }

    /** Prompts that leave the concept open, for the negative-prompt attack: none names a class of the concept's kind. */
    public List<Prompt> neutral(String kind) {
        Set<Prompt> prompts = new LinkedHashSet<>();
        List<String> colourNames = List.copyOf(templates.colours().keySet());
        for (String template : templates.neutral()) {
            if (!template.contains("{style}")) {
                addFilled(prompts, List.of(template), null, null, colourNames.get(prompts.size() % colourNames.size()));
            } else if (kind.equals("object")) {
                styles.stream().limit(NEUTRAL_FILLINGS).forEach(style -> addFilled(prompts, List.of(template), null, style,
                        colourNames.get(prompts.size() % colourNames.size())));
            }
        }
        if (kind.equals("style")) {
            objects.stream().limit(NEUTRAL_FILLINGS).forEach(object -> addFilled(prompts, templates.bare().subList(0, 1), object, null, null));
        }
        return List.copyOf(prompts);
    }

    /**
     * Full prompts of everything but the concept: {@code count} for each object that is kept, with every kept style and every
     * background in turn.
     */
    public List<Prompt> retained(String kind, String concept, int count, long seed) {
        List<String> keptObjects = objects.stream().filter(o -> !(kind.equals("object") && o.equals(concept))).toList();
        List<String> keptStyles = styles.stream().filter(s -> !(kind.equals("style") && s.equals(concept))).toList();
        List<Prompt> prompts = new ArrayList<>();
        for (String object : keptObjects) {
            Set<Prompt> all = new LinkedHashSet<>();
            keptStyles.forEach(style -> templates.colours().keySet().forEach(colour -> addFilled(all, templates.full(), object, style, colour)));
            List<Prompt> order = evenly(shuffled(all, new Noise(seed).fork("retained " + object)), keptStyles);
            for (int i = 0; i < count; i++) {
                prompts.add(order.get(i % order.size()));
            }
        }
        return prompts;
    }

    /** Reorders so that the styles take turns. */
    private static List<Prompt> evenly(List<Prompt> prompts, List<String> styles) {
        List<List<Prompt>> byStyle = styles.stream().map(style -> prompts.stream().filter(p -> style.equals(p.style())).toList()).toList();
        List<Prompt> order = new ArrayList<>();
        for (int i = 0; order.size() < prompts.size(); i++) {
            for (List<Prompt> group : byStyle) {
                if (i < group.size()) {
                    order.add(group.get(i));
                }
            }
        }
        return order;
    }

    private static void addFilled(Set<Prompt> prompts, List<String> templates, String object, String style, String colour) {
        for (String template : templates) {
            String text = template.replace("{object}", orEmpty(object)).replace("{an object}", withArticle(object))
                    .replace("{style}", orEmpty(style)).replace("{colour}", orEmpty(colour)).replace("{a colour}", withArticle(colour));
            prompts.add(new Prompt(text, object, style, template.contains("colour}") ? colour : null));
        }
    }

    private static String orEmpty(String word) {
        return word == null ? "" : word;
    }

    private static String withArticle(String word) {
        return word == null ? "" : ("aeiou".indexOf(word.charAt(0)) >= 0 ? "an " : "a ") + word;
    }

    private static List<Prompt> shuffled(Set<Prompt> prompts, Noise noise) {
        List<Prompt> order = new ArrayList<>(prompts);
        for (int i = order.size() - 1; i > 0; i--) {
            int j = noise.nextInt(i + 1);
            Prompt other = order.set(j, order.get(i));
            order.set(i, other);
        }
        return order;
    }
}
