package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateDifferenceTest {

    /** The first row is the example of Newcombe's paper; all were computed from its formulae outside Java. */
    @ParameterizedTest
    @CsvSource({
            "36, 12,  2,  0, 0.2,      0.056930, 0.340428",
            "20, 10,  2, 18, 0.16,     0.024951, 0.283899",
            " 0, 20,  0, 80, 0.2,      0.123787, 0.288829",
            "54,  0,  0,  0, 0,       -0.066414, 0.066414",
            "97, 20,  1,  3, 0.157025, 0.087881, 0.234468"})
    void pairedFollowsNewcombe(int both, int first, int second, int none, double difference, double low, double high) {
        List<Boolean> a = new ArrayList<>();
        List<Boolean> b = new ArrayList<>();
        add(a, b, both, true, true);
        add(a, b, first, true, false);
        add(a, b, second, false, true);
        add(a, b, none, false, false);
        RateDifference found = RateDifference.paired(a, b);
        assertThat(found.difference()).isCloseTo(difference, within(1e-6));
        assertThat(found.low()).isCloseTo(low, within(1e-6));
        assertThat(found.high()).isCloseTo(high, within(1e-6));
        assertThat(found.trials()).isEqualTo(both + first + second + none);
    }

    private static void add(List<Boolean> a, List<Boolean> b, int count, boolean first, boolean second) {
        a.addAll(Collections.nCopies(count, first));
        b.addAll(Collections.nCopies(count, second));
    }

    @Test
    void unpairedTakesDifferentNumbersOfTrials() {
        // Newcombe (1998), interval estimation for the difference between independent proportions, example (a): 56/70 against 48/80.
        RateDifference found = RateDifference.unpaired(Rate.of(56, 70), Rate.of(48, 80));
        assertThat(found.difference()).isCloseTo(0.2, within(1e-9));
        assertThat(found.low()).isCloseTo(0.0524, within(1e-4));
        assertThat(found.high()).isCloseTo(0.3339, within(1e-4));
    }

    @Test
    void pairsMustMatch() {
        assertThatThrownBy(() -> RateDifference.paired(List.of(true), List.of())).hasMessageContaining("1 trials");
    }
}
