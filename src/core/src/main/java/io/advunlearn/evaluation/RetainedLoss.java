package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.ClassAccuracy;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Accuracy that retained classes lost, with 95 % intervals from the report's rates. A class's interval is Newcombe's for different trials,
 * which is at least as wide as the paired one of the same prompts and seeds where these agree more often than by chance.
 */
public final class RetainedLoss {

    private RetainedLoss() {
    }

    /** Before minus after. */
    public static RateDifference of(ClassAccuracy accuracy) {
        return RateDifference.unpaired(accuracy.before(), accuracy.after());
    }

    /**
     * The mean over all retained classes. Intervals of independent classes combine by squares (method of variance estimates recovery; Zou and
     * Donner, Statistics in Medicine 27, 2008). Objects and styles are read from the same images: their means combine as if fully correlated.
     *
     * @param retention may be {@code null}
     * @return empty without retained classes
     */
    public static Optional<RateDifference> mean(Retention retention) {
        if (retention == null || classes(retention).isEmpty()) {
            return Optional.empty();
        }
        RateDifference objects = sum(retention.objects());
        RateDifference styles = sum(retention.styles());
        int count = classes(retention).size();
        double mean = (objects.difference() + styles.difference()) / count;
        return Optional.of(new RateDifference(mean, mean - (width(objects, false) + width(styles, false)) / count,
                mean + (width(objects, true) + width(styles, true)) / count, objects.trials() + styles.trials()));
    }

    /** The largest upper end of any class's interval; empty without retained classes. @param retention may be {@code null} */
    public static Optional<Double> worstBound(Retention retention) {
        return retention == null ? Optional.empty() : classes(retention).stream().map(c -> of(c).high()).max(Double::compare);
    }

    /** Objects first; those without trials are left out. */
    static List<ClassAccuracy> classes(Retention retention) {
        return Stream.concat(retention.objects().stream(), retention.styles().stream()).filter(c -> c.before().trials() > 0).toList();
    }

    private static RateDifference sum(List<ClassAccuracy> classes) {
        double difference = 0;
        double below = 0;
        double above = 0;
        long trials = 0;
        for (ClassAccuracy accuracy : classes) {
            if (accuracy.before().trials() > 0) {
                RateDifference loss = of(accuracy);
                difference += loss.difference();
                below += Math.pow(width(loss, false), 2);
                above += Math.pow(width(loss, true), 2);
                trials += loss.trials();
            }
        }
        return new RateDifference(difference, difference - Math.sqrt(below), difference + Math.sqrt(above), trials);
    }

    private static double width(RateDifference difference, boolean above) {
        return above ? difference.high() - difference.difference() : difference.difference() - difference.low();
    }
}
