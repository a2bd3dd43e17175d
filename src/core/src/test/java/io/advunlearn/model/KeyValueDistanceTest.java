package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import io.advunlearn.model.UNet2DConditionModel.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyValueDistanceTest {

    @Test
    void metricSumsTheGramMatricesOfKeysAndValues() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any()); KeyValueDistance distance = KeyValueDistance.of(List.of(layer(manager)))) {
            // K'K = [[1, 2], [2, 4]], V'V = [[9, 0], [0, 0]]
            assertThat(distance.metric().toFloatArray()).containsExactly(10, 2, 2, 4);
        }
    }

    @Test
    void distanceIsTheMeanSquaredNormOverPositions() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any()); KeyValueDistance distance = KeyValueDistance.of(List.of(layer(manager)))) {
            NDArray a = manager.create(new float[] {1, 1, 0, 0, 2, 0, 0, 0}, new Shape(2, 2, 2));
            NDArray b = manager.zeros(new Shape(1, 2, 2));
            // (1, 1): 10 + 2 * 2 + 4 = 18; (2, 0): 40; each averaged over two positions
            assertThat(distance.distance(a, b).toFloatArray()).containsExactly(9, 20);
        }
    }

    @Test
    void attentionDistanceIgnoresTheOrderOfPositions() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any()); KeyValueDistance distance = KeyValueDistance.of(List.of(layer(manager)))) {
            NDArray a = manager.create(new float[] {1, 0, 0, 2}, new Shape(1, 2, 2));
            NDArray swapped = manager.create(new float[] {0, 2, 1, 0}, new Shape(1, 2, 2));
            NDArray other = manager.create(new float[] {0, 2, 2, 0}, new Shape(1, 2, 2));
            List<NDArray> queries = List.of(manager.create(new float[] {0.5f}, new Shape(1, 1, 1)));
            assertThat(distance.attentionDistance(a, swapped, queries).getFloat()).isCloseTo(0, within(1e-6f));
            // keys 1, 4 and 2, 4; values 3, 0 and 6, 0; softmax of 0.5 times the keys
            double before = 3 * Math.exp(0.5) / (Math.exp(0.5) + Math.exp(2));
            double after = 6 * Math.exp(1) / (Math.exp(1) + Math.exp(2));
            assertThat(distance.attentionDistance(a, other, queries).getFloat()).isCloseTo((float) Math.pow(after - before, 2), within(1e-5f));
        }
    }

    @Test
    void aPositionCanStandForSeveral() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any()); KeyValueDistance distance = KeyValueDistance.of(List.of(layer(manager)))) {
            NDArray shortened = manager.create(new float[] {1, 0, 0, 2}, new Shape(1, 2, 2));
            NDArray whole = manager.create(new float[] {1, 0, 0, 2, 0, 2, 0, 2}, new Shape(1, 4, 2));
            NDArray logCounts = manager.create(new float[] {0, (float) Math.log(3)});
            List<NDArray> queries = List.of(manager.create(new float[] {0.5f}, new Shape(1, 1, 1)));
            assertThat(distance.attentionDistance(shortened, logCounts, whole, queries).getFloat()).isCloseTo(0, within(1e-6f));
            assertThat(distance.attentionDistance(shortened, whole, queries).getFloat()).isGreaterThan(1e-3f);
        }
    }

    @Test
    void twoReadersAreComparedByWhatEachOneReads() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any())) {
            KeyValue other = new KeyValue("attn", manager.create(new float[] {1, 0}, new Shape(1, 2)), manager.create(new float[] {0, 1}, new Shape(1, 2)));
            NDArray a = manager.create(new float[] {1, 1}, new Shape(1, 1, 2));
            NDArray b = manager.create(new float[] {2, 5}, new Shape(1, 1, 2));
            try (KeyValueDistance distance = KeyValueDistance.between(List.of(layer(manager)), List.of(other))) {
                // the first reads key 3 and value 3, the second key 2 and value 5
                assertThat(distance.distance(a, b).getFloat()).isCloseTo(5, within(1e-5f));
                List<NDArray> queries = List.of(manager.create(new float[] {0.5f}, new Shape(1, 1, 1)));
                assertThat(distance.attentionDistance(a, b, queries).getFloat()).isCloseTo(4, within(1e-5f));
            }
        }
    }

    @Test
    void readersWithTheSameWeightsAreOne() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any());
                KeyValueDistance distance = KeyValueDistance.between(List.of(layer(manager)), List.of(layer(manager)))) {
            NDArray a = manager.create(new float[] {0.1f, 0.7f}, new Shape(1, 1, 2));
            assertThat(distance.distance(a, a).getFloat()).isZero();
        }
    }

    private static KeyValue layer(NDManager manager) {
        return new KeyValue("attn", manager.create(new float[] {1, 2}, new Shape(1, 2)), manager.create(new float[] {3, 0}, new Shape(1, 2)));
    }
}
