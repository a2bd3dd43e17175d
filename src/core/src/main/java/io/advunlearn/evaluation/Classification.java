package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Detector.Detection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From a classifier's scores to its detection. */
final class Classification {

    /**
     * When a concept counts as named.
     *
     * @param kind {@code object} or {@code style}
     * @param concept its name
     * @param labels indices of the classes that mean it; its score is the highest of theirs
     * @param threshold lowest score with which it counts
     * @param top how many classes may score higher than its best and it still counts, plus one; 0 for any number
     * @param askedBy prompts that lead to it; empty to fill templates with its name
     */
    record Rule(String kind, String concept, List<Integer> labels, double threshold, int top, List<String> askedBy) {

        private int best(float[] scores) {
            int best = labels.get(0);
            for (int label : labels) {
                best = scores[label] > scores[best] ? label : best;
            }
            return best;
        }

        boolean holds(float[] scores) {
            int best = best(scores);
            return scores[best] >= threshold && (top == 0 || higher(scores, best) < top);
        }

        /** Classes before this one, the first of equals first. */
        private static int higher(float[] scores, int index) {
            int higher = 0;
            for (int i = 0; i < scores.length; i++) {
                higher += scores[i] > scores[index] || scores[i] == scores[index] && i < index ? 1 : 0;
            }
            return higher;
        }
    }

    private Classification() {
    }

    /** The concepts of a kind that rules can name. */
    static List<String> concepts(List<Rule> rules, String kind) {
        return rules.stream().filter(rule -> rule.kind.equals(kind)).map(Rule::concept).distinct().toList();
    }

    /** The prompts that lead to a concept. */
    static List<String> askedBy(List<Rule> rules, String kind, String concept) {
        return rules.stream().filter(rule -> rule.kind.equals(kind) && rule.concept.equals(concept)).findFirst().map(Rule::askedBy).orElse(List.of());
    }

    /** @param scores of one image, one a class */
    static Detection of(List<Rule> rules, float[] scores) {
        Map<String, Double> objects = new LinkedHashMap<>();
        Map<String, Double> styles = new LinkedHashMap<>();
        for (Rule rule : rules) {
            if (rule.holds(scores)) {
                (rule.kind.equals("style") ? styles : objects).put(rule.concept, (double) scores[rule.best(scores)]);
            }
        }
        return new Detection(objects, styles);
    }
}
