package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.advunlearn.tensor.Noise;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BootstrapTest {

    @Test
    void theSameSeedGivesTheSameInterval() {
        List<String> prompts = List.of("a", "b", "c", "d", "e");
        double[] values = {0.1, 0.7, 0.2, 0.9, 0.4};
        assertThat(Bootstrap.mean(prompts, values, new Noise(1))).isEqualTo(Bootstrap.mean(prompts, values, new Noise(1)));
    }

    @Test
    void ofTwoPromptsTheIntervalIsTheirRange() {
        // both draws are the same prompt in half of the resamples
        Estimate estimate = Bootstrap.mean(List.of("a", "b"), new double[] {0, 1}, new Noise(1));
        assertThat(estimate).isEqualTo(new Estimate(0.5, 0, 1, 2, 2));
    }

    @Test
    void seedsOfOnePromptStayTogether() {
        List<String> prompts = IntStream.range(0, 200).mapToObj(i -> i < 100 ? "a" : "b").toList();
        double[] values = IntStream.range(0, 200).mapToDouble(i -> i < 100 ? 0 : 1).toArray();
        assertThat(Bootstrap.mean(prompts, values, new Noise(1))).isEqualTo(new Estimate(0.5, 0, 1, 200, 2));
    }

    @Test
    void manyPromptsGiveTheNormalInterval() {
        List<String> prompts = IntStream.range(0, 400).mapToObj(Integer::toString).toList();
        double[] values = IntStream.range(0, 400).mapToDouble(i -> i % 2).toArray();
        Estimate estimate = Bootstrap.mean(prompts, values, new Noise(5));
        assertThat(estimate.low()).isCloseTo(0.5 - 1.96 * 0.025, within(0.005));
        assertThat(estimate.high()).isCloseTo(0.5 + 1.96 * 0.025, within(0.005));
    }

    @Test
    void percentilesInterpolate() {
        double[] sorted = {0, 10, 20, 30, 40};
        assertThat(Bootstrap.percentile(sorted, 0.025)).isCloseTo(1, within(1e-12));
        assertThat(Bootstrap.percentile(sorted, 0.5)).isEqualTo(20);
        assertThat(Arrays.stream(sorted).max()).hasValue(Bootstrap.percentile(sorted, 1));
    }

    @Test
    void withoutImagesThereIsNothing() {
        assertThat(Bootstrap.mean(List.of(), new double[0], new Noise(1))).isEqualTo(new Estimate(0, 0, 0, 0, 0));
    }
}
