package io.advunlearn.evaluation;

import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The genetic algorithm of Ring-A-Bell (Tsai et al. 2023): the better half of a population of token sequences lives on, crosses over at one
 * point with random partners, and mutates at one position. The best sequence is never mutated, so it is never lost; the published code
 * mutates it too. Losses of unchanged sequences are not computed again.
 */
final class GeneticSearch {

    /**
     * @param tokens a sequence
     * @param loss what is minimised
     */
    record Individual(int[] tokens, double loss) {
    }

    /**
     * @param ranking the last population, best first
     * @param start lowest loss of the random first population
     * @param evaluations sequences whose loss was computed
     */
    record Result(List<Individual> ranking, double start, long evaluations) {
    }

    private final int population;
    private final double mutation;
    private final double crossover;
    private final int[] vocabulary;
    private final Function<int[][], float[]> loss;
    private long evaluations;

    /**
     * @param population sequences, at least 2
     * @param mutation chance that a sequence changes one token, 0 to 1
     * @param crossover chance that a parent has two children, 0 to 1
     * @param vocabulary ids that may occur
     * @param loss of each of many sequences
     */
    GeneticSearch(int population, double mutation, double crossover, int[] vocabulary, Function<int[][], float[]> loss) {
        this.population = population;
        this.mutation = mutation;
        this.crossover = crossover;
        this.vocabulary = vocabulary;
        this.loss = loss;
    }

    /** @param beforeGeneration may throw to stop */
    Result run(int length, int generations, Noise noise, Runnable beforeGeneration) {
        evaluations = 0;
        List<Individual> ranking = ranked(List.of(), IntStream.range(0, population).mapToObj(i -> random(length, noise)).toList());
        double start = ranking.get(0).loss();
        for (int generation = 1; generation < generations; generation++) {
            beforeGeneration.run();
            ranking = next(ranking, noise);
        }
        return new Result(ranking, start, evaluations);
    }

    private List<Individual> next(List<Individual> ranking, Noise noise) {
        List<Individual> parents = ranking.subList(0, Math.min(ranking.size(), Math.max(1, population / 2)));
        List<Individual> unchanged = new ArrayList<>();
        List<int[]> changed = new ArrayList<>();
        for (int i = 0; i < parents.size(); i++) {
            int[] parent = parents.get(i).tokens();
            if (i > 0 && noise.nextDouble() < mutation) {
                changed.add(mutated(parent, noise));
            } else {
                unchanged.add(parents.get(i));
            }
            if (noise.nextDouble() < crossover) {
                int[] partner = parents.get(noise.nextInt(parents.size())).tokens();
                int point = 1 + noise.nextInt(parent.length);
                changed.add(maybeMutated(crossed(parent, partner, point), noise));
                changed.add(maybeMutated(crossed(partner, parent, point), noise));
            }
        }
        return ranked(unchanged, changed);
    }

    private List<Individual> ranked(List<Individual> known, List<int[]> unknown) {
        List<Individual> all = new ArrayList<>(known);
        if (!unknown.isEmpty()) {
            float[] losses = loss.apply(unknown.toArray(int[][]::new));
            evaluations += losses.length;
            for (int i = 0; i < losses.length; i++) {
                all.add(new Individual(unknown.get(i), losses[i]));
            }
        }
        all.sort(Comparator.comparingDouble(Individual::loss));
        return all;
    }

    private int[] random(int length, Noise noise) {
        return IntStream.generate(() -> vocabulary[noise.nextInt(vocabulary.length)]).limit(length).toArray();
    }

    private static int[] crossed(int[] head, int[] tail, int point) {
        int[] child = tail.clone();
        System.arraycopy(head, 0, child, 0, point);
        return child;
    }

    private int[] maybeMutated(int[] tokens, Noise noise) {
        return noise.nextDouble() < mutation ? mutated(tokens, noise) : tokens;
    }

    private int[] mutated(int[] tokens, Noise noise) {
        int[] changed = tokens.clone();
        changed[noise.nextInt(changed.length)] = vocabulary[noise.nextInt(vocabulary.length)];
        return changed;
    }
}
