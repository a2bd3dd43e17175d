package io.advunlearn.evaluation;

import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

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

    /** What one image says of one of the classes. */
    private record Loss(int classIndex, double value) {
    }

    /** @return before minus after, in [-1, 1]; 0 without images of the classes */
    Estimate mean(List<Named> classes, Noise noise) {
        List<List<Loss>> losses = IntStream.range(0, prompts.size()).mapToObj(image -> losses(classes, image)).toList();
        return Bootstrap.estimate(prompts.stream().map(EvaluationPrompts.Prompt::text).toList(), rows -> mean(losses, rows, classes.size()), noise);
    }

    /** Of the classes that the image's prompt names: 1 if it was lost, -1 if it was gained, else 0. */
    private List<Loss> losses(List<Named> classes, int image) {
        List<Loss> losses = new ArrayList<>();
        for (int i = 0; i < classes.size(); i++) {
            Named named = classes.get(i);
            if (named.name().equals(prompts.get(image).named(named.kind()))) {
                losses.add(new Loss(i, shown(before.get(image), named) - shown(after.get(image), named)));
            }
        }
        return losses;
    }

    private static double shown(JudgedImage image, Named named) {
        return image.shows(named.kind(), named.name()) ? 1 : 0;
    }

    private static double mean(List<List<Loss>> losses, List<Integer> rows, int classes) {
        double[] sums = new double[classes];
        int[] images = new int[classes];
        for (int row : rows) {
            for (Loss loss : losses.get(row)) {
                sums[loss.classIndex] += loss.value;
                images[loss.classIndex]++;
            }
        }
        return IntStream.range(0, classes).filter(i -> images[i] > 0).mapToDouble(i -> sums[i] / images[i]).average().orElse(0);
    }
}
