package io.advunlearn.evaluation;

/**
 * A statistic of judged images with its 95 % interval by the {@link Bootstrap}.
 *
 * @param value the statistic
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param images images it is computed from; two for each if it compares before and after
 * @param prompts different prompts among them: what was resampled
 */
public record Estimate(double value, double low, double high, int images, int prompts) {
}
