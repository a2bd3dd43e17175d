package io.advunlearn.pipeline;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Concepts that the lineage of every active encoder must have erased. Concepts are compared without case, outer white space
 * and the width of inner white space. Immutable.
 */
public final class ErasureFloor {

    public static final ErasureFloor NONE = new ErasureFloor(Set.of());

    private final Set<String> required;

    private ErasureFloor(Set<String> required) {
        this.required = required;
    }

    public static ErasureFloor of(Collection<String> concepts) {
        Set<String> normal = new LinkedHashSet<>();
        concepts.forEach(concept -> normal.add(normalise(concept)));
        normal.remove("");
        return new ErasureFloor(Set.copyOf(normal));
    }

    /** The form in which concepts are compared. */
    public static String normalise(String concept) {
        return concept.strip().replaceAll("(?U)\\s+", " ").toLowerCase(Locale.ROOT);
    }

    public ErasureFloor union(Collection<String> concepts) {
        List<String> all = new ArrayList<>(required);
        all.addAll(concepts);
        return of(all);
    }

    /** The required concepts, normalised. */
    public Set<String> required() {
        return required;
    }

    /** The required concepts that {@code erasures} lacks, sorted; empty if the floor is met. */
    public List<String> missing(Collection<String> erasures) {
        Set<String> present = of(erasures).required;
        return required.stream().filter(concept -> !present.contains(concept)).sorted().toList();
    }
}
