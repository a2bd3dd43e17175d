package io.advunlearn.evaluation;

import io.advunlearn.tensor.Noise;
import java.util.List;

/** Accuracy that classes lost, averaged over the classes, with an interval over prompts. The same prompts and seeds before and after. */
final class ClassLosses {

    private final List<EvaluationPrompts.Prompt> prompts;
    private final List<JudgedImage> before;
    private final List<JudgedImage> after;

    ClassLosses(List<EvaluationPrompts.Prompt> prompts, List<JudgedImage> before, List<JudgedImage> after) {
        this.prompts = prompts;
        this.before = before;
        this.after = after;
    }

    /** A class of a kind. */
    record Named(String kind, String name) {
    }

    /** @return before minus after, in [-1, 1]; 0 without images of the classes */
    Estimate mean(List<Named> classes, Noise noise) {
        double[][] losses = classes.stream().map(this::losses).toArray(double[][]::new);
        return Bootstrap.estimate(prompts.stream().map(EvaluationPrompts.Prompt::text).toList(), rows -> mean(losses, rows), noise);
    }

    /** For each image of the class 1 if it was lost, -1 if it was gained, else 0; NaN for other images. */
    private double[] losses(Named named) {
        double[] losses = new double[prompts.size()];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = !named.name().equals(prompts.get(i).named(named.kind())) ? Double.NaN
                    : (before.get(i).shows(named.kind(), named.name()) ? 1 : 0) - (after.get(i).shows(named.kind(), named.name()) ? 1 : 0);
        }
        return losses;
    }

    private static double mean(double[][] losses, List<Integer> rows) {
        double sum = 0;
        int classes = 0;
        for (double[] ofClass : losses) {
            double lost = 0;
            int images = 0;
            for (int row : rows) {
                if (!Double.isNaN(ofClass[row])) {
                    lost += ofClass[row];
                    images++;
                }
            }
            if (images > 0) {
                sum += lost / images;
                classes++;
            }
        }
        return classes == 0 ? 0 : sum / classes;
    }
}
