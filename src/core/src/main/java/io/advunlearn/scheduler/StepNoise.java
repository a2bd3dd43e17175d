package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;

/** Where a stochastic step takes its noise from. */
@FunctionalInterface
public interface StepNoise {

    /** For schedulers that add no noise. */
    StepNoise NONE = (manager, shape) -> {
        throw new IllegalStateException("this scheduler adds noise, and was given none");
    };

    /**
     * Standard normal fp32, new ones at every call.
     *
     * @param shape [B, C, h, w]
     * @return of that shape, owned by the manager; row {@code i} depends on image {@code i} alone
     */
    NDArray next(NDManager manager, Shape shape);

    /** One stream an image, independent of the image's start noise. */
    static StepNoise of(long[] seeds) {
        Noise[] streams = Arrays.stream(seeds).mapToObj(seed -> new Noise(seed).fork("steps")).toArray(Noise[]::new);
        return (manager, shape) -> Noise.rows(manager, streams, shape);
    }
}
