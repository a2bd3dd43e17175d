package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.advunlearn.Fixture;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against numpy and scipy: src/test/fixtures/frechet.py. */
class FrechetDistanceTest {

    private static float[][] rows(NDArray matrix) {
        float[] flat = matrix.toFloatArray();
        int width = (int) matrix.getShape().get(1);
        float[][] rows = new float[flat.length / width][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
        }
        return rows;
    }

    @ParameterizedTest
    @ValueSource(strings = {"many", "few"})
    void itIsScipys(String name) {
        try (Fixture fixture = new Fixture("frechet")) {
            double expected = fixture.get(name + ".distance").getFloat(0);
            double distance = FrechetDistance.between(rows(fixture.get(name + ".a")), rows(fixture.get(name + ".b")));
            assertThat(distance).isCloseTo(expected, within(1e-5 * expected));
        }
    }

    @Test
    void inOneDimensionItIsTheDifferenceOfMeansAndOfDeviations() {
        // means 1 and 6, variances 2 and 8: 25 + (sqrt 8 - sqrt 2)^2 = 27
        assertThat(FrechetDistance.between(new float[][] {{0}, {2}}, new float[][] {{4}, {8}})).isCloseTo(27, within(1e-9));
    }

    @Test
    void itIsZeroForTheSameImages() {
        float[][] rows = {{1, 2, 3}, {4, 5, 7}, {0, 1, 0}};
        assertThat(FrechetDistance.between(rows, rows)).isCloseTo(0, within(1e-9));
    }

    @Test
    void oneImageHasNoCovariance() {
        assertThatThrownBy(() -> FrechetDistance.between(new float[][] {{1}}, new float[][] {{1}, {2}})).isInstanceOf(IllegalArgumentException.class);
    }
}
