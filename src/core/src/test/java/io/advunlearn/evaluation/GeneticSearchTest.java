package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.evaluation.GeneticSearch.Individual;
import io.advunlearn.evaluation.GeneticSearch.Result;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** On a loss that can be counted: tokens that differ from a hidden sequence. */
class GeneticSearchTest {

    private static final int[] HIDDEN = {3, 1, 4, 1, 5, 9, 2, 6};
    private static final int[] DIGITS = IntStream.range(0, 10).toArray();

    private final List<Float> lowest = new ArrayList<>();

    private float[] losses(int[][] sequences) {
        float[] losses = new float[sequences.length];
        for (int i = 0; i < losses.length; i++) {
            int[] sequence = sequences[i];
            losses[i] = IntStream.range(0, HIDDEN.length).filter(j -> sequence[j] != HIDDEN[j]).count();
        }
        return losses;
    }

    private GeneticSearch search(double mutation, double crossover) {
        return new GeneticSearch(40, mutation, crossover, DIGITS, this::losses);
    }

    private Result run(GeneticSearch search, int generations) {
        return search.run(HIDDEN.length, generations, new Noise(1), () -> { });
    }

    @Test
    void itFindsTheHiddenSequence() {
        Result result = run(search(0.25, 0.5), 80);
        assertThat(result.start()).isGreaterThan(2);
        assertThat(result.ranking().get(0).tokens()).isEqualTo(HIDDEN);
    }

    @Test
    void theBestIsNeverLostEvenIfEverythingMutates() {
        for (int generations = 1; generations < 12; generations++) {
            lowest.add((float) run(search(1, 1), generations).ranking().get(0).loss());
        }
        assertThat(lowest).isSortedAccordingTo((a, b) -> Float.compare(b, a));
    }

    @Test
    void theLastPopulationIsRanked() {
        List<Double> losses = run(search(0.25, 0.5), 5).ranking().stream().map(Individual::loss).toList();
        assertThat(losses).isSorted();
    }

    @Test
    void withoutMutationNothingAppearsThatNoParentHad() {
        List<int[]> first = run(search(0, 1), 1).ranking().stream().map(Individual::tokens).toList();
        run(search(0, 1), 10).ranking().forEach(individual -> {
            for (int i = 0; i < HIDDEN.length; i++) {
                int position = i;
                assertThat(first).anySatisfy(parent -> assertThat(parent[position]).isEqualTo(individual.tokens()[position]));
            }
        });
    }

    @Test
    void unchangedSequencesAreNotEvaluatedAgain() {
        assertThat(run(search(0, 0), 10).evaluations()).isEqualTo(40);
    }

    @Test
    void theSameSeedGivesTheSamePopulation() {
        assertThat(run(search(0.25, 0.5), 6).ranking().stream().map(i -> Arrays.toString(i.tokens())).toList())
                .isEqualTo(run(search(0.25, 0.5), 6).ranking().stream().map(i -> Arrays.toString(i.tokens())).toList());
    }
}
