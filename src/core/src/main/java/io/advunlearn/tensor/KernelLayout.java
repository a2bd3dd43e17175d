package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.function.Supplier;

/** A weight as one kernel likes it best: made at its first use, opaque to all others, freed with the weight. Thread-safe. */
final class KernelLayout {

    private final NDArray weight;
    private volatile NDArray made;

    KernelLayout(NDArray weight) {
        this.weight = weight;
    }

    /** @param make called once */
    NDArray get(Supplier<NDArray> make) {
        if (made == null) {
            synchronized (this) {
                if (made == null) {
                    made = besideWeight(make.get(), weight);
                }
            }
        }
        return made;
    }

    /** In no scope and not in the weights' own manager, which holds what was loaded and nothing else, but not for longer than that. */
    private static NDArray besideWeight(NDArray prepared, NDArray weight) {
        NDScope.unregister(prepared);
        NDManager apart = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        prepared.attach(apart);
        weight.getManager().attachInternal(apart.getName(), (AutoCloseable) apart::close);
        return prepared;
    }
}
