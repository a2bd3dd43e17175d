package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pieces of made-up lengths on a device for which requests always wait. */
class BackgroundShareTest {

    private static final int PIECES = 2000;
    private static final int LONGEST = 100;

    private final Random random = new Random(7);

    private long length() {
        return 1 + random.nextInt(LONGEST);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.1, 0.25, 0.5, 0.9})
    void theShareHoldsOverARunAndDelaysServingByNoMoreThanThat(double share) {
        BackgroundShare lane = BackgroundShare.of(share, 250);
        double worked = 0;
        double served = 0;
        for (int i = 0; i < PIECES; i++) {
            long waited = 0;
            while (waited < lane.longestWait()) {
                waited += length();
            }
            long piece = length();
            lane.ran(waited, piece);
            served += waited;
            worked += piece;
            // at any moment: what serving has lost, but for two pieces
            assertThat(worked).isLessThanOrEqualTo(served * share / (1 - share) + 2 * LONGEST);
        }
        assertThat(worked / (worked + served)).isBetween(share * 0.97, share * 1.03);
    }

    @Test
    void whatRanWhileNobodyWaitedIsNotOwed() {
        BackgroundShare lane = BackgroundShare.of(0.5, 250);
        for (int i = 0; i < PIECES; i++) {
            lane.ran(0, 40);
        }
        assertThat(lane.longestWait()).isEqualTo(40);
    }

    @Test
    void withoutAShareTheWaitIsAlwaysTheSame() {
        BackgroundShare lane = BackgroundShare.fixed(250);
        lane.ran(900, 7000);
        assertThat(lane.longestWait()).isEqualTo(250);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.1, Double.NaN})
    void aShareIsBetweenNothingAndAll(double share) {
        assertThatThrownBy(() -> BackgroundShare.of(share, 0)).hasMessageStartingWith("device-share must be greater than 0 and less than 1");
    }
}
