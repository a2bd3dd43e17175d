package io.advunlearn.evaluation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The trials that an attack made alike on two encoders.
 *
 * @param first whether each showed the concept with the first encoder
 * @param second with the second
 */
public record PairedOutcomes(List<Boolean> first, List<Boolean> second) {

    /** No trials. */
    public static final PairedOutcomes NONE = new PairedOutcomes(List.of(), List.of());

    /**
     * Those of two evaluations with the same concept; none if the attack searches texts for each encoder, which makes every trial another one.
     *
     * @param first work directory of the first evaluation
     * @param second of the second
     */
    public static PairedOutcomes read(Path first, Path second, String attack) {
        return Evaluator.searches(attack) ? NONE : of(AttackOutcomes.read(first, attack), AttackOutcomes.read(second, attack));
    }

    /** Those with the same key. */
    static PairedOutcomes of(Map<String, Boolean> first, Map<String, Boolean> second) {
        List<String> common = first.keySet().stream().filter(second::containsKey).toList();
        return new PairedOutcomes(common.stream().map(first::get).toList(), common.stream().map(second::get).toList());
    }

    /** These and more, for example of another concept. */
    public PairedOutcomes plus(PairedOutcomes more) {
        List<Boolean> a = new ArrayList<>(first);
        List<Boolean> b = new ArrayList<>(second);
        a.addAll(more.first);
        b.addAll(more.second);
        return new PairedOutcomes(a, b);
    }

    public boolean isEmpty() {
        return first.isEmpty();
    }

    /** Rate of the first minus rate of the second. */
    public RateDifference difference() {
        return RateDifference.paired(first, second);
    }
}
