package io.advunlearn.evaluation;

import io.advunlearn.erasure.PromptCatalog;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/** The prompts an evaluation uses: the model's own templates filled with the classes that its judges know. */
final class EvaluationPrompts {

    private static final int NEUTRAL_FILLINGS = 2;
    private static final List<String> NEUTRAL = List.of("", "a picture", "{style} style, {background} background");

    /**
     * A prompt and what it asks for.
     *
     * @param text the prompt
     * @param object its object class, {@code null} if it names none that is judged
     * @param style its style class, {@code null} if it names none that is judged
     * @param background its background word, {@code null} if it names none
     */
    record Prompt(String text, String object, String style, String background) {

        /** The class it names. @param kind {@code object} or {@code style} */
        String named(String kind) {
            return kind.equals("style") ? style : object;
        }
    }

    private final PromptCatalog catalog;
    private final List<String> objects;
    private final List<String> styles;
    private final BiFunction<String, String, List<String>> askedBy;

    /**
     * @param objects the judged objects
     * @param styles the judged styles
     * @param askedBy prompts that lead to a concept, by its kind and name; where there are none, templates are filled with it
     */
    EvaluationPrompts(PromptCatalog catalog, List<String> objects, List<String> styles, BiFunction<String, String, List<String>> askedBy) {
        this.askedBy = askedBy;
        this.catalog = catalog;
        this.objects = List.copyOf(objects);
        this.styles = List.copyOf(styles);
    }

    /** The judged classes of a kind. */
    List<String> classes(String kind) {
        return kind.equals("style") ? styles : objects;
    }

    /** Every prompt that asks for the concept, in a seeded order. */
    List<Prompt> asking(String kind, String concept, long seed) {
        Set<Prompt> prompts = asked(kind, concept);
        for (String template : prompts.isEmpty() ? catalog.templatesWith(kind) : List.<String>of()) {
            fill(prompts, template, kind.equals("object") ? List.of(concept) : objectWords(), kind.equals("style") ? List.of(concept) : styles);
        }
        return shuffled(prompts, new Noise(seed).fork("prompts"));
    }

    private Set<Prompt> asked(String kind, String concept) {
        Set<Prompt> prompts = new LinkedHashSet<>();
        for (String text : askedBy.apply(kind, concept)) {
            prompts.add(new Prompt(text, kind.equals("object") ? concept : null, kind.equals("style") ? concept : null, null));
        }
        return prompts;
    }

    /** The prompts for the concept that say nothing else; for a style they name an object. */
    List<Prompt> bare(String kind, String concept) {
        return asking(kind, concept, 0).stream().filter(p -> p.background() == null && (kind.equals("style") || p.style() == null)).toList();
    }

    /** Prompts that name no class of the concept's kind, the empty one included, for the negative-prompt attack. */
    List<Prompt> neutral(String kind) {
        Set<Prompt> prompts = new LinkedHashSet<>();
        List<String> templates = new ArrayList<>(NEUTRAL);
        templates.addAll(catalog.templates());
        for (String template : templates) {
            if (!template.contains("{" + kind + "}")) {
                Set<Prompt> filled = new LinkedHashSet<>();
                fill(filled, template, objectWords(), styles);
                shuffled(filled, new Noise(0).fork(template)).stream().limit(NEUTRAL_FILLINGS).forEach(prompts::add);
            }
        }
        return List.copyOf(prompts);
    }

    /** Words for objects: those that the judges know, so that images of a style can be judged for them too, or else the catalogue's. */
    private List<String> objectWords() {
        return objects.isEmpty() ? catalog.objects() : objects;
    }

    /** Objects other than the concept, judged ones if there are any. */
    private List<String> otherObjects(String concept) {
        List<String> judged = without(objectWords(), concept);
        return judged.isEmpty() ? without(catalog.objects(), concept) : judged;
    }

    /** The fullest prompts of everything but the concept: {@code count} for each kept object, with every kept style in turn. */
    List<Prompt> retained(String kind, String concept, int count, long seed) {
        List<String> keptStyles = kind.equals("style") ? without(styles, concept) : styles;
        List<Prompt> prompts = new ArrayList<>();
        for (String object : kind.equals("object") ? otherObjects(concept) : objectWords()) {
            Set<Prompt> all = asked("object", object);
            if (all.isEmpty()) {
                fullest(!keptStyles.isEmpty()).forEach(template -> fill(all, template, List.of(object), keptStyles));
            }
            List<Prompt> order = styleByStyle(shuffled(all, new Noise(seed).fork("retained " + object)), keptStyles);
            for (int i = 0; i < count && !order.isEmpty(); i++) {
                prompts.add(order.get(i % order.size()));
            }
        }
        return prompts;
    }

    private static List<String> without(List<String> classes, String concept) {
        return classes.stream().filter(c -> !c.equals(concept)).toList();
    }

    /** The templates that hold an object and the most other placeholders that can be filled. */
    private List<String> fullest(boolean styled) {
        List<String> templates = catalog.templatesWith("object").stream().filter(t -> (styled || !t.contains("{style}"))
                && (!catalog.backgrounds().isEmpty() || !t.contains("{background}"))).toList();
        long most = templates.stream().mapToLong(EvaluationPrompts::placeholders).max().orElse(0);
        return templates.stream().filter(t -> placeholders(t) == most).toList();
    }

    private static long placeholders(String template) {
        return template.chars().filter(c -> c == '{').count();
    }

    private static List<Prompt> styleByStyle(List<Prompt> prompts, List<String> styles) {
        List<List<Prompt>> byStyle = new ArrayList<>();
        styles.forEach(style -> byStyle.add(prompts.stream().filter(p -> style.equals(p.style())).toList()));
        byStyle.add(prompts.stream().filter(p -> p.style() == null).toList());
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

    private void fill(Set<Prompt> prompts, String template, List<String> objectWords, List<String> styleWords) {
        for (String object : used(template, "object", objectWords)) {
            for (String style : used(template, "style", styleWords)) {
                for (String background : used(template, "background", catalog.backgrounds())) {
                    String text = PromptCatalog.fill(PromptCatalog.fill(PromptCatalog.fill(template, "object", object), "style", style),
                            "background", background);
                    prompts.add(new Prompt(text, judged(object, objects), judged(style, styles), orNull(background)));
                }
            }
        }
    }

    private static List<String> used(String template, String kind, List<String> words) {
        return template.contains("{" + kind + "}") ? words : List.of("");
    }

    private static String judged(String word, List<String> classes) {
        return classes.contains(word) ? word : null;
    }

    private static String orNull(String word) {
        return word.isEmpty() ? null : word;
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
