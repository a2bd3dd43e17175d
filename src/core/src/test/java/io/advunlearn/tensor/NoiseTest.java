package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NoiseTest {

    private static double moment(float[] values, int power) {
        double sum = 0;
        for (float value : values) {
            sum += Math.pow(value, power);
        }
        return sum / values.length;
    }

    private static double correlation(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum / a.length;
    }

    @Test
    void momentsAreThoseOfTheStandardNormal() {
        float[] values = new Noise(1).normal(400_000);
        // five standard errors of each estimate
        assertThat(moment(values, 1)).isCloseTo(0, within(0.008));
        assertThat(moment(values, 2)).isCloseTo(1, within(0.012));
        assertThat(moment(values, 3)).isCloseTo(0, within(0.031));
        assertThat(moment(values, 4)).isCloseTo(3, within(0.078));
        assertThat(correlation(Arrays.copyOf(values, values.length - 1), Arrays.copyOfRange(values, 1, values.length))).isCloseTo(0, within(0.008));
    }

    @Test
    void sameSeedGivesTheSameBits() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            float[] values = new Noise(42).normal(24);
            assertThat(new Noise(42).normal(24)).isEqualTo(values);
            assertThat(new Noise(42).normal(manager, new Shape(2, 3, 4)).toFloatArray()).isEqualTo(values);
            assertThat(new Noise(43).normal(24)).isNotEqualTo(values);
        }
    }

    @Test
    void bitsAreThoseOfSplitMix64AndBoxMuller() {
        // first outputs of SplitMix64 for seed 0, from its authors' reference program
        double u1 = (0xE220A8397B1DCDAFL >>> 11) * 0x1p-53;
        double u2 = (0x6E789E6AA1B965F4L >>> 11) * 0x1p-53;
        double radius = Math.sqrt(-2 * Math.log(1 - u1));
        assertThat(new Noise(0).nextDouble()).isEqualTo(u1);
        assertThat(new Noise(0).normal(2)).containsExactly(new float[] {(float) (radius * Math.cos(2 * Math.PI * u2)), (float) (radius * Math.sin(2 * Math.PI * u2))}, within(1e-6f));
    }

    @Test
    void forksAreIndependentAndLeaveTheirOriginAlone() {
        Noise noise = new Noise(7);
        float[] a = noise.fork("a").normal(100_000);
        float[] b = noise.fork("b").normal(100_000);
        assertThat(noise.fork("a").normal(100_000)).isEqualTo(a);
        assertThat(noise.normal(8)).isEqualTo(new Noise(7).normal(8));
        assertThat(noise.fork("a").normal(8)).isEqualTo(Arrays.copyOf(a, 8));
        assertThat(correlation(a, b)).isCloseTo(0, within(0.016));
        assertThat(correlation(a, new Noise(8).fork("a").normal(100_000))).isCloseTo(0, within(0.016));
    }

    @Test
    void uniformNumbersStayInRange() {
        Noise noise = new Noise(3);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) {
            counts[noise.nextInt(7)]++;
            assertThat(noise.nextDouble()).isBetween(0.0, Math.nextDown(1.0));
        }
        for (int count : counts) {
            assertThat(count).isBetween(9_500, 10_500);
        }
    }
}
