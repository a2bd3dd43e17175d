package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Tensors;
import java.nio.IntBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddingCacheTest {

    private static final int BYTES = 4 * 10;

    private final NDManager manager = NDManager.newBaseManager(Device.cpu());
    private final EmbeddingCache cache = new EmbeddingCache(manager);
    private final AtomicInteger reads = new AtomicInteger();

    @AfterEach
    void close() {
        cache.close();
        manager.close();
    }

    /** @return its first value */
    private float read(String encoder, int token, float value) {
        try (NDManager request = manager.newSubManager()) {
            EmbeddingCache.Key key = new EmbeddingCache.Key(encoder, "", IntBuffer.wrap(new int[] {1, token}), null);
            NDArray read = cache.get(request, key, () -> {
                reads.incrementAndGet();
                float[] values = new float[BYTES / 4];
                values[0] = value;
                return new EmbeddingCache.Embeddings(Tensors.of(request, values, new Shape(1, 2, 5)), null);
            }).hiddenStates();
            assertThat(read.getManager()).isSameAs(request);
            return Tensors.floats(read)[0];
        }
    }

    @Test
    void aPromptIsReadOnceAnEncoder() {
        cache.limit(10 * BYTES);
        assertThat(read("a", 5, 1)).isEqualTo(1);
        assertThat(read("a", 5, 2)).isEqualTo(1);
        assertThat(read("b", 5, 3)).isEqualTo(3);
        assertThat(read("a", 6, 4)).isEqualTo(4);
        assertThat(reads).hasValue(3);
        assertThat(cache.hits()).isEqualTo(1);
        assertThat(cache.misses()).isEqualTo(3);
    }

    @Test
    void theLongestUnusedGoesFirst() {
        cache.limit(2 * BYTES);
        read("a", 1, 1);
        read("a", 2, 2);
        read("a", 1, 9);
        read("a", 3, 3);
        assertThat(cache.bytes()).isEqualTo(2 * BYTES);
        assertThat(read("a", 1, 9)).isEqualTo(1);
        assertThat(read("a", 2, 9)).isEqualTo(9);
    }

    @Test
    void keepsNothingBeyondItsBytes() {
        read("a", 1, 1);
        assertThat(read("a", 1, 2)).isEqualTo(2);
        cache.limit(BYTES - 1);
        read("a", 1, 1);
        assertThat(cache.bytes()).isZero();
        cache.limit(BYTES);
        read("a", 1, 1);
        assertThat(cache.bytes()).isEqualTo(BYTES);
        cache.limit(0);
        assertThat(cache.bytes()).isZero();
        assertThat(manager.getManagedArrays()).isEmpty();
    }
}
