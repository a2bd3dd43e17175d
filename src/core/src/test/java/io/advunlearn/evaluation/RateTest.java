package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RateTest {

    @Test
    void wilsonIntervalOfHalf() {
        // centre 0.5, half width 1.96 * sqrt(0.025 + 3.8415/400) / 1.38415
        Rate rate = Rate.of(5, 10);
        assertThat(rate.low()).isCloseTo(0.2366, within(1e-4));
        assertThat(rate.high()).isCloseTo(0.7634, within(1e-4));
    }

    @Test
    void noSuccessLeavesAnUpperBound() {
        // z^2 / (n + z^2) with n = 100
        assertThat(Rate.of(0, 100).low()).isZero();
        assertThat(Rate.of(0, 100).high()).isCloseTo(3.841459 / 103.841459, within(1e-6));
    }

    @Test
    void noTrialsSayNothing() {
        assertThat(Rate.of(0, 0)).isEqualTo(new Rate(0, 0, 0, 0, 1));
    }

    @Test
    void moreSuccessesThanTrialsAreRefused() {
        assertThatThrownBy(() -> Rate.of(3, 2)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("successes");
    }
}
