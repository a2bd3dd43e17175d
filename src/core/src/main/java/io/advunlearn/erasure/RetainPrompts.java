package io.advunlearn.erasure;

import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Builds the prompts that should stay as they are, and remembers them for the list that is written beside the result. */
final class RetainPrompts {

    private final PromptCatalog catalog;
    private final String varied;
    private final List<String> list;
    private final HeldPrompts held;
    private final Set<RetainFile.Row> rows = new LinkedHashSet<>();

    /**
     * @param catalog without any erased concept and without what is related to one
     * @param kind the kind whose classes are taken in turn, while there are any
     * @param list the user's prompts, which then take the place of the catalogue's; empty for the catalogue's
     * @param held what earlier erasures need
     */
    RetainPrompts(PromptCatalog catalog, String kind, List<String> list, HeldPrompts held) {
        this.catalog = catalog;
        this.varied = "topic".equals(kind) || catalog.classes(kind).isEmpty() ? "object" : kind;
        this.list = list;
        this.held = held;
    }

    /** {@code count} prompts, no two alike while they last; behind them those that hold earlier erasures. */
    List<String> prompts(int count, Noise noise) {
        int earlier = held.share(count);
        List<String> prompts = list.isEmpty() ? fromCatalog(count - earlier, noise) : fromList(count - earlier, noise);
        List<String> kept = held.prompts(earlier, noise.fork("held"));
        prompts.forEach(prompt -> rows.add(new RetainFile.Row(list.isEmpty() ? "catalogue" : "list", prompt)));
        kept.forEach(prompt -> rows.add(new RetainFile.Row("held", prompt)));
        List<String> all = new ArrayList<>(prompts);
        all.addAll(kept);
        return all;
    }

    /** Every class in turn, each in a random template. The anchor is retained like any other class. */
    private List<String> fromCatalog(int count, Noise noise) {
        List<String> classes = catalog.classes(varied);
        List<String> templates = catalog.templatesWith(varied);
        Set<String> prompts = new LinkedHashSet<>();
        for (int i = 0, misses = 0; prompts.size() < count && misses < 1000; i++) {
            String template = templates.get(noise.nextInt(templates.size()));
            String filled = PromptCatalog.fill(catalog.fillOthers(template, varied, noise), varied, classes.get(i % classes.size()));
            misses = prompts.add(filled) ? 0 : misses + 1;
        }
        return repeated(new ArrayList<>(prompts), count);
    }

    private List<String> fromList(int count, Noise noise) {
        List<String> shuffled = new ArrayList<>(list);
        Collections.shuffle(shuffled, new Random(noise.fork("list").nextInt(Integer.MAX_VALUE)));
        return repeated(new ArrayList<>(shuffled.subList(0, Math.min(count, shuffled.size()))), count);
    }

    /** Every prompt given out so far, once each. */
    List<RetainFile.Row> rows() {
        return List.copyOf(rows);
    }

    static <T> List<T> repeated(List<T> list, int count) {
        for (int i = 0; list.size() < count; i++) {
            list.add(list.get(i));
        }
        return list;
    }
}
